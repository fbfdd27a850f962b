import Admission
import HTTP
import NodeProtocol
import Relay

extension EmailsDoor {
    /// `POST /api/v1/emails/{id}/cancel`
    @Sendable func cancel(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await change(request) { id, tenant in
            guard
                try await refused({ () async throws(Refusal) in
                    try await intake.cancelScheduled(id, tenant: tenant)
                }) != nil
            else { return nil }
            return .cancelled(id.description)
        }
    }

    /// `PATCH /api/v1/emails/{id}`
    @Sendable func update(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await change(request) { id, tenant in
            let time = try await EmailChange.read(request, now: intake.now()).scheduled_at
            guard
                try await refused({ () async throws(Refusal) in
                    try await intake.reschedule(id, tenant: tenant, to: time.milliseconds)
                }) != nil
            else { return nil }
            return .moved(id.description, to: time)
        }
    }

    /// - Parameter body: gives nil when this node does not hold the message after all.
    private func change(
        _ request: HTTPRequest, _ body: (MessageID, TenantID) async throws -> ChangedEmail?
    ) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send", for: .asking)
        return try await call.answer {
            guard let id = MessageID(text: request.parameter("id")) else { throw Self.unknown }
            if await intake.withholds(id, from: call.principal) { throw Self.unknown }
            let tenant = call.principal.tenant.id
            guard let changed = try await body(id, tenant) else { return try await elsewhere(request) }
            return try .json(changed)
        }
    }

    private func refused<Value>(
        _ body: () async throws(Refusal) -> Value
    ) async throws(APIError) -> Value {
        do throws(Refusal) { return try await body() } catch { throw error.emailsError }
    }
}
