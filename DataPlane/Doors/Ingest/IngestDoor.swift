import Admission
import FoundationEssentials
import HTTP
import NodeProtocol
import Relay

/// The ingestion API on a node: `POST /api/v1/messages` and, for what this node still holds, `GET …/{id}`.
struct IngestDoor: Sendable {
    let intake: any Intake
    let idempotency: IdempotencyKeys
    /// Asks the control plane, which knows what this node holds no more.
    let relay: Router.Fallback

    func add(to router: inout Router) {
        router.add(.ingest)
        router.on(.post, IngestRoutes.path, IngestRoutes.send, post)
        router.on(.get, IngestRoutes.path + "/{id}", IngestRoutes.status, get)
    }

    @Sendable private func post(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send")
        return try await call.answer {
            guard let type = request.mediaType, type != "application/json" else {
                return try await postJSON(request, from: call.principal)
            }
            let received = try await ReceivedForm.read(request)
            return try await idempotency.answer(
                request, from: call.principal, route: "ingest", body: received.keyed,
                bodyDigest: received.digest
            ) { try await submit(try IngestForm.submission(try received.take()), from: call.principal) }
        }
    }

    private func postJSON(_ request: HTTPRequest, from principal: Principal) async throws -> HTTPResponse {
        let received = try await ReceivedBody.read(request)
        return try await idempotency.answer(
            request, from: principal, route: "ingest", body: received.keyed
        ) { try await submit(try Self.submission(received.take()), from: principal) }
    }

    private static func submission(_ body: [UInt8]) throws(APIError) -> Submission {
        try StrictDecoding.decode(IngestRequest.self, from: body, unknownFields: .refuse).submission()
    }

    private func submit(_ submission: consuming Submission, from principal: Principal) async throws
        -> HTTPResponse
    {
        let receipt: Receipt
        do throws(Refusal) { receipt = try await intake.submit(submission, from: principal) } catch {
            throw error.apiError
        }
        let id = "spl_" + receipt.id.hexadecimal
        var json = JSONText(capacity: 128)
        json.object { json in
            json.field("id", id)
            json.field("message", "Queued. Thank you.")
        }
        return HTTPResponse.json(written: json, status: 202).header("Location", "/api/v1/messages/" + id)
    }

    @Sendable private func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:read", for: .asking)
        return try await call.answer {
            guard let id = MessageID(text: request.parameter("id")),
                let status = await intake.status(of: id, tenant: call.principal.tenant.id)
            else {
                if let answer = try await relay(request, .noPath) { return answer }
                return try .json(IngestStatus(unknown: request.parameter("id")), status: 404)
            }
            guard call.principal.reaches(mailFrom: status.from) else {
                return try .json(IngestStatus(unknown: request.parameter("id")), status: 404)
            }
            return try .json(IngestStatus(status))
        }
    }
}
