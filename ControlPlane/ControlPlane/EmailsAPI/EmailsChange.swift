import HTTP
import NodeProtocol
import Postgres
import Relay

extension EmailsAPI {
    func cancel(_ call: TenantCall) async throws -> HTTPResponse {
        let asked = try Asked(call)
        guard try await scheduled.cancel(asked.message, tenant: asked.tenant) else {
            throw try await notHeld(asked)
        }
        return try .json(ChangedEmail.cancelled(asked.message.description))
    }

    func update(_ call: TenantCall) async throws -> HTTPResponse {
        let asked = try Asked(call)
        let time = try await EmailChange.read(call.request, now: context.nowSeconds * 1000).scheduled_at
        guard try await scheduled.move(asked.message, tenant: asked.tenant, to: time.date) else {
            throw try await notHeld(asked)
        }
        return try .json(ChangedEmail.moved(asked.message.description, to: time))
    }

    /// Why no node holds a message: it is done with, or there is none.
    private func notHeld(_ asked: Asked) async throws -> APIError {
        let isKnown = try await context.pool.transaction(as: asked.rows, mode: .readOnly) { connection in
            try await !connection.query(
                "SELECT 1 FROM emails WHERE \(asked.rows(by: "id")) AND erased_at IS NULL"
            ).isEmpty
        }
        guard isKnown else { return .noSuch("email") }
        return APIError(409, "not_scheduled", "The email does not wait for its time any more.")
    }
}
