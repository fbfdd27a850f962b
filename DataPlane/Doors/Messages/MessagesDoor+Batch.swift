import Admission
import FoundationEssentials
import HTTP
import NodeProtocol
import Relay

extension MessagesDoor {
    /// What became of one message.
    private struct Element {
        let index: Int
        let draft: MessageDraft?
        let result: Result<Receipt, APIError>

        var isError: Bool {
            if case .failure = result { true } else { false }
        }

        func write(to json: inout JSONText) {
            json.object { json in
                json.field("index", index)
                switch result {
                case .success(let receipt): write(receipt, to: &json)
                case .failure(let error): write(error, to: &json)
                }
            }
        }

        private func write(_ receipt: Receipt, to json: inout JSONText) {
            json.field("status", receipt.isScheduled ? "scheduled" : "queued")
            json.field("id", receipt.id.description)
            json.field("to", addresses: draft?.printedTo(receipt) ?? [])
            json.field("scheduled_at", draft?.scheduledAt(receipt))
            json.field("optimized", draft?.isOptimized)
            json.field("optimized_reason", draft?.sendTime?.reason?.rawValue)
        }

        private func write(_ error: APIError, to json: inout JSONText) {
            json.field("status", "error")
            if let draft { json.field("to", addresses: draft.to) }
            json.field("code", Surface.messagesCode(error.code))
            json.field("message", error.message)
            json.field("field", error.field)
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
            Element(index: index, draft: try? pair.0.get(), result: pair.1)
        }
        return .json(written: Self.answer(elements))
    }

    private static func answer(_ elements: [Element]) -> JSONText {
        let errors = elements.count(where: \.isError)
        var json = JSONText(capacity: 128 * (1 + elements.count))
        json.object { json in
            json.object("data") { json in
                json.field("total", elements.count)
                json.field("queued", elements.count - errors)
                json.field("errors", errors)
                json.list("messages") { json in
                    for element in elements { element.write(to: &json) }
                }
            }
        }
        return json
    }
}
