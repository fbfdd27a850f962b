import Admission
import FoundationEssentials
import HTTP
import NodeProtocol
import Relay

extension MessagesDoor {
    private struct Batch: Encodable {
        let total: Int
        let queued: Int
        let errors: Int
        let messages: [Element]
    }

    /// What became of one message. A class, because an encoder hands it on many times.
    private final class Element: Encodable {
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

    /// The same messages, and those that ask for it with their readers' best time.
    private func timed(
        _ messages: [BatchRequest.Element], of tenant: TenantID
    ) async -> [BatchRequest.Element] {
        let asks = messages.contains { message in
            if case .success(let draft) = message { draft.optimizesTime } else { false }
        }
        guard asks else { return messages }
        var drafts = messages.compactMap { try? $0.get() }
        await findTimes(&drafts, of: tenant)
        var found = drafts.makeIterator()
        return messages.map { message in message.map { found.next() ?? $0 } }
    }

    private func submit(
        _ messages: [BatchRequest.Element], by call: AuthenticatedCall
    ) async throws -> HTTPResponse {
        let messages = await timed(messages, of: call.principal.tenant.id)
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
