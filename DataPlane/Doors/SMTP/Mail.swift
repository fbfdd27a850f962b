import SMTPWire

extension SMTPSession {
    /// MAIL (RFC 5321 §4.1.1.2).
    func mail(_ sender: SMTPPath?, _ parameters: MailParameters) -> Next {
        guard clientName != nil else { return refuseOrder("Say EHLO first") }
        guard transaction == nil else { return refuseOrder("A transaction is open already") }
        if let refusal = refusal(of: sender, parameters) {
            refuseInGroup(refusal)
            return .goOn
        }
        transaction = Transaction(sender: sender, parameters: parameters)
        isGroupRefused = false
        say(SMTPReply(250, .init(2, 1, 0), "Ok"))
        return .goOn
    }

    private func refusal(of sender: SMTPPath?, _ parameters: MailParameters) -> SMTPReply? {
        guard transactions < configuration.maxTransactions else {
            return SMTPReply(452, .init(4, 5, 3), "Too many messages in one session")
        }
        if let refusal = policy.refusal(ofSender: sender, in: self) { return refusal }
        if let size = parameters.sizeBytes, size > configuration.maxMessageBytes {
            return SMTPReply(
                552, .init(5, 3, 4), "Message larger than \(configuration.maxMessageBytes) bytes")
        }
        // RFC 8689 §4.2: what came in plain text can no more be protected on the whole way.
        guard !parameters.requireTLS || stream.tls != nil else {
            return SMTPReply(530, .init(5, 7, 10), "REQUIRETLS needs TLS here too: STARTTLS first")
        }
        return nil
    }
}
