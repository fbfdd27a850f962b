import Admission
import NodeProtocol

/// A message that came with a key by SMTP, with all that its owner needs to take it as its own.
package struct PassedMessage: Sendable {
    package var key: String
    package var credential: PresentedCredential
    package var sourceIP: String
    package var raw: Submission.Raw

    package init(
        key: String, credential: PresentedCredential, sourceIP: String, raw: Submission.Raw
    ) {
        self.key = key
        self.credential = credential
        self.sourceIP = sourceIP
        self.raw = raw
    }

    /// Queues the message that another node passed on, once. It has taken the caller's rate.
    package func queue(
        _ intake: any Intake, _ idempotency: IdempotencyKeys
    ) async throws(Refusal) -> MessageID {
        let principal = try intake.authenticate(credential, tenant: nil, sourceIP: sourceIP)
        return try await queue(from: principal, intake, idempotency, mayPass: false)
    }

    func queue(
        from principal: Principal, _ intake: any Intake, _ idempotency: IdempotencyKeys, mayPass: Bool
    ) async throws(Refusal) -> MessageID {
        let envelope = ([raw.envelopeSender ?? ""] + raw.recipients).joined(separator: "\n") + "\n\n"
        let submission = Submission(door: "smtp", content: .raw(raw))
        return try await idempotency.queued(
            key, from: principal, route: "smtp", content: Array(envelope.utf8) + raw.message,
            passing: mayPass ? self : nil
        ) { () throws(Refusal) in try await intake.submit(submission, from: principal).id }
    }
}
