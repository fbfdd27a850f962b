import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// What every dialect does with the domains of a tenant.
extension Domains {
    /// Claims a domain and makes its keys, which takes a fraction of a second.
    ///
    /// - Parameters:
    ///   - text: the domain as the caller wrote it.
    ///   - fence: what the caller is bound to.
    /// - Throws: 400 for what nobody can claim, 403 beyond the fence, 400 `limit_reached`, 409, 429, 503.
    func claim(
        _ text: String, for tenant: TenantID, within fence: SenderFence, by actor: AuditActor
    ) async throws -> SendingDomain {
        let name = try NewDomain.checked(text, serviceHost: context.serviceHost, context.publicSuffixes)
        guard fence.reaches(name) else {
            throw APIError(403, "forbidden", "This key is bound to another domain.", field: "domain")
        }
        let new = try await keyRequests.take(of: tenant) {
            // Keys are dear: first what needs none. The insertion looks again, under a lock.
            _ = try await context.pool.transaction(as: .system, mode: .readOnly) {
                try await NewDomain.claims(on: name, by: tenant, $0)
            }
            return try await NewDomain(name, tenant: tenant, context)
        }
        return try await context.pool.transaction(as: .system) { connection in
            let domain = try await new.insert(connection)
            try await Audit.write(
                connection, actor, tenant: new.tenant, "domain.created", record: ("domain", domain.id.text),
                detail: ["domain": name])
            return domain
        }
    }

    /// All domains of a tenant in the order of their names.
    func all(of tenant: TenantID, as scope: TenantScope) async throws -> [SendingDomain] {
        let rows = try await context.pool.query(
            """
            SELECT \(SendingDomain.columns) FROM domains WHERE tenant_id = \(tenant.uuid) ORDER BY domain
            """, as: scope)
        return try rows.map { try SendingDomain($0) }
    }

    /// A page of them, and how many there are.
    ///
    /// - Parameter filter: more conditions, each behind `AND`.
    func list(
        of tenant: TenantID, _ filter: SQL, _ page: PageRequest, as scope: TenantScope
    ) async throws -> ([SendingDomain], total: Int) {
        try await context.pool.transaction(as: scope, mode: .readOnly) { connection in
            let rows = try await connection.query(
                """
                SELECT \(SendingDomain.columns) FROM domains WHERE tenant_id = \(tenant.uuid) \(filter)
                ORDER BY domain LIMIT \(page.limit) OFFSET \(page.offset)
                """)
            let count = try await connection.query(
                "SELECT count(*) AS total FROM domains WHERE tenant_id = \(tenant.uuid) \(filter)")
            return (try rows.map { try SendingDomain($0) }, try count.first?["total", as: Int.self] ?? 0)
        }
    }

    /// - Throws: 404.
    func find(_ tenant: TenantID, _ id: UUID, as scope: TenantScope) async throws -> SendingDomain {
        let rows = try await context.pool.query(
            "SELECT \(SendingDomain.columns) FROM domains WHERE tenant_id = \(tenant.uuid) AND id = \(id)",
            as: scope)
        guard let row = rows.first else { throw APIError.noSuch("domain") }
        return try SendingDomain(row)
    }

    /// Asks DNS for the records of a domain and stores what was found.
    ///
    /// - Returns: the domain as it is now, and whether another tenant has it verified.
    /// - Throws: 404.
    func verify(
        _ tenant: TenantID, _ id: UUID, by actor: AuditActor
    ) async throws -> (SendingDomain, isConflict: Bool) {
        let domain = try await find(tenant, id, as: .tenant(tenant.uuid))
        let check = try await DomainCheck.look(domain, context)
        return try await store(check, of: domain, actor: actor)
    }

    /// - Throws: 404.
    func remove(_ tenant: TenantID, _ id: UUID, by actor: AuditActor) async throws {
        try await context.pool.transaction(as: .tenant(tenant.uuid)) { connection in
            let rows = try await connection.query(
                "DELETE FROM domains WHERE tenant_id = \(tenant.uuid) AND id = \(id) RETURNING domain")
            guard let row = rows.first else { throw APIError.noSuch("domain") }
            try await Audit.write(
                connection, actor, tenant: tenant, "domain.deleted", record: ("domain", id.text),
                detail: ["domain": try row["domain"]])
        }
    }
}
