import SMTPWire

extension SMTPSession {
    /// EHLO and HELO (RFC 5321 §4.1.1.1): also ends a transaction.
    func hello(_ name: String, extended: Bool) {
        clientName = name
        isExtended = extended
        endTransaction()
        guard extended else {
            say(SMTPReply(250, intake.hostName))
            return
        }
        say(offered.reply(greeting: "\(intake.hostName) greets you"))
    }

    private var offered: SMTPExtensions {
        var offered = SMTPExtensions()
        offered.pipelining = true
        offered.hasSize = true
        offered.maxMessageBytes = configuration.maxMessageBytes
        offered.eightBitMIME = true
        offered.smtpUTF8 = true
        offered.chunking = true
        offered.dsn = true
        // RFC 8689 §3: only under TLS.
        offered.requireTLS = stream.tls != nil
        offered.enhancedStatusCodes = true
        offered.startTLS = tls != nil && stream.tls == nil
        if stream.tls != nil { offered.authMechanisms = ["PLAIN", "LOGIN"] }
        return offered
    }
}
