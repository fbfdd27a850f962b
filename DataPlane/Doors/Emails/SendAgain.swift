import Admission
import HTTP
import MailFormat
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
        var again = Submission.Again(
            of: original, to: to, cc: cc, bcc: bcc, message: Array(message), isComposed: is_composed)
        let stored = try stored()
        again.first = try stored.map { (stored) throws(APIError) in try Submission.Again.First(stored) }
        var submission = Submission(
            door: "emails", content: .again(again), tags: tags, metadata: metadata,
            stream: stored?.isBulk == true ? .bulk : .transactional)
        submission.tracking = .init(opens: track_opens, clicks: track_clicks)
        submission.offersUnsubscribe = offers_unsubscribe
        submission.isTest = is_test
        submission.resentFrom = original
        return submission
    }

    private func stored() throws(APIError) -> KeptMessage.Again? {
        guard let again else { return nil }
        guard let stored = KeptMessage.Again(protobuf: Array(again)) else {
            throw APIError(
                400, "invalid_field", "what was kept beside the message cannot be read", field: "again")
        }
        return stored
    }
}

extension Submission.Again.First {
    fileprivate init(_ stored: KeptMessage.Again) throws(APIError) {
        var request = EnvelopeRequest()
        if !stored.request.isEmpty {
            guard let asked = EnvelopeRequest(protobuf: stored.request[...]) else {
                throw APIError(
                    400, "invalid_field", "what was kept beside the message cannot be read", field: "again")
            }
            request = asked
        }
        self.init(
            envelopeSender: stored.envelopeSender, links: LinkPlaces(packed: stored.links), request: request,
            requested: stored.recipients)
    }
}
