import SMTPWire

extension SMTPSession {
    /// MAIL (RFC 5321 §4.1.1.2).
    func mail(_ sender: SMTPPath?, _ parameters: MailParameters) {
        guard clientName != nil else { return refuse(SMTPReply(503, .init(5, 5, 1), "Say EHLO first")) }
        guard transaction == nil else {
            return refuse(SMTPReply(503, .init(5, 5, 1), "A transaction is open already"))
        }
        guard transactions < configuration.maxTransactions else {
            return refuse(SMTPReply(452, .init(4, 5, 3), "Too many messages in one session"))
        }
        if let refusal = policy.refusal(ofSender: sender, in: self) { return refuse(refusal) }
        if let size = parameters.sizeBytes, size > configuration.maxMessageBytes {
            return refuse(
                SMTPReply(552, .init(5, 3, 4), "Message larger than \(configuration.maxMessageBytes) bytes"))
        }
        // RFC 8689 §4.2: what came in plain text can no more be protected on the whole way.
        guard !parameters.requireTLS || stream.tls != nil else {
            return refuse(SMTPReply(530, .init(5, 7, 10), "REQUIRETLS needs TLS here too: STARTTLS first"))
        }
        if sender?.needsSMTPUTF8 == true, !parameters.smtpUTF8 {
            return refuse(SMTPReply(553, .init(5, 6, 7), "A UTF-8 address needs SMTPUTF8"))
        }
        transaction = Transaction(sender: sender, parameters: parameters)
        say(SMTPReply(250, .init(2, 1, 0), "Ok"))
    }
}
