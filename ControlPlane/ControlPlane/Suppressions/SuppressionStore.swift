import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Reads and writes the suppressions of one tenant, inside a transaction of its own.
struct SuppressionStore: Sendable {
    let tenant: TenantID
    let connection: PostgresConnection

    /// - Returns: the entry, and whether it is new: one that was there stays as it is.
    /// - Throws: 400 `limit_reached`.
    func add(
        _ new: NewSuppression.Checked, by actor: AuditActor
    ) async throws -> (StoredSuppression, isNew: Bool) {
        let inserted = try await connection.query(
            """
            INSERT INTO suppressions (tenant_id, address, reason, source, created_by)
            VALUES (\(tenant.uuid), \(new.address), \(new.reason), 'manual', \(actor.id))
            ON CONFLICT (tenant_id, address) DO NOTHING RETURNING \(StoredSuppression.columns)
            """)
        if let row = inserted.first {
            let suppression = try StoredSuppression(row)
            try await SuppressionLimit.check(tenant, connection)
            try await Audit.write(
                connection, actor, tenant: tenant, "suppression.added",
                record: ("suppression", suppression.id.text))
            return (suppression, true)
        }
        guard let held = try await find(new.address) else {
            throw APIError(
                503, "busy", "The address was removed at this moment; try again.", retryAfterSeconds: 1)
        }
        return (held, false)
    }

    /// - Parameter address: case-folded.
    func find(_ address: String) async throws -> StoredSuppression? {
        try await connection.query(
            """
            SELECT \(StoredSuppression.columns) FROM suppressions
            WHERE tenant_id = \(tenant.uuid) AND address = \(address)
            """
        ).first.map { try StoredSuppression($0) }
    }

    /// The newest first, and how many there are.
    ///
    /// - Parameter filter: more conditions, each behind `AND`.
    func list(_ filter: SQL, _ page: PageRequest) async throws -> ([StoredSuppression], total: Int) {
        let rows = try await connection.query(
            """
            SELECT \(StoredSuppression.columns) FROM suppressions WHERE tenant_id = \(tenant.uuid) \(filter)
            ORDER BY created_at DESC, id LIMIT \(page.limit) OFFSET \(page.offset)
            """)
        let count = try await connection.query(
            "SELECT count(*) AS total FROM suppressions WHERE tenant_id = \(tenant.uuid) \(filter)")
        return (try rows.map { try StoredSuppression($0) }, try count.first?["total"] ?? 0)
    }

    /// - Parameter condition: what finds the one entry.
    /// - Throws: 404.
    func remove(_ condition: SQL, by actor: AuditActor) async throws {
        let rows = try await connection.query(
            "DELETE FROM suppressions WHERE tenant_id = \(tenant.uuid) AND \(condition) RETURNING id, source")
        guard let row = rows.first else { throw APIError.noSuch("suppression") }
        try await Audit.write(
            connection, actor, tenant: tenant, "suppression.removed",
            record: ("suppression", try row["id", as: UUID.self].text), detail: ["source": try row["source"]])
    }
}
