import Admission
import EventLoop
import MailFormat
import NodeProtocol
import SMTPWire

/// Submission (RFC 6409): whoever is logged in sends to anybody, on the road that all doors share.
struct SubmissionPolicy: SMTPPolicy {
    let intake: any Intake
    let idempotency: IdempotencyKeys
    private let limits = LoginGuard()

    init(intake: any Intake, idempotency: IdempotencyKeys) {
        self.intake = intake
        self.idempotency = idempotency
    }

    var hostName: String { intake.hostName }
    var help: String { "Submission by RFC 6409: EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA" }
    var logins: Logins? { Logins(intake: intake, limits: limits) }

    /// Who sends is asked again for each message, so that a revoked credential ends with the message before.
    func refusal(ofSender sender: SMTPPath?, in session: SMTPSession) -> SMTPReply? {
        guard let credential = session.credential else {
            let text = session.stream.tls == nil ? "STARTTLS and AUTH first" : "Authentication required"
            return SMTPReply(530, .init(5, 7, 0), text)
        }
        do throws(Refusal) {
            _ = try intake.authenticate(credential, tenant: nil, sourceIP: session.remoteIP)
            return nil
        } catch { return error.smtpReply }
    }

    func refusal(ofRecipient recipient: SMTPPath, in session: SMTPSession) -> SMTPReply? { nil }

    /// Hands the message to the road; the reply says that it is on disk, or why not.
    func take(
        _ message: [UInt8], _ transaction: SMTPSession.Transaction, in session: SMTPSession
    ) async -> SMTPReply {
        do throws(Refusal) {
            guard let credential = session.credential else {
                throw Refusal(.unauthenticated, "authentication required")
            }
            let principal = try intake.authenticate(credential, tenant: nil, sourceIP: session.remoteIP)
            _ = try intake.takeRate(principal)
            let id = try await submit(message, transaction, principal, session.protocolName)
            return SMTPReply(250, .init(2, 0, 0), "Ok: queued as \(id)")
        } catch { return error.smtpReply }
    }

    private func submit(
        _ message: [UInt8], _ open: SMTPSession.Transaction, _ principal: Principal, _ protocolName: String
    ) async throws(Refusal) -> MessageID {
        let raw = Submission.Raw(
            envelopeSender: open.sender?.description, recipients: open.recipients.map(\.description),
            message: message, withProtocol: protocolName,
            request: EnvelopeRequest(open.parameters, recipients: open.recipientParameters))
        let submission = Submission(door: "smtp", content: .raw(raw))
        let keys = (try? raw.headers.get())?.values("X-Dispatch-Idempotency-Key") ?? []
        guard let key = keys.first else { return try await intake.submit(submission, from: principal).id }
        guard keys.count == 1 else {
            throw Refusal(.invalid, "given more than once", field: "X-Dispatch-Idempotency-Key")
        }
        let envelope = ([raw.envelopeSender ?? ""] + raw.recipients).joined(separator: "\n") + "\n\n"
        return try await idempotency.queued(
            key, from: principal, route: "smtp", content: Array(envelope.utf8) + message
        ) { () throws(Refusal) in try await intake.submit(submission, from: principal).id }
    }
}
