import FoundationEssentials
import NodeProtocol
import Postgres

extension ReportStatements {
    /// Finds the messages that the marks tell of as opened or clicked in for the first time, and locks them,
    /// so that of two nodes that tell of the same message one counts it. Tests are not counted.
    ///
    /// Called before the marks are stored.
    func firstReactions(_ marks: [MarkRow]) async throws -> [UsageRow] {
        let reactions = marks.filter { $0.opened_at != nil || $0.clicked_at != nil }
        guard !reactions.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            SELECT e.tenant_id, e.id,
                u.opened_at IS NOT NULL AND e.opened_at IS NULL AS is_opened,
                u.clicked_at IS NOT NULL AND e.clicked_at IS NULL AS is_clicked
            FROM json_to_recordset(\(try json(reactions))::json) AS u(
                tenant uuid, id uuid, opened_at bigint, clicked_at bigint)
            JOIN emails e ON e.tenant_id = u.tenant AND e.accepted_at = message_accepted_at(u.id)
                AND e.id = u.id
            WHERE e.accepted_at \(days) AND e.mode <> 'test'
              AND (u.opened_at IS NOT NULL AND e.opened_at IS NULL
                OR u.clicked_at IS NOT NULL AND e.clicked_at IS NULL)
            ORDER BY e.tenant_id, e.accepted_at, e.id
            FOR UPDATE OF e
            """)
        return try rows.compactMap { row in
            guard let message = MessageID(text: try row["id", as: UUID.self].text) else { return nil }
            var counts = UsageRow(
                tenant: try row["tenant_id", as: UUID.self].text, hour: ReportBatch.hour(of: message))
            if try row["is_opened"] { counts.unique_opened = 1 }
            if try row["is_clicked"] { counts.unique_clicked = 1 }
            return counts
        }
    }
}
