import NodeProtocol
import Postgres

/// Stores events of one node, and what follows from opens.
///
/// An event that names somebody is stored only while its message has him in the log. So who was erased from
/// it, or whose message was, does not come back with anything that is told later; neither does he with what a
/// host said of nobody by name.
struct EventStatements {
    let node: Int32
    let days: ReportDays
    let connection: PostgresConnection

    private static let table: SQL =
        "events (tenant_id, accepted_at, message_id, node, seq, recipient, kind, at, detail)"

    private var columns: SQL {
        """
        u.tenant, message_accepted_at(u.id), u.id, \(node), u.seq, u.recipient, u.kind,
        to_timestamp(u.at / 1000::float8), u.detail::jsonb
        """
    }

    /// What became of messages that are in the log since this very transaction, with all whom it names.
    func insert(new events: [EventRow]) async throws {
        guard !events.isEmpty else { return }
        try await connection.query(
            "INSERT INTO \(Self.table) SELECT \(columns) FROM \(events.columns) ON CONFLICT DO NOTHING")
    }

    /// Events of messages that were in the log before, or are not in it.
    func insert(known events: [EventRow]) async throws {
        try await insert(naming: events.filter { !$0.recipient.isEmpty })
        let others = events.filter(\.recipient.isEmpty)
        guard !others.isEmpty else { return }
        let email = days.email(
            "true",
            where: """
                e.erased_at IS NULL AND NOT (e.is_redacted AND u.detail::jsonb ? 'response')
                """)
        try await connection.query(
            """
            INSERT INTO \(Self.table) SELECT \(columns) FROM \(others.columns), \(email)
            ON CONFLICT DO NOTHING
            """)
    }

    /// The recipients stay locked until the end, so that who is erased at the same moment is erased from
    /// these events too.
    func insert(naming events: [EventRow]) async throws {
        guard !events.isEmpty else { return }
        let recipient = days.recipient("true", where: "r.address = u.recipient", lock: "FOR KEY SHARE")
        try await connection.query(
            """
            INSERT INTO \(Self.table) SELECT \(columns) FROM \(events.columns), \(recipient)
            ON CONFLICT DO NOTHING
            """)
    }

    /// Counts the hours in which readers opened; what a machine opened says nothing of its reader.
    ///
    /// Of recipients that the log has, so that an address that was erased does not come back.
    func countOpenHours(_ events: [EventRow]) async throws {
        let opens = events.filter { $0.kind == EventKind.opened.rawValue && $0.detail.machine != true }
        guard !opens.isEmpty else { return }
        let recipient = days.recipient("r.folded", where: "r.address = u.recipient")
        try await connection.query(
            """
            INSERT INTO open_hours AS o (tenant_id, address, hour, opens, last_opened)
            SELECT t.id, r.folded, extract(hour FROM w.at)::smallint, count(*), max(w.at)::date
            FROM \(opens.columns)
            JOIN tenants t ON t.id = u.tenant
            CROSS JOIN LATERAL (
                SELECT to_timestamp(u.at / 1000::float8) AT TIME ZONE 'UTC' AS at) AS w, \(recipient)
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT (tenant_id, address, hour) DO UPDATE SET
                opens = o.opens + EXCLUDED.opens,
                last_opened = greatest(o.last_opened, EXCLUDED.last_opened)
            """)
    }
}
