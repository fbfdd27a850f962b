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
            do throws(Meters.RateExceeded) {
                _ = try intake.takeRate(principal, count: 1, for: .sending)
            } catch { throw error.refusal }
            let raw = Submission.Raw(
                envelopeSender: transaction.sender?.description,
                recipients: transaction.recipients.map(\.description), message: message,
                withProtocol: session.protocolName,
                request: EnvelopeRequest(transaction.parameters, recipients: transaction.recipientParameters))
            let id = try await submit(raw, principal, credential, session.remoteIP)
            return SMTPReply(250, .init(2, 0, 0), "Ok: queued as \(id)")
        } catch { return error.smtpReply }
    }

    private func submit(
        _ raw: Submission.Raw, _ principal: Principal, _ credential: PresentedCredential, _ sourceIP: String
    ) async throws(Refusal) -> MessageID {
        let keys = (try? raw.headers.get())?.values(HeaderPolicy.idempotencyKey) ?? []
        guard let key = keys.first.map({ EncodedWord.decode($0) }) else {
            return try await intake.submit(Submission(door: "smtp", content: .raw(raw)), from: principal).id
        }
        guard keys.count == 1 else {
            throw Refusal(.invalid, "given more than once", field: HeaderPolicy.idempotencyKey)
        }
        let message = PassedMessage(key: key, credential: credential, sourceIP: sourceIP, raw: raw)
        return try await message.queue(from: principal, intake, idempotency, mayPass: true)
    }
}
