import Admission
import HTTP
import MailFormat
import Relay
import Times

extension MessagesDoor {
    private struct Sent: Encodable {
        let id: String
        let message_id: String
        let from: String
        let to: AddressField
        let subject: String
        let status: String
        let tags: [String]
        let metadata: [String: String]
        let suppressed: [String]?
        let scheduled_at: String?
        let optimized: Bool?
        let optimized_reason: String?
        let created_at: String

        init(_ receipt: Receipt, _ draft: MessageDraft) {
            id = receipt.id.description
            message_id = receipt.messageIDHeader
            from = MessageDraft.addresses([draft.from]).first?.description ?? draft.from
            to = AddressField(MessageDraft.addresses(draft.to).map(\.description))
            subject = receipt.subject
            status = receipt.isScheduled ? "scheduled" : "queued"
            tags = draft.submission.tags
            metadata = draft.submission.metadata
            suppressed = receipt.suppressed.isEmpty ? nil : receipt.suppressed
            created_at = RFC3339.wholeSeconds(milliseconds: receipt.acceptedAt)
            scheduled_at = draft.scheduledAt(receipt)
            optimized = draft.isOptimized
            optimized_reason = draft.sendTime?.reason?.rawValue
        }
    }

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
        return try .json(MessagesAnswer(data: Sent(receipt, drafts[0])), status: 202)
    }
}
