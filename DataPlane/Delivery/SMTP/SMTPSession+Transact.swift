import EventLoop
import SMTPWire

extension SMTPSession {
    /// Up to this size a chunk leaves in one write with its BDAT; a larger one is not copied for that.
    private static let maxJoinedBytes = 64 * 1024

    /// Sends one message. Answers one result for each recipient, in their order; it never throws, because
    /// what one recipient was told stays true whatever happens afterwards.
    ///
    /// Two writes and two waits where the host knows PIPELINING: the envelope with its DATA, and the message.
    /// With CHUNKING the message goes by BDAT in the second write. It would be allowed in the first, but then
    /// a connection that breaks leaves every message in doubt, and an idle one that the host has closed could
    /// not be replaced; and a message for nobody would travel before that is known.
    package func transact(_ transaction: SMTPTransaction) async -> [TransactionResult] {
        var results = [TransactionResult?](repeating: nil, count: transaction.recipients.count)
        transactionCount += 1
        do throws(SMTPFailure) {
            if needsReset { try await reset() }
            try connection.expectQuiet(.mail)
            needsReset = true
            let isReady =
                extensions.pipelining
                ? try await sendEnvelopeAtOnce(transaction, &results)
                : try await sendEnvelopeByTurns(transaction, &results)
            if isReady { try await sendContent(transaction, &results) }
        } catch {
            isUsable = false
            connection.stream.close()
            return results.map { $0 ?? .failed(error) }
        }
        if results.contains(where: { $0?.endsSession ?? false }) { isUsable = false }
        let silent = SMTPFailure(stage: .mail, reason: .garbled("no result"))
        return results.map { $0 ?? .failed(silent) }
    }

    // MARK: The envelope

    /// RFC 2920: MAIL, every RCPT and DATA in one write, then their replies in that order.
    private func sendEnvelopeAtOnce(
        _ transaction: SMTPTransaction, _ results: inout [TransactionResult?]
    ) async throws(SMTPFailure) -> Bool {
        var commands: [UInt8] = []
        commands.reserveCapacity(128 + transaction.recipients.count * 64)
        mail(transaction).append(to: &commands)
        for recipient in transaction.recipients { rcpt(recipient).append(to: &commands) }
        if transaction.content.isStuffed { SMTPCommand.data.append(to: &commands) }
        try await connection.write(commands, .mail, timeout: timeouts.mail)
        let mail = try await connection.reply(.mail, timeout: timeouts.mail)
        if !mail.isPositive { settleAll(&results, .refused(try refusal(mail, .mail), .mail)) }
        if mail.code == 421 { return false }
        for index in transaction.recipients.indices {
            let reply = try await connection.reply(.recipient, timeout: timeouts.recipient)
            guard mail.isPositive else { continue }
            try settle(&results, index, reply)
            if reply.code == 421 {
                settleAll(&results, .refused(reply, .recipient))
                return false
            }
        }
        let isForNobody = !results.contains { $0 == nil }
        guard transaction.content.isStuffed else { return !isForNobody }
        let data = try await connection.reply(.data, timeout: timeouts.data)
        if isForNobody {
            // Nobody to send to, but the host waits for a message: it gets an empty one (RFC 2920 §3.1).
            if data.isIntermediate {
                try await connection.write([0x2E, 0x0D, 0x0A], .data, timeout: timeouts.block)
                _ = try await connection.reply(.data, timeout: timeouts.endOfData)
            }
            return false
        }
        return try mayBegin(data, &results)
    }

    /// RFC 5321 §3.3, one command after the other.
    private func sendEnvelopeByTurns(
        _ transaction: SMTPTransaction, _ results: inout [TransactionResult?]
    ) async throws(SMTPFailure) -> Bool {
        let mail = try await connection.exchange(mail(transaction), .mail, timeout: timeouts.mail)
        guard mail.isPositive else {
            settleAll(&results, .refused(try refusal(mail, .mail), .mail))
            return false
        }
        for (index, recipient) in transaction.recipients.enumerated() {
            try connection.expectQuiet(.recipient)
            let reply = try await connection.exchange(
                rcpt(recipient), .recipient, timeout: timeouts.recipient)
            try settle(&results, index, reply)
            if reply.code == 421 {
                settleAll(&results, .refused(reply, .recipient))
                return false
            }
        }
        guard results.contains(where: { $0 == nil }) else { return false }
        guard transaction.content.isStuffed else { return true }
        try connection.expectQuiet(.data)
        let data = try await connection.exchange(.data, .data, timeout: timeouts.data)
        return try mayBegin(data, &results)
    }

    private func mayBegin(_ data: SMTPReply, _ results: inout [TransactionResult?]) throws(SMTPFailure)
        -> Bool
    {
        if data.code == 354 { return true }
        settleAll(&results, .refused(try refusal(data, .data), .data))
        return false
    }

    /// A recipient that was accepted stays nil until the message is.
    private func settle(
        _ results: inout [TransactionResult?], _ index: Int, _ reply: SMTPReply
    ) throws(SMTPFailure) {
        if reply.isPositive { return }
        let refused = try refusal(reply, .recipient)
        let isOneTooMany = refused.isTooManyRecipients && results[..<index].contains { $0 == nil }
        results[index] = isOneTooMany ? .oneTooMany(refused) : .refused(refused, .recipient)
    }

    private func settleAll(_ results: inout [TransactionResult?], _ result: TransactionResult) {
        for index in results.indices where results[index] == nil { results[index] = result }
    }

    /// A reply that is neither yes nor no where one of them is due.
    private func refusal(_ reply: SMTPReply, _ stage: SMTPStage) throws(SMTPFailure) -> SMTPReply {
        guard reply.isTransient || reply.isPermanent else {
            throw SMTPFailure(stage: stage, reason: .garbled("reply \(reply.code)"))
        }
        return reply
    }

    // MARK: The message

    private func sendContent(
        _ transaction: SMTPTransaction, _ results: inout [TransactionResult?]
    ) async throws(SMTPFailure) {
        try connection.expectQuiet(.content)
        do { try await transaction.beforeContent?() } catch {
            throw SMTPFailure(stage: .content, reason: .garbled("stopped before the message: \(error)"))
        }
        do throws(SMTPFailure) {
            try await write(transaction.content)
        } catch {
            // A host that has enough says so and closes; its words are worth more than the broken connection.
            guard let last = try? await connection.reply(.content, timeout: timeouts.quit),
                last.isTransient || last.isPermanent
            else { throw error }
            settleAll(&results, .refused(last, .content))
            throw error
        }
        let reply = try await connection.reply(.endOfData, timeout: timeouts.endOfData)
        if reply.isPositive {
            settleAll(&results, .accepted(reply))
        } else {
            settleAll(&results, .refused(try refusal(reply, .endOfData), .endOfData))
        }
        // RFC 3030 §2: behind a chunk that was refused only RSET is sure to clear the host's buffers.
        needsReset = !reply.isPositive && !transaction.content.isStuffed
    }

    private func write(_ content: SMTPContent) async throws(SMTPFailure) {
        switch content.form {
        case .stuffed(let bytes): try await connection.write(bytes, .content, timeout: timeouts.block)
        case .chunk(let header, let message):
            var bytes = SMTPCommand.bdat(byteCount: content.messageBytes, isLast: true).encode() + header
            if message.count <= Self.maxJoinedBytes {
                bytes += message
                try await connection.write(bytes, .content, timeout: timeouts.block)
            } else {
                try await connection.write(bytes, .content, timeout: timeouts.block)
                try await connection.write(message, .content, timeout: timeouts.block)
            }
        }
    }

    // MARK: Commands

    private func mail(_ transaction: SMTPTransaction) -> SMTPCommand {
        var parameters = MailParameters()
        if extensions.hasSize { parameters.sizeBytes = transaction.content.messageBytes }
        if extensions.eightBitMIME, transaction.content.isEightBit { parameters.body = .eightBitMIME }
        parameters.smtpUTF8 = extensions.smtpUTF8 && transaction.needsSMTPUTF8
        parameters.requireTLS = transaction.envelope.requiresTLS
        if extensions.dsn {
            parameters.returnedContent = transaction.envelope.returnedContent
            parameters.envelopeID = transaction.envelope.envelopeID
        }
        return .mail(from: transaction.sender, parameters)
    }

    private func rcpt(_ recipient: SMTPTransaction.Recipient) -> SMTPCommand {
        .rcpt(to: recipient.path, extensions.dsn ? recipient.parameters : RecipientParameters())
    }
}

extension SMTPContent {
    fileprivate var isStuffed: Bool { if case .stuffed = form { true } else { false } }
}

extension TransactionResult {
    /// 421: the host is about to close the connection (RFC 5321 §3.8). 503: the two sides do not agree on
    /// where they are.
    fileprivate var endsSession: Bool {
        switch self {
        case .refused(let reply, _), .oneTooMany(let reply): reply.code == 421 || reply.code == 503
        case .accepted, .failed: false
        }
    }
}

extension SMTPReply {
    /// RFC 5321 §4.5.3.1.10: 452, or 552 as older hosts say it.
    fileprivate var isTooManyRecipients: Bool {
        if let status { return status.subject == 5 && status.detail == 3 }
        return (code == 452 || code == 552) && text.lowercased().contains("too many recipients")
    }
}
