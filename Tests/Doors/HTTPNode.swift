import Doors
import EventLoop
import HTTP
import TestSupport
import Testing

/// A node's HTTP listener on loopback, in front of a road that keeps messages in memory.
final class HTTPNode: Sendable {
    struct Answer: Sendable {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let body: String

        var json: JSONValue { JSONValue(reading: Array(body.utf8)) }
    }

    let intake: MemoryIntake
    private let loop: EventLoop
    private let server: HTTPServer

    init(
        _ intake: MemoryIntake, idempotency: IdempotencyKeys = IdempotencyKeys(),
        openHours: @escaping DoorRouter.OpenHours = { _, _ in nil }, links: MemoryLinks? = nil,
        relay: @escaping DoorRouter.Relay = { _, _ in nil }
    ) throws {
        self.intake = intake
        loop = try EventLoop(name: "test-doors")
        loop.start()
        let router = DoorRouter.make(
            intake: intake, idempotency: idempotency, openHours: openHours,
            links: links.map { ($0, LinkLimits()) }, relay: relay)
        server = try HTTPServer(HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0)), router: router)
        try server.start(on: [loop])
    }

    deinit { loop.stop() }

    /// Sends a request whose head and body fit, and gives the answer.
    func ask(
        _ method: String = "POST", _ path: String = "/api/v1/messages", key: String? = "dsp_live_one",
        headers: [String] = [], body: [UInt8] = []
    ) async throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n"
        if let key { head += "Authorization: Bearer \(key)\r\n" }
        head += headers.map { $0 + "\r\n" }.joined()
        return try await exchange(Array((head + "\r\n").utf8) + body)
    }

    func ask(
        _ method: String = "POST", _ path: String = "/api/v1/messages", key: String? = "dsp_live_one",
        headers: [String] = ["Content-Type: application/json"], json: String
    ) async throws -> Answer {
        try await ask(method, path, key: key, headers: headers, body: Array(json.utf8))
    }

    /// Sends bytes as they are and gives the first answer.
    func exchange(_ bytes: [UInt8]) async throws -> Answer {
        let address = server.address
        let text: (head: String, body: String) = try await loop.run {
            let stream = try await ByteStream.connect(to: address, timeout: .seconds(10))
            defer { stream.close() }
            try await stream.write(bytes)
            while true {
                let text = String(decoding: stream.input.prefix(.max), as: UTF8.self)
                if let end = text.firstRange(of: "\r\n\r\n") {
                    let head = String(text[..<end.lowerBound])
                    let body = String(text[end.upperBound...])
                    if body.utf8.count >= Self.length(head) { return (head, body) }
                }
                guard try await stream.fill(timeout: .seconds(30)) else { return (text, "") }
            }
        }
        return try Self.answer(text.head, text.body)
    }

    private static func length(_ head: String) -> Int {
        let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length: ") }
        return line.flatMap { Int($0.dropFirst(16)) } ?? 0
    }

    private static func answer(_ head: String, _ body: String) throws -> Answer {
        let lines = head.split(separator: "\r\n")
        let first = try #require(lines.first).split(separator: " ")
        try #require(first.count > 1)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstRange(of: ": ") else { continue }
            let name = line[..<colon.lowerBound].lowercased()
            let value = String(line[colon.upperBound...])
            headers[name] = headers[name].map { "\($0), \(value)" } ?? value
        }
        return Answer(status: Int(first[1]) ?? 0, headers: headers, body: body)
    }
}
