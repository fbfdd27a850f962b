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

    func add(to router: inout Router) {
        router.add(.tenants)
        router.on(
            .post, "/api/v1/dispatch/tenants/{id}/send",
            RouteInfo(
                summary: "Send one e-mail", tag: "tenants", scope: "emails:send", requestSchema: SendRequest.schema,
                responses: [
                    .init(202, "On disk and queued"), .init(400, "A field is wrong, or a recipient suppressed"),
                    .init(401, "The credentials are not valid"), .init(403, "Not allowed for this tenant"),
                    .init(413, "The message is too large"), .init(429, "Too many requests"),
                ]), send)
        router.on(
            .post, "/api/v1/dispatch/tenants/{id}/send-bulk",
            RouteInfo(
                summary: "Send up to \(BulkRequest.maxMessages) e-mails, each checked alone", tag: "tenants",
                scope: "emails:send", requestSchema: .object(["messages": .array(SendRequest.schema).required]),
                responses: [.init(200, "A result for each message, in order")]), sendBulk)
    }

    @Sendable private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, tenant: try tenant(request), scope: "emails:send")
        let body = try await request.decode(SendRequest.self, maxBytes: DoorLimits.maxBodyBytes)
        let submission = try body.submission()
        let receipt: Receipt
        do throws(Refusal) { receipt = try await intake.submit(submission, from: call.principal) } catch {
            throw error.apiError
        }
        let answer = Answer(
            data: Sent(receipt), message: "\(receipt.queued.count) email(s) queued for delivery")
        return call.finish(try .json(answer, status: 202))
    }

    @Sendable private func sendBulk(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(
            request, intake: intake, tenant: try tenant(request), scope: "emails:send", takesRate: false)
        let bulk = try await request.decode(BulkRequest.self, maxBytes: DoorLimits.maxBulkBodyBytes)
        guard (1...BulkRequest.maxMessages).contains(bulk.messages.count) else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "`messages` must have 1 to \(BulkRequest.maxMessages) elements.",
                field: "messages")
        }
        var results: [Bulk.Result] = []
        for (index, message) in bulk.messages.enumerated() {
            results.append(await result(of: message, index, call.principal))
        }
        let sent = results.count { $0.success }
        let answer = Answer(
            data: Bulk(sent: sent, failed: results.count - sent, results: results),
            message: "\(sent) email(s) queued, \(results.count - sent) failed")
        return call.finish(try .json(answer))
    }

    private func result(of message: SendRequest, _ index: Int, _ principal: Principal) async -> Bulk.Result {
        let refusal: APIError
        do throws(APIError) {
            let submission = try message.submission()
            do throws(Refusal) {
                _ = try intake.takeRate(principal)
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
