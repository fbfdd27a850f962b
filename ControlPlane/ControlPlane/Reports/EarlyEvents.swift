import FoundationEssentials
import NodeProtocol
import Postgres
import Service

/// Opens, clicks and unsubscriptions of messages that the log does not have yet: their links are followed at
/// any node, and the one that accepted the message may be late to tell of it. They wait for it here, for some
/// days; then it was none that the log will ever have.
enum EarlyEvents {
    static let keptDays: Int32 = 3
    private static let maxAtOnce: Int32 = 1_000

    /// Keeps those of the events whose message is not in the log, and is neither so old that it has left it
    /// nor of a tenant that is gone.
    ///
    /// - Parameter events: of readers.
    static func keep(
        _ events: [EventRow], of node: Int32, _ days: ReportDays, _ connection: PostgresConnection
    ) async throws {
        let early = events.filter { !$0.recipient.isEmpty }
        guard !early.isEmpty else { return }
        try await connection.query(
            """
            INSERT INTO early_events (tenant_id, message_id, node, seq, recipient, kind, at, detail)
            SELECT u.tenant, u.id, \(node), u.seq, u.recipient, u.kind, to_timestamp(u.at / 1000::float8),
                u.detail::jsonb
            FROM \(early.columns)
            JOIN tenants t ON t.id = u.tenant JOIN plans p ON p.code = t.plan_code
            LEFT JOIN \(days.email("true AS is_there")) ON true
            WHERE e.is_there IS NULL AND message_accepted_at(u.id)
                > now() - make_interval(days => least(p.log_retention_days, \(keptDays)))
            ON CONFLICT DO NOTHING
            """)
    }

    /// Takes those into the log whose message has come, as if they had been told behind it, and forgets those
    /// that waited in vain.
    ///
    /// One that the database refuses is passed over, alone: it must not keep those behind it.
    static func settle(_ pool: PostgresPool, _ log: Log) async throws {
        try await pool.execute(
            "DELETE FROM early_events WHERE arrived_at < now() - make_interval(days => \(keptDays))",
            as: .system)
        while try await pool.transaction(as: .system, { try await settleSome($0, log) }) == Int(maxAtOnce) {}
    }

    private static func settleSome(_ connection: PostgresConnection, _ log: Log) async throws -> Int {
        let rows = try await connection.query(
            """
            DELETE FROM early_events WHERE (tenant_id, message_id, node, seq) IN (
                SELECT u.tenant_id, u.message_id, u.node, u.seq FROM early_events u, LATERAL (
                    SELECT FROM emails e WHERE e.tenant_id = u.tenant_id
                        AND e.accepted_at = message_accepted_at(u.message_id) AND e.id = u.message_id
                        AND e.accepted_at > now() - make_interval(days => \(2 * keptDays))
                    OFFSET 0) AS e
                LIMIT \(maxAtOnce) FOR UPDATE OF u SKIP LOCKED)
            RETURNING tenant_id, message_id, node, seq, recipient, kind, at, detail
            """)
        var events: [Int32: [EventRow]] = [:]
        for row in rows { events[try row["node"], default: []].append(try EventRow(row)) }
        for (node, events) in events.sorted(by: { $0.key < $1.key }) {
            do { try await connection.savepoint { try await store(events, of: node, $0) } } catch let error
                as PostgresError where error.refusesValue
            {
                try await storeEach(events, of: node, connection, log)
            }
        }
        return rows.count
    }

    private static func storeEach(
        _ events: [EventRow], of node: Int32, _ connection: PostgresConnection, _ log: Log
    ) async throws {
        for event in events {
            do { try await connection.savepoint { try await store([event], of: node, $0) } } catch let error
                as PostgresError where error.refusesValue
            {
                log.error(
                    "early event passed over: the database refuses its values",
                    ["node": .int(Int(node)), "seq": .int(Int(clamping: event.seq)), "error": .error(error)])
            }
        }
    }

    private static func store(
        _ events: [EventRow], of node: Int32, _ connection: PostgresConnection
    ) async throws {
        let times = events.compactMap { MessageID(text: $0.id).map { Int64(clamping: $0.milliseconds) } }
        guard let earliest = times.min(), let latest = times.max() else { return }
        let days = ReportDays(earliest: earliest, latest: latest)
        let statements = EventStatements(node: node, days: days, connection: connection)
        try await statements.insert(naming: events)
        try await statements.countOpenHours(events)
        let usage = try await MarkStatements(days: days, connection: connection).store(marks(of: events))
        if !usage.isEmpty { try await UsageStatements(node: node, connection: connection).add(usage) }
    }

    private static func marks(of events: [EventRow]) -> [MarkRow] {
        var marks: [MessageKey: MarkRow] = [:]
        for event in events.sorted(by: { $0.at < $1.at }) where event.detail.machine != true {
            var mark = marks[event.message] ?? MarkRow(tenant: event.tenant, id: event.id)
            switch EventKind(rawValue: event.kind) {
            case .opened: mark.opened_at = mark.opened_at ?? event.at
            case .clicked: mark.clicked_at = mark.clicked_at ?? event.at
            default: continue
            }
            marks[event.message] = mark
        }
        return Array(marks.values)
    }
}

extension EventRow {
    /// As `early_events` has it.
    fileprivate init(_ row: PostgresRow) throws {
        let at: Date = try row["at"]
        self.init(
            tenant: try row["tenant_id", as: UUID.self].text, id: try row["message_id", as: UUID.self].text,
            seq: UInt64(clamping: try row["seq", as: Int64.self]), recipient: try row["recipient"],
            kind: try row["kind"], at: Int64((at.timeIntervalSince1970 * 1000).rounded()),
            detail: try row.decode("detail"))
    }
}
