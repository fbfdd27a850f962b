import Admission
import FoundationEssentials
import HTTP
import Relay

extension EmailsDoor {
    /// `POST /api/v1/emails`
    @Sendable func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send")
        return try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes)
            return try await idempotency.answer(
                request, from: call.principal, route: "emails", body: body, replayedStatus: 200
            ) {
                let email = try StrictDecoding.decode(EmailRequest.self, from: body, unknownFields: .refuse)
                return try await submit(try email.submission(), from: call.principal)
            }
        }
    }

    func submit(_ submission: Submission, from principal: Principal) async throws -> HTTPResponse {
        let receipt: Receipt
        do throws(Refusal) { receipt = try await intake.submit(submission, from: principal) } catch {
            throw error.emailsError
        }
        var record = EmailRecord(receipt)
        record.resentFrom = submission.resentFrom?.description
        record.isTest = principal.isTest || submission.isTest
        return try .json(record, status: 202)
    }
}

extension EmailRecord {
    /// An e-mail that was just accepted.
    init(_ receipt: Receipt) {
        let created = Date(timeIntervalSince1970: Double(receipt.acceptedAt) / 1000)
        let status = receipt.isScheduled ? "scheduled" : "queued"
        self.init(
            id: receipt.id.description, status: status, from: receipt.from, subject: receipt.subject,
            createdAt: created, lastEvent: status)
        let copied = Set(receipt.cc + receipt.bcc)
        to = receipt.queued.filter { !copied.contains($0) }
        cc = receipt.cc
        bcc = receipt.bcc
        templateID = receipt.templateID?.text
        tags = receipt.tags
        metadata = receipt.metadata
        scheduledAt = receipt.scheduledAt.map { Date(timeIntervalSince1970: Double($0) / 1000) }
        queuedAt = receipt.isScheduled ? nil : created
        tracksOpens = receipt.tracking.opens
        tracksClicks = receipt.tracking.clicks
        suppressed = receipt.suppressed
        attempts = []
    }
}
