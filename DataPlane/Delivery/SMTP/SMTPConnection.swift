import EventLoop
import SMTPWire

/// Commands out, replies in: the two movements of which every SMTP dialogue consists. Loop bound.
final class SMTPConnection {
    let stream: ByteStream
    private var parser = SMTPReplyParser()

    init(_ stream: ByteStream) { self.stream = stream }

    func write(_ bytes: [UInt8], _ stage: SMTPStage, timeout: Duration) async throws(SMTPFailure) {
        do { try await stream.write(bytes, timeout: timeout) } catch { throw .lost(error, stage) }
    }

    /// The next reply, whole. `timeout` is for all of it, so that one that comes by drops ends as well.
    func reply(_ stage: SMTPStage, timeout: Duration) async throws(SMTPFailure) -> SMTPReply {
        if let reply = try parsed(stage) { return reply }
        let deadline = MonotonicTime.now().advanced(by: timeout)
        var left = timeout
        while true {
            guard left > .zero else { throw .lost(.timedOut, stage) }
            do {
                guard try await stream.fill(timeout: left) else { throw StreamError.closed }
            } catch {
                throw .lost(error as? StreamError ?? .closed, stage)
            }
            if let reply = try parsed(stage) { return reply }
            left = deadline - MonotonicTime.now()
        }
    }

    /// The reply that is there already.
    private func parsed(_ stage: SMTPStage) throws(SMTPFailure) -> SMTPReply? {
        guard !stream.input.isEmpty else { return nil }
        let (step, consumed) = stream.input.withUnsafeBytes { parser.parse($0) }
        stream.input.consume(consumed)
        switch step {
        case .reply(let reply): return reply
        case .malformed(let what): throw SMTPFailure(stage: stage, reason: .garbled("\(what)"))
        case .needMore: return nil
        }
    }

    func exchange(_ command: SMTPCommand, _ stage: SMTPStage, timeout: Duration) async throws(SMTPFailure)
        -> SMTPReply
    {
        try await write(command.encode(), stage, timeout: timeout)
        return try await reply(stage, timeout: timeout)
    }

    /// Nothing may have been said that was not asked for: a reply too many would be taken for the next one,
    /// and in the worst case for the 250 behind a message that was refused.
    func expectQuiet(_ stage: SMTPStage) throws(SMTPFailure) {
        guard stream.input.isEmpty else {
            throw SMTPFailure(stage: stage, reason: .garbled("a reply that nothing asked for"))
        }
    }
}
