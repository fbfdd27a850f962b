import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

extension Domains {
    /// Stores what a look found, and verifies the domain when it proves it.
    ///
    /// - Returns: the domain as it is now, and whether another tenant has it verified.
    func store(
        _ check: DomainCheck, of domain: SendingDomain, actor: AuditActor
    ) async throws -> (SendingDomain, isConflict: Bool) {
        if check.isProven {
            do {
                return (try await verified(domain, check, actor), false)
            } catch let error as PostgresError
                where error.violates("domains_verified_key")
                || error.constraint == "domains_verified_key"
            {
                try await recheckSoon(holderOf: domain.name)
                return (try await noted(domain, check.inConflict), true)
            }
        }
        return (try await noted(domain, check), false)
    }

    private func verified(
        _ domain: SendingDomain, _ check: DomainCheck, _ actor: AuditActor
    ) async throws -> SendingDomain {
        let checks = try Postgres.JSON(check.records)
        return try await context.pool.transaction(as: .tenant(domain.tenant.uuid)) { connection in
            if check.hasNextKey { try await Self.takeNextKey(of: domain, connection, actor) }
            let rows = try await connection.query(
                """
                UPDATE domains SET status = 'verified', verified_at = coalesce(verified_at, now()),
                    checks = \(checks), checked_at = now(), \(Self.tracking(check, of: domain)),
                    next_check_at = now() + CASE WHEN next_selector IS NULL AND \(Self.waitsForNoTracking)
                        THEN interval '1 day' ELSE interval '15 minutes' END,
                    recent_misses = (recent_misses << 1) & 7, missing_since = NULL, updated_at = now()
                WHERE tenant_id = \(domain.tenant.uuid) AND id = \(domain.id)
                RETURNING \(SendingDomain.columns)
                """)
            let now = try Self.one(rows)
            if domain.status != now.status {
                try await tell(Self.event(since: domain.status), of: now, check, connection, actor)
            }
            return now
        }
    }

    /// What it is called when a domain is verified that was something else.
    static func event(since status: String) -> String {
        status == "pending" ? "domain.verified" : "domain.recovered"
    }

    /// Notes for the audit log and the tenant's webhooks that the standing of a domain has changed.
    private func tell(
        _ event: String, of domain: SendingDomain, _ check: DomainCheck, _ connection: PostgresConnection,
        _ actor: AuditActor
    ) async throws {
        try await Audit.write(
            connection, actor, tenant: domain.tenant, event, record: ("domain", domain.id.text),
            detail: ["domain": domain.name])
        try await Notices.write(connection, event, of: domain, problems: check.problems)
    }

    /// Keeps the look without changing the standing of the domain: that is for the daily checks.
    private func noted(_ domain: SendingDomain, _ check: DomainCheck) async throws -> SendingDomain {
        let checks = try Postgres.JSON(check.records)
        let rows = try await context.pool.query(
            """
            UPDATE domains SET checks = \(checks), checked_at = now(), updated_at = now(),
                \(Self.tracking(check, of: domain))
            WHERE tenant_id = \(domain.tenant.uuid) AND id = \(domain.id) RETURNING \(SendingDomain.columns)
            """, as: .tenant(domain.tenant.uuid))
        return try Self.one(rows)
    }

    /// Somebody else proves that he owns the domain: maybe its holder does not any more.
    private func recheckSoon(holderOf name: String) async throws {
        try await context.pool.execute(
            """
            UPDATE domains SET next_check_at = now()
            WHERE domain = \(name) AND status IN ('verified', 'at_risk')
                AND checked_at < now() - interval '1 hour'
            """, as: .system)
    }

    /// Looks at domains whose daily check is due, and draws the consequences: two misses in the last three
    /// put a verified domain at risk, 72 hours without its records end its use. A look-up that failed is
    /// tried again in an hour and counts for nothing. Domains that an operator vouched for are left alone.
    /// One that waits for its records, or for those of a new key, is looked at every quarter of an hour for a
    /// week; a lost one every day, and comes back when its records do.
    ///
    /// - Returns: how many were looked at.
    package func recheckDue(limit: Int = 50) async throws -> Int {
        let rows = try await context.pool.query(
            """
            UPDATE domains SET next_check_at = now() + CASE
                WHEN next_created_at > now() - interval '7 days' THEN interval '15 minutes'
                WHEN status IN ('verified', 'at_risk') THEN interval '1 hour'
                WHEN status = 'pending' AND created_at > now() - interval '7 days' THEN interval '15 minutes'
                ELSE interval '1 day' END
            WHERE (tenant_id, id) IN (
                SELECT tenant_id, id FROM domains
                WHERE next_check_at <= now() AND override_at IS NULL
                ORDER BY next_check_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING \(SendingDomain.columns)
            """, as: .system)
        for row in rows {
            do { try await recheck(try SendingDomain(row)) } catch {
                // The next hour tries again; one domain must not hold up the others.
                context.log.warning("domain check failed", ["error": .error(error)])
            }
        }
        return rows.count
    }

    private func recheck(_ domain: SendingDomain) async throws {
        let check = try await DomainCheck.look(domain, context)
        if check.isProven {
            _ = try await store(check, of: domain, actor: .system)
        } else if domain.isVerified {
            if check.isMissing { try await missed(domain, check) }
        } else {
            _ = try await noted(domain, check)
        }
    }

    private func missed(_ domain: SendingDomain, _ check: DomainCheck) async throws {
        let checks = try Postgres.JSON(check.records)
        try await context.pool.transaction(as: .system) { connection in
            let rows = try await connection.query(
                """
                UPDATE domains SET checks = \(checks), checked_at = now(), updated_at = now(),
                    \(Self.tracking(check, of: domain)),
                    next_check_at = now() + interval '1 day',
                    recent_misses = ((recent_misses << 1) | 1) & 7,
                    missing_since = coalesce(missing_since, now()),
                    status = CASE
                        WHEN missing_since < now() - interval '72 hours' THEN 'lost'
                        WHEN (((recent_misses << 1) | 1) & 7) IN (3, 5, 6, 7) THEN 'at_risk'
                        ELSE status END
                WHERE tenant_id = \(domain.tenant.uuid) AND id = \(domain.id)
                    AND status IN ('verified', 'at_risk')
                RETURNING \(SendingDomain.columns)
                """)
            guard let row = rows.first else { return }
            let now = try SendingDomain(row)
            guard now.status != domain.status else { return }
            try await tell("domain.\(now.status)", of: now, check, connection, .system)
        }
    }

    private static func one(_ rows: PostgresRows) throws -> SendingDomain {
        guard let row = rows.first else { throw APIError.noSuch("domain") }
        return try SendingDomain(row)
    }
}
