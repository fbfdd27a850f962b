import EventLoop
import SMTPWire

/// What one SMTP listener does otherwise than another: who may open a transaction, to whom, and what becomes
/// of the message. The dialogue itself is the same, and so are its limits.
protocol SMTPPolicy: Sendable {
    /// The name in banners.
    var hostName: String { get }
    /// One line for HELP.
    var help: String { get }
    /// Who checks logins; nil where there are none, and then AUTH is not offered.
    var logins: Logins? { get }

    /// The reply that refuses MAIL; nil when it may go on.
    func refusal(ofSender sender: SMTPPath?, in session: SMTPSession) -> SMTPReply?
    /// The reply that refuses RCPT; nil when it may go on.
    func refusal(ofRecipient recipient: SMTPPath, in session: SMTPSession) -> SMTPReply?
    /// Takes a whole message or not. A positive reply says that what has to be on disk is there.
    func take(
        _ message: [UInt8], _ transaction: SMTPSession.Transaction, in session: SMTPSession
    ) async -> SMTPReply
}

/// What AUTH needs.
struct Logins: Sendable {
    let intake: any Intake
    let limits: LoginGuard
}
