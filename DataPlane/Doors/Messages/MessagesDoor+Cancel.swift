import Admission
import HTTP
import NodeProtocol
import Times

extension MessagesDoor {
    private struct Cancelled: Encodable {
        let id: String
        let status: String
        let created_at: String
    }

    /// Withdraws a message that waits for its time here; the control plane finds any other.
    @Sendable func cancel(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send", for: .asking)
        return try await call.answer {
            let unknown = APIError(404, "message_not_found", "There is no such message.")
            let named = MessageID(text: request.parameter("message_id"))
            if let named, await intake.withholds(named, from: call.principal) { throw unknown }
            if let id = named,
                let status = try await withdraw(id, of: call.principal.tenant.id)
            {
                let answer = Cancelled(
                    id: id.description, status: "cancelled",
                    created_at: RFC3339.wholeSeconds(milliseconds: status.acceptedAt))
                return try .json(MessagesAnswer(data: answer))
            }
            if let answer = try await relay(request, .noPath) { return answer }
            throw unknown
        }
    }

    private func withdraw(_ id: MessageID, of tenant: TenantID) async throws(APIError) -> MessageStatus? {
        do throws(Refusal) { return try await intake.cancelScheduled(id, tenant: tenant) } catch {
            throw error.messagesError
        }
    }
}
