import Admission
import FoundationEssentials
import HTTP
import Relay

extension MessagesDoor {
    private struct Batch: Encodable {
        let total: Int
        let queued: Int
        let errors: Int
        let messages: [Element]
    }

    /// What became of one message.
    private struct Element: Encodable {
        let index: Int
        var status = "error"
        var id: String?
        var to: AddressField?
        var scheduled_at: String?
        var optimized: Bool?
        var optimized_reason: String?
        var code: String?
        var message: String?
        var field: String?

        init(_ index: Int, _ draft: MessageDraft?, _ result: Result<Receipt, APIError>) {
            self.index = index
            to = (draft?.to).map { AddressField($0) }
            switch result {
            case .success(let receipt):
                status = receipt.isScheduled ? "scheduled" : "queued"
                id = receipt.id.description
                to = AddressField(MessageDraft.addresses(draft?.to ?? []).map(\.description))
                scheduled_at = draft?.scheduledAt(receipt)
                optimized = draft?.isOptimized
                optimized_reason = draft?.sendTime?.reason?.rawValue
            case .failure(let error):
                code = Surface.messagesCode(error.code)
                message = error.message
                field = error.field
            }
        }
    }

    @Sendable func batch(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send")
        return try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBulkBodyBytes)
            return try await idempotency.answer(
                request, from: call.principal, route: "messages/batch", body: body
            ) { try await submit(try BatchRequest.messages(in: body), by: call) }
        }
    }

    private func submit(
        _ messages: [BatchRequest.Element], by call: AuthenticatedCall
    ) async throws -> HTTPResponse {
        var drafts = messages.compactMap { try? $0.get() }
        await findTimes(&drafts, of: call.principal.tenant.id)
        var found = drafts.makeIterator()
        let messages = messages.map { message in message.map { found.next() ?? $0 } }
        let results = await call.submitEach(messages.map { $0.map(\.submission) }, \.messagesError)
        let elements = zip(messages, results).enumerated().map { index, pair in
            Element(index, try? pair.0.get(), pair.1)
        }
        let errors = elements.count { $0.id == nil }
        return try .json(
            MessagesAnswer(
                data: Batch(
                    total: elements.count, queued: elements.count - errors, errors: errors, messages: elements
                )))
    }
}
