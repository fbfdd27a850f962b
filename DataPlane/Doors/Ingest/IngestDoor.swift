import Admission
import FoundationEssentials
import HTTP
import NodeProtocol
import Relay

/// The ingestion API on a node: `POST /api/v1/messages` and, for what this node still holds, `GET …/{id}`.
struct IngestDoor: Sendable {
    struct Queued: Encodable {
        let id: String
        let message: String
    }

    let intake: any Intake
    let idempotency: IdempotencyKeys
    /// Asks the control plane, which knows what this node holds no more.
    let relay: Router.Fallback

    func add(to router: inout Router) {
        router.add(.ingest)
        router.on(
            .post, "/api/v1/messages",
            RouteInfo(
                summary: "Submit a message", tag: "ingest", scope: "emails:send",
                requestSchema: Self.requestSchema,
                requestContentTypes: [
                    "application/json", "multipart/form-data", "application/x-www-form-urlencoded",
                ],
                responses: [
                    .init(202, "On disk and queued", Self.queuedSchema), .init(400, "A field is wrong"),
                    .init(401, "The key is not valid"), .init(403, "The key may not do this"),
                    .init(413, "The message is too large"), .init(429, "Too many requests"),
                ]), post)
        router.on(
            .get, "/api/v1/messages/{id}",
            RouteInfo(
                summary: "Tell the state of a message", tag: "ingest", scope: "emails:read",
                responses: [.init(200, "What is known of it"), .init(404, "There is no such message")]), get)
    }

    @Sendable private func post(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send")
        return try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes)
            return try await idempotency.answer(request, from: call.principal, route: "ingest", body: body) {
                try await submit(try Self.submission(request, body), from: call.principal)
            }
        }
    }

    private static func submission(_ request: HTTPRequest, _ body: [UInt8]) throws(APIError) -> Submission {
        guard let type = request.mediaType, type != "application/json" else {
            return try StrictDecoding.decode(IngestRequest.self, from: body, unknownFields: .refuse)
                .submission()
        }
        return try IngestForm.submission(
            try FormData.parse(contentType: request.headers["Content-Type"] ?? type, body: body))
    }

    private func submit(_ submission: Submission, from principal: Principal) async throws -> HTTPResponse {
        let receipt: Receipt
        do throws(Refusal) { receipt = try await intake.submit(submission, from: principal) } catch {
            throw error.apiError
        }
        let id = "spl_\(receipt.id.hexadecimal)"
        return try HTTPResponse.json(Queued(id: id, message: "Queued. Thank you."), status: 202)
            .header("Location", "/api/v1/messages/\(id)")
    }

    @Sendable private func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:read")
        return try await call.answer {
            guard let id = MessageID(text: request.parameter("id")),
                let status = await intake.status(of: id, tenant: call.principal.tenant.id)
            else {
                if let answer = try await relay(request, .noPath) { return answer }
                return try .json(IngestStatus.unknown(request.parameter("id")), status: 404)
            }
            return try .json(IngestStatus(status))
        }
    }

    private static let queuedSchema = Schema.object(["id": .string.required, "message": .string.required])
    private static let requestSchema = Schema.object([
        "from": .string.required, "to": .array(.string).required, "cc": .array(.string),
        "bcc": .array(.string),
        "subject": .string, "text": .string, "html": .string, "headers": .map(of: .string),
        "tags": .array(.string), "metadata": .map(of: .string), "stream": .choice("transactional", "bulk"),
        "attachments": .array(.attachment),
    ])
}
