import Admission
import HTTP
import MailFormat
import Relay
import Times

extension MessagesDoor {
    @Sendable func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send")
        return try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes)
            return try await idempotency.answer(
                request, from: call.principal, route: "messages/send", body: body
            ) {
                let message = try StrictDecoding.decode(MessageBody.self, from: body, unknownFields: .refuse)
                return try await submit(try MessageDraft(message), from: call.principal)
            }
        }
    }

    private func submit(_ draft: MessageDraft, from principal: Principal) async throws -> HTTPResponse {
        var drafts = [draft]
        await findTimes(&drafts, of: principal.tenant.id)
        let receipt: Receipt
        do throws(Refusal) {
            receipt = try await intake.submit(drafts[0].submission, from: principal)
        } catch { throw error.messagesError }
        return .json(written: Self.answer(receipt, drafts[0]), status: 202)
    }

    private static func answer(_ receipt: Receipt, _ draft: MessageDraft) -> JSONText {
        var json = JSONText()
        json.object { json in
            json.object("data") { json in
                json.field("id", receipt.id.description)
                json.field("message_id", receipt.messageIDHeader)
                json.field("from", MessageDraft.addresses([draft.from]).first?.description ?? draft.from)
                json.field("to", addresses: draft.printedTo(receipt))
                json.field("subject", receipt.subject)
                json.field("status", receipt.isScheduled ? "scheduled" : "queued")
                json.field("tags", draft.submission.tags)
                json.field("metadata", draft.submission.metadata)
                json.field("suppressed", receipt.suppressed.isEmpty ? nil : receipt.suppressed)
                json.field("scheduled_at", draft.scheduledAt(receipt))
                json.field("optimized", draft.isOptimized)
                json.field("optimized_reason", draft.sendTime?.reason?.rawValue)
                json.field("created_at", RFC3339.wholeSeconds(milliseconds: receipt.acceptedAt))
            }
        }
        return json
    }
}
