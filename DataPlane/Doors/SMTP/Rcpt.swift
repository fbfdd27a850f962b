import SMTPWire

extension SMTPSession {
    /// RCPT (RFC 5321 §4.1.1.3).
    func rcpt(_ recipient: SMTPPath, _ parameters: RecipientParameters) {
        guard transaction != nil else { return refuse(SMTPReply(503, .init(5, 5, 1), "MAIL first")) }
        guard transaction?.chunks == nil else {
            return refuse(SMTPReply(503, .init(5, 5, 1), "Not behind BDAT"))
        }
        guard transaction?.recipients.count ?? 0 < configuration.maxRecipients else {
            return refuse(SMTPReply(452, .init(4, 5, 3), "Too many recipients"))
        }
        if recipient.needsSMTPUTF8, transaction?.parameters.smtpUTF8 != true {
            return refuse(SMTPReply(553, .init(5, 6, 7), "A UTF-8 address needs SMTPUTF8"))
        }
        if let refusal = policy.refusal(ofRecipient: recipient, in: self) { return refuse(refusal) }
        transaction?.recipients.append(recipient)
        transaction?.recipientParameters.append(parameters)
        say(SMTPReply(250, .init(2, 1, 5), "Ok"))
    }
}
