import EventLoop
import Testing

@testable import HTTP

/// A server on loopback with a loop of its own, and raw connections to it.
final class TestServer: Sendable {
    let loop: EventLoop
    let server: HTTPServer

    init(
        _ router: Router, _ change: (inout HTTPServerConfiguration) -> Void = { _ in },
        accessLog: HTTPServer.AccessLog? = nil
    ) throws {
        loop = try EventLoop(name: "test-http")
        loop.start()
        var configuration = HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0))
        change(&configuration)
        server = try HTTPServer(configuration, router: router, accessLog: accessLog)
        try server.start(on: [loop])
    }

    deinit { loop.stop() }

    func connect() async throws -> RawConnection {
        let address = server.address
        let stream = try await loop.run { try await ByteStream.connect(to: address, timeout: .seconds(10)) }
        return RawConnection(stream: stream, loop: loop)
    }

    /// Sends the pieces one after the other and answers all that comes until the server closes.
    func exchange(_ pieces: String...) async throws -> String {
        let connection = try await connect()
        for piece in pieces { try await connection.send(piece) }
        return try await connection.receiveToEnd()
    }
}

/// One connection whose bytes the test writes itself.
struct RawConnection: Sendable {
    let stream: ByteStream
    let loop: EventLoop

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        let stream = stream
        try await loop.run { try await stream.write(bytes) }
    }

    func close() {
        let stream = stream
        loop.execute { stream.close() }
    }

    /// Everything until the peer closes; what came before a reset counts too.
    func receiveToEnd() async throws -> String {
        let stream = stream
        return try await loop.run {
            while (try? await stream.fill(timeout: .seconds(20))) == true {}
            defer { stream.close() }
            return String(decoding: stream.input.takeAll(), as: UTF8.self)
        }
    }

    /// One response with its body as `Content-Length` says, or nil at the end of the stream.
    func receiveResponse() async throws -> (status: Int, headers: [String: String], body: String)? {
        let stream = stream
        let text: [String]? = try await loop.run {
            while true {
                let text = String(decoding: stream.input.prefix(.max), as: UTF8.self)
                if let end = text.firstRange(of: "\r\n\r\n") {
                    let head = text[..<end.lowerBound]
                    let lengthLine = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
                    let length = lengthLine.flatMap { Int($0.dropFirst(16)) } ?? 0
                    let headBytes = head.utf8.count + 4
                    if stream.input.count >= headBytes + length {
                        stream.input.consume(headBytes)
                        return [String(head), String(decoding: stream.input.take(length), as: UTF8.self)]
                    }
                }
                guard try await stream.fill(timeout: .seconds(20)) else { return nil }
            }
        }
        guard let text else { return nil }
        let lines = text[0].split(separator: "\r\n")
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstRange(of: ": ") else { continue }
            headers[line[..<colon.lowerBound].lowercased()] = String(line[colon.upperBound...])
        }
        return (status, headers, text[1])
    }
}
