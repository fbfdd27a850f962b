import EventLoop
import SMTPWire

extension SMTPSession {
    /// Sends one message. Answers one result for each recipient, in their order; it never throws, because
    /// what one recipient was told stays true whatever happens afterwards.
    package func transact(_ transaction: SMTPTransaction) async -> [TransactionResult] {
        var results = [TransactionResult?](repeating: nil, count: transaction.recipients.count)
        transactionCount += 1
        do throws(SMTPFailure) {
            if needsReset { try await reset() }
            try connection.expectQuiet(.mail)
            if let refusal = localRefusal(of: transaction) {
                return transaction.recipients.map { _ in .refused(refusal, .mail) }
            }
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

    /// What need not be asked because EHLO has answered it.
    private func localRefusal(of transaction: SMTPTransaction) -> SMTPReply? {
        if let most = extensions.maxMessageBytes, transaction.messageBytes > most {
            return SMTPReply(
                552, .init(5, 3, 4), "Message of \(transaction.messageBytes) bytes, host takes \(most)")
        }
        if transaction.needsSMTPUTF8, !extensions.smtpUTF8 {
            return SMTPReply(553, .init(5, 6, 7), "Non-ASCII addresses are not supported by the host")
        }
        if transaction.envelope.requireTLS, !extensions.requireTLS || tls?.peerVerified != true {
            return SMTPReply(550, .init(5, 7, 30), "REQUIRETLS is not supported by the host")
        }
        return nil
    }

    // MARK: The envelope

    /// RFC 2920: MAIL, every RCPT and DATA in one write, then their replies in that order.
    private func sendEnvelopeAtOnce(
        _ transaction: SMTPTransaction, _ results: inout [TransactionResult?]
    ) async throws(SMTPFailure) -> Bool {
        let commands = [mailCommand(transaction)] + transaction.recipients.map(recipientCommand) + ["DATA"]
        try await connection.send(commands, .mail, timeout: timeouts.mail)
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
        let data = try await connection.reply(.data, timeout: timeouts.data)
        if !results.contains(where: { $0 == nil }) {
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
        let mail = try await connection.exchange(mailCommand(transaction), .mail, timeout: timeouts.mail)
        guard mail.isPositive else {
            settleAll(&results, .refused(try refusal(mail, .mail), .mail))
            return false
        }
        for (index, recipient) in transaction.recipients.enumerated() {
            try connection.expectQuiet(.recipient)
            let reply = try await connection.exchange(
                recipientCommand(recipient), .recipient, timeout: timeouts.recipient)
            try settle(&results, index, reply)
            if reply.code == 421 {
                settleAll(&results, .refused(reply, .recipient))
                return false
            }
        }
        guard results.contains(where: { $0 == nil }) else { return false }
        try connection.expectQuiet(.data)
        let data = try await connection.exchange("DATA", .data, timeout: timeouts.data)
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
            try await connection.write(transaction.encodedContent, .content, timeout: timeouts.block)
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
            needsReset = false
            settleAll(&results, .accepted(reply))
        } else {
            settleAll(&results, .refused(try refusal(reply, .endOfData), .endOfData))
            needsReset = false
        }
    }

    // MARK: Commands

    private func mailCommand(_ transaction: SMTPTransaction) -> String {
        var command = "MAIL FROM:<\(transaction.sender?.description ?? "")>"
        if extensions.hasSize { command += " SIZE=\(transaction.messageBytes)" }
        let isEightBit = transaction.hasEightBitBody || transaction.hasEightBitHeader
        if extensions.eightBitMIME, isEightBit { command += " BODY=8BITMIME" }
        if extensions.smtpUTF8, transaction.needsSMTPUTF8 || transaction.hasEightBitHeader {
            command += " SMTPUTF8"
        }
        if transaction.envelope.requireTLS { command += " REQUIRETLS" }
        guard extensions.dsn else { return command }
        if let content = transaction.envelope.returnedContent { command += " RET=\(content.rawValue)" }
        if let id = transaction.envelope.envelopeID { command += " ENVID=\(Xtext.encode(id))" }
        return command
    }

    private func recipientCommand(_ recipient: SMTPTransaction.Recipient) -> String {
        var command = "RCPT TO:<\(recipient.path)>"
        guard extensions.dsn else { return command }
        if let notify = recipient.parameters.notify { command += " NOTIFY=\(notify.keyword)" }
        if let original = recipient.parameters.originalRecipient {
            command += " ORCPT=\(original.type);\(Xtext.encode(original.address))"
        }
        return command
    }
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
