import NodeProtocol
import Postgres

extension ReportStatements {
    /// Counts the hours in which readers opened; what a machine opened says nothing of its reader.
    ///
    /// Of recipients that the log has, so that an address that was erased does not come back.
    func countOpenHours() async throws {
        let opens = batch.events.filter { $0.kind == EventKind.opened.rawValue }
        guard !opens.isEmpty else { return }
        try await connection.query(
            """
            INSERT INTO open_hours AS o (tenant_id, address, hour, opens)
            SELECT t.id, r.folded,
                extract(hour FROM to_timestamp(u.at / 1000::float8) AT TIME ZONE 'UTC')::smallint, count(*)
            FROM \(opens.columns)
            JOIN tenants t ON t.id = u.tenant
            JOIN email_recipients r ON r.tenant_id = u.tenant
                AND r.accepted_at = message_accepted_at(u.id) AND r.message_id = u.id
                AND r.address = u.recipient
            WHERE r.accepted_at \(days) AND u.detail::jsonb ->> 'machine' IS DISTINCT FROM 'true'
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT (tenant_id, address, hour) DO UPDATE SET opens = o.opens + EXCLUDED.opens
            """)
    }
}
