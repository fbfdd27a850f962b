import SMTPWire

extension SMTPSession {
    /// EHLO and HELO (RFC 5321 §4.1.1.1): also ends a transaction.
    func hello(_ name: String, extended: Bool) {
        clientName = name
        isExtended = extended
        endTransaction()
        guard extended else {
            say(SMTPReply(250, policy.hostName))
            return
        }
        say(offered.reply(greeting: "\(policy.hostName) greets you"))
    }

    private var offered: SMTPExtensions {
        var offered = SMTPExtensions()
        offered.pipelining = true
        offered.hasSize = true
        offered.maxMessageBytes = configuration.maxMessageBytes
        offered.eightBitMIME = true
        offered.smtpUTF8 = true
        offered.chunking = true
        offered.enhancedStatusCodes = true
        offered.startTLS = tls != nil && stream.tls == nil
        if stream.tls != nil, policy.logins != nil { offered.authMechanisms = ["PLAIN", "LOGIN"] }
        return offered
    }
}
