import EventLoop
import FoundationEssentials
import TestSupport

/// A submission whose last byte is kept back until `finish`.
struct HalfRequest: Sendable {
    private let http: LoopBound<RawHTTP>
    private let rest: String

    init(_ process: NodeProcess, token: String, message: JSONValue) async throws {
        let body = String(decoding: try JSONEncoder().encode(message), as: UTF8.self)
        let address = try process.address(of: "http")
        let head = """
            POST /api/v1/messages HTTP/1.1\r\nHost: node.test\r\nAuthorization: Bearer \(token)\r\n\
            Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n
            """
        rest = String(body.suffix(1))
        let first = head + body.dropLast()
        let loop = try TestLoops.clients()
        http = try await loop.run {
            let http = try await RawHTTP(connectingTo: address)
            try await http.write(first)
            return LoopBound(http, on: loop)
        }
        // The server must have begun to read it: what it has not seen it may turn away.
        try await pause(.milliseconds(100))
    }

    func finish() async throws -> RawHTTP.Answer {
        let answer = try await http.loop.run { [http, rest] in
            try await http.value.write(rest)
            return try await http.value.answer()
        }
        guard let answer else { throw TestSupportError("the connection ended without an answer") }
        return answer
    }
}
