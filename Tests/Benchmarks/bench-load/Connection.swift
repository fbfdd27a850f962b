import EventLoop

/// The client's end of a connection whose answers come in lines.
struct Connection {
    struct Unexpected: Error, CustomStringConvertible {
        let description: String
    }

    private static let timeout: Duration = .seconds(60)
    private let stream: ByteStream

    init(to address: SocketAddress) async throws {
        stream = try await ByteStream.connect(to: address, timeout: Self.timeout)
    }

    func write(_ bytes: [UInt8]) async throws { try await stream.write(bytes) }

    /// A line without its end.
    func line() async throws -> [UInt8] {
        var searched = 0
        while true {
            if let end = stream.input.firstIndex(of: UInt8(ascii: "\n"), from: searched) {
                var line = stream.input.take(end)
                stream.input.consume(1)
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return line
            }
            searched = stream.input.count
            guard try await stream.fill(timeout: Self.timeout) else { throw StreamError.closed }
        }
    }

    func close() { stream.close() }

    /// Reads an SMTP reply, which must begin as `expected` says.
    func reply(_ expected: String) async throws {
        while true {
            let line = try await line()
            guard line.starts(with: expected.utf8) else {
                throw Unexpected(description: String(decoding: line, as: UTF8.self))
            }
            if line.count < 4 || line[3] != UInt8(ascii: "-") { return }
        }
    }

    /// Sends a command and reads its reply.
    func command(_ text: String, _ expected: String) async throws {
        try await write(Array("\(text)\r\n".utf8))
        try await reply(expected)
    }

    /// Reads an HTTP answer with a `Content-Length` and returns its status.
    func answer() async throws -> Int { try await wholeAnswer().status }

    /// Reads an HTTP answer with a `Content-Length`.
    func wholeAnswer() async throws -> (status: Int, body: [UInt8]) {
        let status = try await line()
        guard status.count >= 12, let code = Int(String(decoding: status[9..<12], as: UTF8.self)) else {
            throw Unexpected(description: String(decoding: status, as: UTF8.self))
        }
        var length = 0
        while case let field = try await line(), !field.isEmpty {
            let text = String(decoding: field, as: UTF8.self).lowercased()
            guard text.hasPrefix("content-length:") else { continue }
            length = Int(text.dropFirst(15).trimmed) ?? 0
        }
        while stream.input.count < length {
            guard try await stream.fill(timeout: Self.timeout) else { throw StreamError.closed }
        }
        return (code, stream.input.take(length))
    }
}

extension Substring {
    fileprivate var trimmed: Substring { drop { $0 == " " } }
}
