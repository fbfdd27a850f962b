import EventLoop
import SMTPWire

extension SMTPSession {
    /// STARTTLS (RFC 3207): all that was said before is forgotten. What stands in the same packet behind the
    /// command was put there by somebody who wants it to be read as protected: the session ends.
    func startTLS() async throws(StreamError) -> Next {
        guard stream.tls == nil else { return refuseOrder("Already encrypted") }
        guard let tls else {
            refuse(SMTPReply(502, .init(5, 5, 1), "STARTTLS is not offered"))
            return .goOn
        }
        guard clientName != nil, isExtended else { return refuseOrder("Say EHLO first") }
        guard transaction == nil else { return refuseOrder("Not inside a transaction") }
        guard stream.input.isEmpty else {
            say(SMTPReply(554, .init(5, 5, 0), "Nothing may follow STARTTLS"))
            return .close
        }
        say(SMTPReply(220, .init(2, 0, 0), "Ready to start TLS"))
        try await flush()
        try await stream.startTLS(server: tls, timeout: configuration.handshakeTimeout)
        clientName = nil
        isGroupRefused = false
        if case .trustedNetwork = credential {} else { credential = nil }
        return .goOn
    }
}
