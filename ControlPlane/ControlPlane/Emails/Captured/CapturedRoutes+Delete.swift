import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

extension CapturedRoutes {
    private struct Deleted: Encodable {
        let deleted: Int
    }

    private static let messagesAtOnce: Int32 = 500

    func delete(_ call: TenantCall) async throws -> HTTPResponse {
        guard let message = MessageID(text: call.request.parameter("captured_id")) else {
            throw APIError.noSuch("captured email")
        }
        let (tenant, actor) = (call.tenant, call.actor)
        let deleted = try await context.pool.transaction(as: call.rows) { connection in
            let deleted = try await Self.delete("SELECT \(message.uuid)::uuid", tenant, connection)
            if deleted == 1 {
                try await Audit.write(
                    connection, actor, tenant: tenant, "captured.deleted",
                    record: ("email", message.description))
            }
            return deleted
        }
        guard deleted == 1 else { throw APIError.noSuch("captured email") }
        return try .message("Captured email deleted")
    }

    func deleteAll(_ call: TenantCall) async throws -> HTTPResponse {
        guard call.request.query["all"] == "true" else {
            throw APIError.invalid("all", "must be `true` to delete every captured email of the tenant")
        }
        let (tenant, actor, fence) = (call.tenant, call.actor, call.fence)
        var deleted = 0
        while true {
            let step = try await context.pool.transaction(as: call.rows) { connection in
                let deleted = try await Self.delete(
                    """
                    SELECT id FROM emails WHERE tenant_id = \(tenant.uuid) AND mode = 'test'
                        AND erased_at IS NULL AND \(fence.mail())
                    ORDER BY accepted_at DESC, id DESC LIMIT \(Self.messagesAtOnce)
                    """, tenant, connection)
                // With each step: what is gone is told of, also when a later one fails.
                if deleted > 0 {
                    try await Audit.write(
                        connection, actor, tenant: tenant, "captured.all_deleted", record: ("email", "all"),
                        detail: ["messages": String(deleted)])
                }
                return deleted
            }
            deleted += step
            guard step == Int(Self.messagesAtOnce) else { break }
        }
        return try .data(Deleted(deleted: deleted), message: "Captured emails deleted")
    }

    /// - Parameter ids: selects the messages; those that are no captured mail are left alone.
    private static func delete(
        _ ids: SQL, _ tenant: TenantID, _ connection: PostgresConnection
    ) async throws -> Int {
        try await MessageErasure.run(ids, of: tenant.uuid, where: "mode = 'test'", connection).count
    }
}
