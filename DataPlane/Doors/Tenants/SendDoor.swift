import Admission
import HTTP
import NodeProtocol

/// The tenants' API on a node: `send` and `send-bulk`. Everything else of it is the control plane's.
struct SendDoor: Sendable {
    private struct Answer<Content: Encodable>: Encodable {
        let data: Content
        let message: String
    }

    private struct Sent: Encodable {
        let id: String
        let message_id: String
        let queued: [String]
        let suppressed: [String]
        let status: String

        init(_ receipt: Receipt) {
            id = receipt.id.description
            message_id = receipt.id.description
            queued = receipt.queued
            suppressed = receipt.suppressed
            status = receipt.isScheduled ? "scheduled" : "queued"
        }
    }

    private struct Bulk: Encodable {
        struct Result: Encodable {
            let index: Int
            let success: Bool
            let message: String
            let id: String?
            let code: String?
            let field: String?
        }

        let sent: Int
        let failed: Int
        let results: [Result]
    }

    let intake: any Intake
    let idempotency: IdempotencyKeys

    func add(to router: inout Router) {
        router.add(.tenants)
        router.on(
            .post, "/api/v1/dispatch/tenants/{id}/send",
            RouteInfo(
                summary: "Send one e-mail", tag: "tenants", scope: "emails:send",
                requestSchema: SendRequest.schema,
                responses: [
                    .init(202, "On disk and queued"),
                    .init(400, "A field is wrong, or a recipient suppressed"),
                    .init(401, "The credentials are not valid"), .init(403, "Not allowed for this tenant"),
                    .init(413, "The message is too large"), .init(429, "Too many requests"),
                ]), send)
        router.on(
            .post, "/api/v1/dispatch/tenants/{id}/send-bulk",
            RouteInfo(
                summary: "Send up to \(BulkRequest.maxMessages) e-mails, each checked alone", tag: "tenants",
                scope: "emails:send",
                requestSchema: .object(["messages": .array(SendRequest.schema).required]),
                responses: [.init(200, "A result for each message, in order")]), sendBulk)
    }

    @Sendable private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let tenant = try tenant(request)
        let call = try AuthenticatedCall(request, intake: intake, tenant: tenant, scope: "emails:send")
        return try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes)
            return try await idempotency.answer(request, tenant: tenant, route: "send", body: body) {
                let message = try StrictDecoding.decode(SendRequest.self, from: body, unknownFields: .refuse)
                return try await submit(try message.submission(), from: call.principal)
            }
        }
    }

    private func submit(_ submission: Submission, from principal: Principal) async throws -> HTTPResponse {
        let receipt: Receipt
        do throws(Refusal) { receipt = try await intake.submit(submission, from: principal) } catch {
            throw error.apiError
        }
        let answer = Answer(
            data: Sent(receipt), message: "\(receipt.queued.count) email(s) queued for delivery")
        return try .json(answer, status: 202)
    }

    @Sendable private func sendBulk(_ request: HTTPRequest) async throws -> HTTPResponse {
        let tenant = try tenant(request)
        let call = try AuthenticatedCall(
            request, intake: intake, tenant: tenant, scope: "emails:send", takesRate: false)
        let body = try await request.readBody(maxBytes: DoorLimits.maxBulkBodyBytes)
        return try await idempotency.answer(request, tenant: tenant, route: "send-bulk", body: body) {
            let bulk = try StrictDecoding.decode(BulkRequest.self, from: body, unknownFields: .refuse)
            return try await submit(bulk, from: call.principal)
        }
    }

    private func submit(_ bulk: BulkRequest, from principal: Principal) async throws -> HTTPResponse {
        guard (1...BulkRequest.maxMessages).contains(bulk.messages.count) else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue,
                "`messages` must have 1 to \(BulkRequest.maxMessages) elements.",
                field: "messages")
        }
        var results: [Bulk.Result] = []
        var standing: Meters.Standing?
        for (index, message) in bulk.messages.enumerated() {
            results.append(await result(of: message, index, principal, &standing))
        }
        let sent = results.count { $0.success }
        let answer = Answer(
            data: Bulk(sent: sent, failed: results.count - sent, results: results),
            message: "\(sent) email(s) queued, \(results.count - sent) failed")
        var response = try HTTPResponse.json(answer)
        if let standing { response.headers.append(contentsOf: AuthenticatedCall.fields(standing)) }
        return response
    }

    /// - Parameter standing: how the rate stands after this message, for the headers of the answer.
    private func result(
        of message: SendRequest, _ index: Int, _ principal: Principal, _ standing: inout Meters.Standing?
    ) async -> Bulk.Result {
        let refusal: APIError
        do throws(APIError) {
            let submission = try message.submission()
            do throws(Refusal) {
                if let now = try intake.takeRate(principal) { standing = now }
                let receipt = try await intake.submit(submission, from: principal)
                return Bulk.Result(
                    index: index, success: true, message: "\(receipt.queued.count) recipient(s) queued",
                    id: receipt.id.description, code: nil, field: nil)
            } catch { throw error.apiError }
        } catch { refusal = error }
        return Bulk.Result(
            index: index, success: false, message: refusal.message, id: nil, code: refusal.code.uppercased(),
            field: refusal.field)
    }

    private func tenant(_ request: HTTPRequest) throws(APIError) -> TenantID {
        guard let tenant = TenantID(text: request.parameter("id")) else {
            // Who has no valid key learns nothing of paths.
            _ = try AuthenticatedCall(request, intake: intake, scope: "emails:send", takesRate: false)
            throw APIError(404, "tenant_not_found", "There is no such tenant.")
        }
        return tenant
    }
}
