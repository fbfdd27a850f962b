import EventLoop

/// One question to one server: a datagram, and a TCP connection when the answer does not fit one.
///
/// The socket is made for this exchange alone, so the kernel picks a new source port and drops what does not
/// come from the server. A datagram with another id or another question is ignored and waiting goes on (RFC
/// 5452 §9).
struct Exchange {
    /// A flood of forged datagrams ends the exchange instead of keeping the loop.
    static let maxDatagrams = 64

    enum Failure: Error {
        case timedOut
        /// The network said no, or the connection broke.
        case unreachable
        /// The server's bytes are not a DNS message.
        case malformed
    }

    let server: SocketAddress
    let question: Question
    let recursionDesired: Bool
    let edns: Bool
    let id: UInt16
    let deadline: MonotonicTime

    /// The server's response, of whatever code.
    func run(counts: inout ResolverCounts) async throws(Failure) -> DNSMessage {
        let query = DNSMessage.query(id: id, question, recursionDesired: recursionDesired, edns: edns)
        counts.datagrams &+= 1
        let message = try await overUDP(query)
        guard message.flags.contains(.truncated) else { return message }
        counts.connections &+= 1
        return try await overTCP(query)
    }

    private func overUDP(_ query: [UInt8]) async throws(Failure) -> DNSMessage {
        do {
            let socket = try UDPSocket(connectedTo: server)
            defer { socket.close() }
            try socket.send(query)
            for _ in 0..<Self.maxDatagrams {
                let bytes = try await socket.receive(timeout: try remaining(), maxBytes: DNSMessage.maxBytes)
                guard bytes.count >= 2, UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == id else { continue }
                let message = try DNSMessage.decode(bytes)
                if answersQuestion(message) { return message }
            }
            throw Failure.malformed
        } catch {
            throw Self.failure(error)
        }
    }

    private func overTCP(_ query: [UInt8]) async throws(Failure) -> DNSMessage {
        do {
            let stream = try await ByteStream.connect(to: server, timeout: try remaining())
            defer { stream.close() }
            try await stream.write(
                [UInt8(query.count >> 8), UInt8(query.count & 0xFF)] + query, timeout: try remaining())
            try await fill(stream, 2)
            let length = Int(stream.input[0]) << 8 | Int(stream.input[1])
            try await fill(stream, 2 + length)
            stream.input.consume(2)
            let message = try DNSMessage.decode(stream.input.take(length))
            guard message.id == id, answersQuestion(message), !message.flags.contains(.truncated) else {
                throw Failure.malformed
            }
            return message
        } catch {
            throw Self.failure(error)
        }
    }

    private func fill(_ stream: ByteStream, _ count: Int) async throws {
        while stream.input.count < count {
            guard try await stream.fill(timeout: try remaining()) else { throw Failure.unreachable }
        }
    }

    private func remaining() throws(Failure) -> Duration {
        let now = MonotonicTime.now()
        guard deadline > now else { throw .timedOut }
        return deadline - now
    }

    /// A server that could not read the question may leave it out of its complaint.
    private func answersQuestion(_ message: DNSMessage) -> Bool {
        guard message.flags.contains(.response), message.flags.opcode == 0 else { return false }
        if let asked = message.question { return asked == question }
        switch message.responseCode {
        case .formatError, .serverFailure, .notImplemented, .refused: return true
        default: return false
        }
    }

    private static func failure(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case is DNSWireError: .malformed
        case StreamError.timedOut: .timedOut
        default: .unreachable
        }
    }
}
