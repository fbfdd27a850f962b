import EventLoop

/// An HTTP/1.1 server in the test's hands: it reads whole requests and writes what the test says, byte for
/// byte.
final class Responder: Sendable {
    struct Request: Sendable {
        /// From the request line to the empty line.
        let head: String
        let body: [UInt8]
        /// The number of the connection, from 1.
        let connection: Int

        var target: String { String(head.split(separator: " ", maxSplits: 2).dropFirst().first ?? "") }
    }

    enum Step: Sendable {
        case write(String)
        case bytes([UInt8])
        /// Writes a kilobyte again and again until the peer goes.
        case endless
        case wait(Duration)
        case close
    }

    let listener: Listener
    let requests = Locked<[Request]>([])
    let connections = Locked(0)
    /// Connections whose end was seen.
    let ended = Locked(0)

    init(
        on loop: EventLoop, _ address: SocketAddress = .ipv4(0x7F00_0001, port: 0),
        tls: TLSServerContext? = nil,
        _ respond: @escaping @Sendable (Request) -> [Step]
    ) throws {
        listener = try Listener(address)
        listener.accept(on: loop, maxConnections: 1_000) { [self] stream in
            let number = connections.withLock {
                $0 += 1; return $0
            }
            defer { ended.withLock { $0 += 1 } }
            do {
                if let tls { try await stream.startTLS(server: tls, timeout: .seconds(5)) }
                while let request = try await Self.read(stream, number) {
                    requests.withLock { $0.append(request) }
                    guard try await Self.play(respond(request), on: stream, loop) else { return }
                }
            } catch {}
        }
    }

    var port: UInt16 { listener.address.port }
    var url: String { "http://127.0.0.1:\(port)" }

    static func ok(_ body: String, _ headers: String = "") -> Step {
        .write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    private static func read(_ stream: ByteStream, _ number: Int) async throws -> Request? {
        while true {
            let head = String(decoding: stream.input.prefix(stream.input.count), as: UTF8.self)
            if let end = head.range(of: "\r\n\r\n") {
                let head = String(head[..<end])
                stream.input.consume(head.utf8.count)
                let length = contentLength(head)
                while stream.input.count < length {
                    guard try await stream.fill(timeout: .seconds(5)) else { return nil }
                }
                return Request(head: head, body: stream.input.take(length), connection: number)
            }
            guard try await stream.fill(timeout: .seconds(30)) else { return nil }
        }
    }

    private static func contentLength(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            return Int(line.dropFirst(15).drop { $0 == " " }) ?? 0
        }
        return 0
    }

    private static func play(_ steps: [Step], on stream: ByteStream, _ loop: EventLoop) async throws -> Bool {
        for step in steps {
            switch step {
            case .write(let text): try await stream.write(Array(text.utf8))
            case .bytes(let bytes): try await stream.write(bytes)
            case .endless:
                let kilobyte = [UInt8](repeating: 0x78, count: 1_024)
                while true { try await stream.write(kilobyte, timeout: .seconds(5)) }
            case .wait(let duration): await loop.sleep(duration)
            case .close: return false
            }
        }
        return true
    }
}

extension String {
    /// The end of the first occurrence of a text.
    fileprivate func range(of text: String) -> String.Index? {
        let (own, other) = (Array(utf8), Array(text.utf8))
        guard own.count >= other.count else { return nil }
        for start in 0...(own.count - other.count) where own[start..<start + other.count].elementsEqual(other)
        {
            return utf8.index(utf8.startIndex, offsetBy: start + other.count)
        }
        return nil
    }
}
