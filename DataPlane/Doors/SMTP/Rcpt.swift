import SMTPWire

extension SMTPSession {
    /// RCPT (RFC 5321 §4.1.1.3).
    func rcpt(_ recipient: SMTPPath, _ parameters: RecipientParameters) -> Next {
        guard let open = transaction else { return refuseOrder("MAIL first") }
        guard open.chunks == nil else { return refuseOrder("Not behind BDAT") }
        if let refusal = refusal(of: recipient, in: open) {
            refuseInGroup(refusal)
            return .goOn
        }
        transaction?.recipients.append(recipient)
        transaction?.recipientParameters.append(parameters)
        say(SMTPReply(250, .init(2, 1, 5), "Ok"))
        return .goOn
    }

    private func refusal(of recipient: SMTPPath, in open: Transaction) -> SMTPReply? {
        guard open.recipients.count < configuration.maxRecipients else {
            return SMTPReply(452, .init(4, 5, 3), "Too many recipients")
        }
        // RFC 6531 §3.4: without the parameter an address is ASCII, its domain too.
        guard recipient.isASCII || open.parameters.smtpUTF8 else {
            return SMTPReply(553, .init(5, 6, 7), "A UTF-8 address needs SMTPUTF8")
        }
        return policy.refusal(ofRecipient: recipient, in: self)
    }
}
