import Admission
import HTTP
import NodeProtocol
import Relay

/// The tenants' API on a node: `send` and `send-bulk`. Everything else of it is the control plane's.
struct SendDoor: Sendable {
    private struct BulkRequest: BatchEnvelope {
        static let field = "messages"
        static let maxCount = SendRoutes.maxBulkMessages

        let messages: [UnreadElement]
        var count: Int { messages.count }
    }

    /// A body in which every message is sound, as nearly every one is: read in one go.
    private struct SoundBulk: TabledFields {
        let messages: [SendRequest]

        private enum CodingKeys: CodingKey, CaseIterable { case messages }

        static let fields = FieldTable(CodingKeys.self, inner: [.messages: SendRequest.fields])
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
        return .json(written: Self.answer(receipt), status: 202)
    }

    private static func answer(_ receipt: Receipt) -> JSONText {
        let id = receipt.id.description
        var json = JSONText()
        json.object { json in
            json.object("data") { json in
                json.field("id", id)
                json.field("message_id", id)
                json.field("queued", receipt.queued)
                json.field("suppressed", receipt.suppressed)
                json.field("status", receipt.isScheduled ? "scheduled" : "queued")
            }
            json.field("message", "\(receipt.queued.count) email(s) queued for delivery")
        }
        return json
    }

    @Sendable private func sendBulk(_ request: HTTPRequest) async throws -> HTTPResponse {
        let tenant = try tenant(request)
        let call = try AuthenticatedCall(request, intake: intake, tenant: tenant, scope: "emails:send")
        return try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBulkBodyBytes)
            return try await idempotency.answer(request, from: call.principal, route: "send-bulk", body: body)
            {
                let messages = try Self.submissions(in: body)
                return .json(written: Self.answer(await call.submitEach(messages, \.apiError)))
            }
        }
    }

    /// What is to be sent, and what is wrong with what is not.
    static func submissions(
        in body: [UInt8]
    ) throws(APIError) -> [Result<Submission, APIError>] {
        if let sound = try StrictDecoding.decodeIfSound(
            SoundBulk.self, from: body, maxObjects: BulkRequest.maxSoundObjects)
        {
            try BulkRequest.check(count: sound.messages.count, field: BulkRequest.field)
            return sound.messages.map { message in
                Result { () throws(APIError) in try message.submission() }
            }
        }
        return try BulkRequest.elements(in: body).map(submission)
    }

    private static func submission(of message: ArraySlice<UInt8>) -> Result<Submission, APIError> {
        Result { () throws(APIError) in
            try StrictDecoding.decode(SendRequest.self, from: Array(message), unknownFields: .refuse)
                .submission()
        }
    }

    private static func answer(_ results: [Result<Receipt, APIError>]) -> JSONText {
        let sent = results.count { (try? $0.get()) != nil }
        var json = JSONText(capacity: 128 * (1 + results.count))
        json.object { json in
            json.object("data") { json in
                json.field("sent", sent)
                json.field("failed", results.count - sent)
                json.list("results") { json in
                    for (index, result) in results.enumerated() {
                        json.object { write(index, result, to: &$0) }
                    }
                }
            }
            json.field("message", "\(sent) email(s) queued, \(results.count - sent) failed")
        }
        return json
    }

    private static func write(
        _ index: Int, _ result: Result<Receipt, APIError>, to json: inout JSONText
    ) {
        json.field("index", index)
        switch result {
        case .success(let receipt):
            json.field("success", true)
            json.field("message", "\(receipt.queued.count) recipient(s) queued")
            json.field("id", receipt.id.description)
        case .failure(let error):
            json.field("success", false)
            json.field("message", error.message)
            json.field("code", error.code.uppercased())
            json.field("field", error.field)
        }
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
