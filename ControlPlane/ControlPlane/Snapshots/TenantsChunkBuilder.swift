import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres
import Service

/// Builds the chunk of one bucket of tenants out of one moment of the database.
///
/// Secrets lie in the database under the master key and go out under the cluster key, in the same context.
/// One that does not open is left out and logged: the other tenants of the bucket must not wait for it.
struct TenantsChunkBuilder: Sendable {
    let masterSeal: SymmetricSeal
    let clusterSeal: SymmetricSeal
    let log: Log

    func build(bucket: String, _ connection: PostgresConnection) async throws -> TenantsChunk {
        var tenants = try await tenants(bucket, connection)
        let domains = try await domains(bucket, connection)
        let keys = try await apiKeys(bucket, connection)
        let credentials = try await credentials(bucket, connection)
        let webhooks = try await webhooks(bucket, connection)
        let members = try await members(bucket, connection)
        let templates = try await templates(bucket, connection)
        let masters = try await masterTemplates(bucket, connection)
        for index in tenants.indices {
            let id = tenants[index].id
            tenants[index].domains = domains[id] ?? []
            tenants[index].apiKeys = keys[id] ?? []
            tenants[index].credentials = credentials[id] ?? []
            tenants[index].webhooks = webhooks[id] ?? []
            tenants[index].members = members[id] ?? []
            tenants[index].templates = templates[id]
            tenants[index].masterTemplate = masters[id]?.first
        }
        return TenantsChunk(tenants: tenants)
    }

    private func tenants(_ bucket: String, _ connection: PostgresConnection) async throws -> [TenantRecord] {
        let rows = try await connection.query(
            """
            SELECT t.id, t.name, t.status, t.overage_enabled AND p.overage_allowed AS overage,
                   t.body_public_key, p.monthly_quota, p.daily_quota, p.rate_per_minute, p.max_recipients,
                   p.max_message_bytes, p.log_bodies, p.deadline_hours, p.transactional_pool, p.bulk_pool
            FROM tenants t JOIN plans p ON p.code = t.plan_code
            WHERE tenant_bucket(t.id) = \(bucket) ORDER BY t.id
            """)
        return try rows.map { row in
            TenantRecord(
                id: TenantID(try row["id"]), name: try row["name"],
                status: TenantRecord.Status(rawValue: try row["status"]) ?? .blocked,
                limits: TenantRecord.Limits(
                    monthlyQuota: try row["monthly_quota"], dailyQuota: try row["daily_quota"],
                    overageEnabled: try row["overage"],
                    messagesPerMinute: try row["rate_per_minute"], maxRecipients: try row["max_recipients"],
                    maxMessageBytes: try row["max_message_bytes"], logsBodies: try row["log_bodies"],
                    deadlineHours: try row["deadline_hours"],
                    transactionalPool: try row["transactional_pool"], bulkPool: try row["bulk_pool"]),
                bodyKey: Data(try row["body_public_key", as: [UInt8].self]))
        }
    }

    private func domains(
        _ bucket: String, _ connection: PostgresConnection
    ) async throws -> [TenantID: [TenantRecord.Domain]] {
        let rows = try await connection.query(
            """
            SELECT d.tenant_id, d.id, d.domain, d.selector, d.dkim_private_sealed,
                d.covers_subdomains, CASE WHEN d.tracking_live THEN d.tracking_host END AS tracking_host
            FROM domains d JOIN tenants t ON t.id = d.tenant_id
            WHERE tenant_bucket(t.id) = \(bucket) AND d.status IN ('verified', 'at_risk') ORDER BY d.domain
            """)
        return try grouped(rows) { row, tenant in
            let name: String = try row["domain"]
            let context = TenantRecord.Domain.sealContext(tenant: tenant, domain: name)
            guard let sealed = reseal(try row["dkim_private_sealed"], context) else { return nil }
            var domain = TenantRecord.Domain(
                id: try row["id"], name: name, selector: try row["selector"], sealedKey: sealed,
                coversSubdomains: try row["covers_subdomains"])
            domain.trackingHost = try row["tracking_host"]
            return domain
        }
    }

    private func apiKeys(
        _ bucket: String, _ connection: PostgresConnection
    ) async throws -> [TenantID: [TenantRecord.APIKey]] {
        let rows = try await connection.query(
            """
            SELECT k.tenant_id, k.id, k.hash, k.scopes, k.mode = 'test' AS is_test, k.domain,
                   k.rate_per_minute, k.allowed_cidrs::text[] AS cidrs,
                   floor(extract(epoch FROM k.expires_at))::bigint AS expires_at
            FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
            WHERE tenant_bucket(t.id) = \(bucket) AND k.revoked_at IS NULL
              AND (k.expires_at IS NULL OR k.expires_at > now())
            ORDER BY k.id
            """)
        return try grouped(rows) { row, _ in
            TenantRecord.APIKey(
                id: try row["id"], hash: SecretHash(try row["hash", as: [UInt8].self][...]) ?? .none,
                scopes: try row["scopes"],
                isTest: try row["is_test"], domain: try row["domain"],
                requestsPerMinute: try row["rate_per_minute"],
                allowedCIDRs: try row["cidrs"], expiresAt: try row["expires_at"])
        }
    }

    private func credentials(
        _ bucket: String, _ connection: PostgresConnection
    ) async throws -> [TenantID: [TenantRecord.Credential]] {
        let rows = try await connection.query(
            """
            SELECT c.tenant_id, c.id, c.username, c.password_hash
            FROM credentials c JOIN tenants t ON t.id = c.tenant_id
            WHERE tenant_bucket(t.id) = \(bucket) AND c.revoked_at IS NULL ORDER BY c.id
            """)
        return try grouped(rows) { row, _ in
            TenantRecord.Credential(
                id: try row["id"], username: try row["username"],
                passwordHash: SecretHash(try row["password_hash", as: [UInt8].self][...]) ?? .none)
        }
    }

    private func webhooks(
        _ bucket: String, _ connection: PostgresConnection
    ) async throws -> [TenantID: [TenantRecord.Webhook]] {
        let rows = try await connection.query(
            """
            SELECT w.tenant_id, w.id, w.url, w.events, w.secret_sealed
            FROM webhooks w JOIN tenants t ON t.id = w.tenant_id
            WHERE tenant_bucket(t.id) = \(bucket) AND w.disabled_at IS NULL ORDER BY w.id
            """)
        return try grouped(rows) { row, tenant in
            let id: UUID = try row["id"]
            let context = TenantRecord.Webhook.sealContext(tenant: tenant, webhook: id)
            guard let sealed = reseal(try row["secret_sealed"], context) else { return nil }
            return TenantRecord.Webhook(
                id: id, url: try row["url"], events: try row["events"], sealedSecret: sealed)
        }
    }

    private func members(
        _ bucket: String, _ connection: PostgresConnection
    ) async throws -> [TenantID: [TenantRecord.Member]] {
        let rows = try await connection.query(
            """
            SELECT m.tenant_id, m.subject, m.role FROM memberships m JOIN tenants t ON t.id = m.tenant_id
            WHERE tenant_bucket(t.id) = \(bucket) ORDER BY m.subject
            """)
        return try grouped(rows) { row, _ in
            MemberRole(rawValue: try row["role"]).map { role in
                TenantRecord.Member(subject: (try? row["subject"]) ?? "", role: role)
            }
        }
    }

    func grouped<Value>(
        _ rows: PostgresRows, _ make: (PostgresRow, TenantID) throws -> Value?
    ) throws -> [TenantID: [Value]] {
        var groups: [TenantID: [Value]] = [:]
        for row in rows {
            let tenant = TenantID(try row["tenant_id"])
            if let value = try make(row, tenant) { groups[tenant, default: []].append(value) }
        }
        return groups
    }

    private func reseal(_ sealed: [UInt8], _ context: String) -> Data? {
        let place = Array(context.utf8)
        guard let plain = try? masterSeal.open(sealed, context: place),
            let resealed = try? clusterSeal.seal(plain, context: place)
        else {
            log.error("a secret does not open and is not published", ["context": .string(context)])
            return nil
        }
        return Data(resealed)
    }
}
