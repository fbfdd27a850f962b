import Admission
import HTTP
import NodeProtocol
import Relay

extension EmailsDoor {
    /// `POST /api/v1/emails/{id}/resend`. The control plane opens what the log kept and asks a node with it,
    /// in a request that it signed; a customer's own request goes to the control plane first.
    @Sendable func sendAgain(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard PlaneRelay.isRelayed(request) else { return try await elsewhere(request) }
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send")
        return try await call.answer {
            guard let id = MessageID(text: request.parameter("id")) else { throw Self.unknown }
            let body = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes)
            return try await idempotency.answer(
                request, from: call.principal, route: "emails/\(id)/resend", body: body, replayedStatus: 200
            ) {
                let kept = try StrictDecoding.decode(KeptEmail.self, from: body, unknownFields: .refuse)
                guard kept.original == id.description else { throw Self.unknown }
                return try await submit(try kept.submission(of: id), from: call.principal)
            }
        }
    }
}

extension KeptEmail {
    fileprivate func submission(of original: MessageID) throws(APIError) -> Submission {
        let again = Submission.Again(
            of: original, to: to, cc: cc, bcc: bcc, message: Array(message), isComposed: is_composed)
        var submission = Submission(
            door: "emails", content: .again(again), tags: tags, metadata: metadata,
            stream: try Submission.Stream(field: stream))
        submission.tracking = .init(opens: track_opens, clicks: track_clicks)
        submission.offersUnsubscribe = offers_unsubscribe
        submission.isTest = is_test
        submission.resentFrom = original
        return submission
    }
}
