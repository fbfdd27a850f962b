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

        /// A message that is not settled yet.
        init(index: Int) { self.index = index }

        func queue(_ receipt: Receipt, _ draft: MessageDraft) {
            status = receipt.isScheduled ? "scheduled" : "queued"
            id = receipt.id.description
            to = AddressField(MessageDraft.addresses(draft.to).map(\.description))
            scheduled_at = draft.scheduledAt(receipt)
            optimized = draft.isOptimized
            optimized_reason = draft.sendTime?.reason?.rawValue
        }

        func fail(_ error: APIError) {
            code = Surface.messagesCode(error.code)
            message = error.message
            field = error.field
        }
    }

    /// Each message is checked alone and takes one from the rate, whatever becomes of it: the first before
    /// the body is read. What passes goes to the disk together.
    @Sendable func batch(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send")
        var standing = call.standing
        var response = try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBulkBodyBytes)
            return try await idempotency.answer(
                request, from: call.principal, route: "messages/batch", body: body
            ) {
                try await submitAll(try BatchRequest.messages(in: body), from: call.principal, &standing)
            }
        }
        if let standing {
            for (name, value) in AuthenticatedCall.fields(standing).all { response.headers[name] = value }
        }
        return response
    }

    /// - Parameter standing: how the rate stands after these messages, for the headers of the answer.
    private func submitAll(
        _ messages: [BatchRequest.Element], from principal: Principal, _ standing: inout Meters.Standing?
    ) async throws -> HTTPResponse {
        var elements: [Element] = []
        var drafts: [MessageDraft] = []
        var places: [Int] = []
        for (index, message) in messages.enumerated() {
            let element = Element(index: index)
            do throws(APIError) {
                if index > 0 { standing = try takeRate(principal) ?? standing }
                drafts.append(try message.get())
                places.append(index)
            } catch { element.fail(error) }
            elements.append(element)
        }
        await findTimes(&drafts, of: principal.tenant.id)
        let results = await intake.submit(drafts.map(\.submission), from: principal)
        for ((place, draft), result) in zip(zip(places, drafts), results) {
            elements[place].to = AddressField(draft.to)
            switch result {
            case .success(let receipt): elements[place].queue(receipt, draft)
            case .failure(let refusal): elements[place].fail(refusal.messagesError)
            }
        }
        let errors = elements.count { $0.id == nil }
        return try .json(
            MessagesAnswer(
                data: Batch(
                    total: elements.count, queued: elements.count - errors, errors: errors, messages: elements
                )))
    }

    private func takeRate(_ principal: Principal) throws(APIError) -> Meters.Standing? {
        do throws(Refusal) { return try intake.takeRate(principal) } catch { throw error.apiError }
    }
}
