import FoundationEssentials
import NodeProtocol
import Postgres

/// Takes the content of messages out of a tenant's log. Their rows stay, empty, until they expire: what nodes
/// may still tell of them finds nobody to tell it of, and counts as what it is.
enum MessageErasure {
    /// - Parameters:
    ///   - ids: selects the messages, as one column.
    ///   - condition: what must hold of them, on the columns of `emails`; others are left alone.
    /// - Returns: those that were erased now.
    static func run(
        _ ids: SQL, of tenant: UUID, where condition: SQL = "true", _ connection: PostgresConnection
    ) async throws -> [UUID] {
        // Recipients first, and in the order of intake, which locks those whom it stores events of before it
        // changes their messages.
        let asked: [UUID] = try await connection.query("SELECT u.message FROM (\(ids)) AS u(message)").map {
            try $0["message"]
        }
        try await connection.query(
            """
            SELECT FROM email_recipients r, unnest(\(asked)) AS u(id)
            WHERE r.tenant_id = \(tenant) AND r.accepted_at = message_accepted_at(u.id)
                AND r.message_id = u.id
            ORDER BY r.message_id, r.address COLLATE "C" FOR UPDATE OF r
            """)
        let rows = try await connection.query(
            """
            UPDATE emails SET
                body_sealed = NULL, from_address = '', envelope_sender = '', to_addresses = '{}',
                cc_addresses = '{}', bcc_addresses = '{}', reply_to = '{}', subject = '', message_id = '',
                metadata = '{}', tags = '{}', attachments = '[]', erased_at = now()
            FROM unnest(\(asked)) AS u(message)
            WHERE tenant_id = \(tenant) AND accepted_at = message_accepted_at(u.message)
                AND emails.id = u.message AND erased_at IS NULL AND \(condition)
            RETURNING emails.id
            """)
        let erased: [UUID] = try rows.map { try $0["id"] }
        guard !erased.isEmpty else { return [] }
        for table in ["email_recipients", "events", "email_tags"] {
            try await connection.query(
                """
                DELETE FROM \(identifier: table) USING unnest(\(erased)) AS u(id)
                WHERE tenant_id = \(tenant) AND accepted_at = message_accepted_at(u.id)
                    AND message_id = u.id
                """)
        }
        return erased
    }
}
