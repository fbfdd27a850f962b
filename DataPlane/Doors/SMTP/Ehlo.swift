import SMTPWire

extension SMTPSession {
    /// EHLO and HELO (RFC 5321 §4.1.1.1): also ends a transaction.
    func hello(_ name: String, extended: Bool) {
        clientName = name
        isExtended = extended
        endTransaction()
        isGroupRefused = false
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
        guard policy.logins != nil else { return offered }
        offered.dsn = true
        guard stream.tls != nil else { return offered }
        offered.authMechanisms = ["PLAIN", "LOGIN"]
        // RFC 8689 §3: only under TLS.
        offered.requireTLS = true
        return offered
    }
}
