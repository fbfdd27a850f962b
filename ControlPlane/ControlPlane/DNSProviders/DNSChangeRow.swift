import DNSProviders
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// A set-up as the database keeps it: every record set before and after, from before the provider was asked.
struct DNSChangeRow: Sendable {
    let id: UUID
    let domainID: UUID
    let subject: String
    let providerID: UUID
    let zoneID: String
    let zoneName: String
    let state: String
    let changes: [RecordSetChange]

    /// Of a domain, however old they are.
    private static let keptChanges = 100

    static let columns: SQL = "id, domain_id, subject, provider_id, zone_id, zone_name, state, changes"

    init(_ row: PostgresRow) throws {
        id = try row["id"]
        domainID = try row["domain_id"]
        subject = try row["subject"]
        providerID = try row["provider_id"]
        zoneID = try row["zone_id"]
        zoneName = try row["zone_name"]
        state = try row["state"]
        changes = try row.decode("changes")
    }

    /// Notes what is about to be changed. One change at a time goes on in each zone.
    ///
    /// - Returns: the undo id.
    /// - Throws: 409 while another one is under way.
    static func begin(
        _ changes: [RecordSetChange], _ setup: DNSSetupContext, subject: String
    ) async throws -> UUID {
        let (domain, account, zone) = (setup.domain, setup.account, setup.zone)
        try await forgetDead(setup.context.pool)
        do {
            let rows = try await setup.context.pool.query(
                """
                INSERT INTO dns_changes (tenant_id, domain_id, domain, subject, provider_id, kind, zone_id,
                    zone_name, state, changes)
                VALUES (\(domain.tenant.uuid), \(domain.id), \(domain.name), \(subject), \(account.id),
                    \(account.kind.rawValue), \(zone.id), \(zone.name), 'applying',
                    \(Postgres.JSON(changes)))
                RETURNING id
                """, as: .tenant(domain.tenant.uuid))
            guard let row = rows.first else { throw APIError.internalError }
            return try row["id"]
        } catch let error as PostgresError where error.violates("dns_changes_one_at_a_time") {
            throw Self.busy
        }
    }

    static var busy: APIError {
        APIError(
            409, "dns_zone_busy", "Another change of this zone is under way; try again.",
            retryAfterSeconds: 5)
    }

    /// A process that ended in the middle must not close a zone for ever.
    private static func forgetDead(_ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            UPDATE dns_changes SET state = 'unknown', changed_at = now()
            WHERE state IN ('applying', 'undoing') AND changed_at < now() - interval '10 minutes'
            """, as: .system)
    }

    /// Replaces what is noted, after a plan was made anew.
    static func note(
        _ changes: [RecordSetChange], _ id: UUID, _ tenant: TenantID, _ pool: PostgresPool
    ) async throws {
        try await pool.execute(
            """
            UPDATE dns_changes SET changes = \(Postgres.JSON(changes)), changed_at = now()
            WHERE tenant_id = \(tenant.uuid) AND id = \(id)
            """, as: .tenant(tenant.uuid))
    }

    /// - Parameter action: of the audit log; nil for none.
    static func end(
        _ id: UUID, _ domain: SendingDomain, state: String, actor: AuditActor, action: String?,
        detail: [String: String], _ pool: PostgresPool
    ) async throws {
        let tenant = domain.tenant
        try await pool.transaction(as: .tenant(tenant.uuid)) { connection in
            try await connection.query(
                """
                UPDATE dns_changes SET state = \(state), changed_at = now()
                WHERE tenant_id = \(tenant.uuid) AND id = \(id)
                """)
            guard let action else { return }
            try await Audit.write(
                connection, actor, tenant: tenant, action, record: ("domain", domain.id.text), detail: detail)
        }
    }

    /// Takes a set-up for undoing it.
    ///
    /// - Throws: 404, 409 when it is not one that can be undone now.
    static func take(
        _ id: UUID, of domain: UUID, _ tenant: TenantID, _ pool: PostgresPool
    ) async throws -> DNSChangeRow {
        try await forgetDead(pool)
        do {
            return try await pool.transaction(as: .tenant(tenant.uuid)) { connection in
                let found = try await connection.query(
                    """
                    SELECT \(columns) FROM dns_changes
                    WHERE tenant_id = \(tenant.uuid) AND id = \(id) AND domain_id = \(domain) FOR UPDATE
                    """)
                guard let row = found.first else { throw APIError.noSuch("dns change") }
                let change = try DNSChangeRow(row)
                switch change.state {
                case "applied", "unknown": break
                case "undone":
                    throw APIError(409, "already_undone", "This change was undone before.")
                case "failed": throw APIError(409, "nothing_to_undo", "This change was never made.")
                default: throw busy
                }
                try await connection.query(
                    """
                    UPDATE dns_changes SET state = 'undoing', changed_at = now()
                    WHERE tenant_id = \(tenant.uuid) AND id = \(id)
                    """)
                return change
            }
        } catch let error as PostgresError where error.violates("dns_changes_one_at_a_time") { throw busy }
    }

    /// Forgets changes of long ago that are of no more use: those that nothing is left of, those of domains
    /// that are gone, and those behind the newest `keptChanges` that a domain has. What stands in a zone is
    /// still known as ours.
    static func forget(olderThanDays days: Int32, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            DELETE FROM dns_changes c WHERE changed_at < now() - make_interval(days => \(days))
                AND state NOT IN ('applying', 'undoing')
                AND (state IN ('failed', 'undone')
                    OR NOT EXISTS (SELECT FROM domains d WHERE d.tenant_id = c.tenant_id
                        AND d.id = c.domain_id)
                    OR (SELECT count(*) FROM dns_changes n WHERE n.tenant_id = c.tenant_id
                        AND n.domain = c.domain AND n.state = 'applied'
                        AND n.created_at > c.created_at) >= \(Self.keptChanges))
            """, as: .system)
    }

    /// What this tenant's set-ups have written into a zone.
    static func ownValues(
        _ tenant: TenantID, kind: ProviderKind, zone: String, _ pool: PostgresPool
    ) async throws -> [RecordKey: Set<RecordContent>] {
        let rows = try await pool.query(
            """
            SELECT changes FROM dns_changes
            WHERE tenant_id = \(tenant.uuid) AND kind = \(kind.rawValue) AND zone_id = \(zone)
                AND state IN ('applied', 'unknown')
            ORDER BY created_at DESC LIMIT 100
            """, as: .tenant(tenant.uuid))
        var values: [RecordKey: Set<RecordContent>] = [:]
        for row in rows {
            for change in try row.decode("changes", as: [RecordSetChange].self) {
                values[change.key, default: []].formUnion(change.added.map(\.content))
            }
        }
        return values
    }
}
