import FoundationEssentials
import NodeProtocol
import Postgres

/// Notes on messages what readers did with them.
struct MarkStatements {
    let days: ReportDays
    let connection: PostgresConnection

    /// - Returns: the counts of messages that were opened or clicked in for the first time.
    func store(_ marks: [MarkRow]) async throws -> [UsageRow] {
        guard !marks.isEmpty else { return [] }
        // In one order, so that two transactions never wait for each other crosswise.
        let marks = marks.sorted { ($0.tenant, $0.id) < ($1.tenant, $1.id) }
        let first = try await firstReactions(marks)
        try await connection.query(
            """
            UPDATE emails e SET
                complained_at = coalesce(e.complained_at, to_timestamp(u.complained_at / 1000::float8)),
                opened_at = coalesce(e.opened_at, to_timestamp(u.opened_at / 1000::float8)),
                clicked_at = coalesce(e.clicked_at, to_timestamp(u.clicked_at / 1000::float8)),
                scheduled_at = coalesce(to_timestamp(u.scheduled_at / 1000::float8), e.scheduled_at)
            FROM \(marks.columns)
            WHERE e.tenant_id = u.tenant AND e.accepted_at = message_accepted_at(u.id) AND e.id = u.id
              AND e.accepted_at \(days.range)
            """)
        return first
    }

    /// Finds the messages that the marks tell of as opened or clicked in for the first time, and locks them,
    /// so that of two nodes that tell of the same message one counts it. Tests are not counted.
    private func firstReactions(_ marks: [MarkRow]) async throws -> [UsageRow] {
        let reactions = marks.filter { $0.opened_at != nil || $0.clicked_at != nil }
        guard !reactions.isEmpty else { return [] }
        let email = days.email(
            "e.id, e.opened_at, e.clicked_at",
            where: """
                e.mode <> 'test' AND (u.opened_at IS NOT NULL AND e.opened_at IS NULL
                    OR u.clicked_at IS NOT NULL AND e.clicked_at IS NULL)
                """, lock: "FOR UPDATE")
        let rows = try await connection.query(
            """
            SELECT u.tenant, u.id, u.opened_at IS NOT NULL AND e.opened_at IS NULL AS is_opened,
                u.clicked_at IS NOT NULL AND e.clicked_at IS NULL AS is_clicked
            FROM \(reactions.columns), \(email)
            """)
        return try rows.compactMap { row in
            guard let message = MessageID(text: try row["id", as: UUID.self].text) else { return nil }
            var counts = UsageRow(
                tenant: try row["tenant", as: UUID.self].text, hour: ReportBatch.hour(of: message))
            if try row["is_opened"] { counts.unique_opened = 1 }
            if try row["is_clicked"] { counts.unique_clicked = 1 }
            return counts
        }
    }
}
