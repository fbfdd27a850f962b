import Admission
import HTTP
import NodeProtocol
import Relay

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

    private struct BulkRequest: BatchEnvelope {
        static let field = "messages"
        static let maxCount = SendRoutes.maxBulkMessages

        let messages: [UnreadElement]
        var count: Int { messages.count }
    }

    private struct Bulk: Encodable {
        struct Element: Encodable {
            let index: Int
            let success: Bool
            let message: String
            var id: String?
            var code: String?
            var field: String?

            init(_ index: Int, _ result: Result<Receipt, APIError>) {
                self.index = index
                switch result {
                case .success(let receipt):
                    success = true
                    message = "\(receipt.queued.count) recipient(s) queued"
                    id = receipt.id.description
                case .failure(let error):
                    success = false
                    message = error.message
                    code = error.code.uppercased()
                    field = error.field
                }
            }
        }

        let sent: Int
        let failed: Int
        let results: [Element]
    }

    let intake: any Intake
    let idempotency: IdempotencyKeys

    func add(to router: inout Router) {
        router.add(.tenants)
        router.on(.post, SendRoutes.prefix + "/send", SendRoutes.send, send)
        router.on(.post, SendRoutes.prefix + "/send-bulk", SendRoutes.sendBulk, sendBulk)
    }

    @Sendable private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let tenant = try tenant(request)
        let call = try AuthenticatedCall(request, intake: intake, tenant: tenant, scope: "emails:send")
        return try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes)
            return try await idempotency.answer(request, from: call.principal, route: "send", body: body) {
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
        let call = try AuthenticatedCall(request, intake: intake, tenant: tenant, scope: "emails:send")
        return try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBulkBodyBytes)
            return try await idempotency.answer(request, from: call.principal, route: "send-bulk", body: body)
            {
                let messages = try BulkRequest.elements(in: body).map(Self.submission)
                return try Self.answer(await call.submitEach(messages, \.apiError))
            }
        }
    }

    private static func submission(of message: ArraySlice<UInt8>) -> Result<Submission, APIError> {
        Result { () throws(APIError) in
            try StrictDecoding.decode(SendRequest.self, from: Array(message), unknownFields: .refuse)
                .submission()
        }
    }

    private static func answer(_ results: [Result<Receipt, APIError>]) throws -> HTTPResponse {
        let elements = results.enumerated().map { Bulk.Element($0.offset, $0.element) }
        let sent = elements.count { $0.success }
        return try .json(
            Answer(
                data: Bulk(sent: sent, failed: elements.count - sent, results: elements),
                message: "\(sent) email(s) queued, \(elements.count - sent) failed"))
    }

    private func tenant(_ request: HTTPRequest) throws(APIError) -> TenantID {
        guard let tenant = TenantID(text: request.parameter("tenant_id")) else {
            // Who has no valid key learns nothing of paths.
            _ = try AuthenticatedCall(request, intake: intake, scope: "emails:send", for: nil)
            throw APIError(404, "tenant_not_found", "There is no such tenant.")
        }
        return tenant
    }
}
