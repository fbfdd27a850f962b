import Admission
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
        return .json(written: record.acceptedText, status: 202)
    }
}
