import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

extension CapturedRoutes {
    private struct Deleted: Encodable {
        let deleted: Int
    }

    private static let messagesAtOnce: Int32 = 500

    /// A row stays until it expires, with nothing in it: what its node may still tell of it is of a test, and
    /// must not count.
    private static let emptied: SQL = """
        body_sealed = NULL, from_address = '', to_addresses = '{}', cc_addresses = '{}', bcc_addresses = '{}',
        reply_to = '{}', subject = '', message_id = '', metadata = '{}', tags = '{}', attachments = '[]',
        erased_at = now()
        """

    func delete(_ call: TenantCall) async throws -> HTTPResponse {
        guard let message = MessageID(text: call.request.parameter("captured_id")) else {
            throw APIError.noSuch("captured email")
        }
        let tenant = call.tenant
        let deleted = try await context.pool.transaction(as: call.rows) { connection in
            try await Self.delete(
                "SELECT id FROM emails WHERE \(EmailRoutes.one(message, tenant, id: "id"))", tenant,
                connection)
        }
        guard deleted == 1 else { throw APIError.noSuch("captured email") }
        return try .message("Captured email deleted")
    }

    func deleteAll(_ call: TenantCall) async throws -> HTTPResponse {
        guard call.request.query["all"] == "true" else {
            throw APIError.invalid("all", "must be `true` to delete every captured email of the tenant")
        }
        let (tenant, fence) = (call.tenant, call.fence)
        var deleted = 0
        while true {
            let step = try await context.pool.transaction(as: call.rows) { connection in
                try await Self.delete(
                    """
                    SELECT id FROM emails WHERE tenant_id = \(tenant.uuid) AND mode = 'test'
                        AND erased_at IS NULL AND \(fence.mail())
                    ORDER BY accepted_at DESC, id DESC LIMIT \(Self.messagesAtOnce)
                    """, tenant, connection)
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
        let rows = try await connection.query(
            """
            UPDATE emails SET \(emptied)
            FROM (\(ids)) AS u(message)
            WHERE tenant_id = \(tenant.uuid) AND accepted_at = message_accepted_at(u.message)
                AND id = u.message AND mode = 'test' AND erased_at IS NULL
            RETURNING id
            """)
        let deleted: [UUID] = try rows.map { try $0["id"] }
        guard !deleted.isEmpty else { return 0 }
        for table in ["email_recipients", "events", "email_tags"] {
            try await connection.query(
                """
                DELETE FROM \(identifier: table) USING unnest(\(deleted)) AS u(id)
                WHERE tenant_id = \(tenant.uuid) AND accepted_at = message_accepted_at(u.id)
                    AND message_id = u.id
                """)
        }
        return deleted.count
    }
}
