import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Reads and writes the webhooks of one tenant, inside a transaction of its own.
///
/// URLs stay out of the audit log: their query may hold a secret of the customer.
struct WebhookStore: Sendable {
    static let maxWebhooks = 50

    let tenant: TenantID
    let connection: PostgresConnection

    /// - Parameter seal: seals the secret.
    /// - Throws: 400 `limit_reached`.
    func insert(
        _ new: NewWebhook.Checked, sealedBy seal: SymmetricSeal, by actor: AuditActor
    ) async throws -> StoredWebhook {
        let id = UUID()
        let sealed = try sealed(new.secret, of: id, by: seal)
        let rows = try await connection.query(
            """
            INSERT INTO webhooks (tenant_id, id, url, description, events, secret_sealed, created_by)
            SELECT \(tenant.uuid), \(id), \(new.url), \(new.description), \(new.events), \(sealed),
                \(actor.id)
            WHERE (SELECT count(*) FROM webhooks WHERE tenant_id = \(tenant.uuid)) < \(Self.maxWebhooks)
            RETURNING \(StoredWebhook.columns)
            """)
        guard let row = rows.first else {
            throw APIError(400, "limit_reached", "A tenant may have \(Self.maxWebhooks) webhooks.")
        }
        try await audit(
            "webhook.created", id, actor, detail: ["events": new.events.joined(separator: " ")])
        return try StoredWebhook(row)
    }

    /// The oldest first; there are `maxWebhooks` at most.
    func all() async throws -> [StoredWebhook] {
        try await connection.query(
            """
            SELECT \(StoredWebhook.columns) FROM webhooks WHERE tenant_id = \(tenant.uuid)
            ORDER BY created_at, id
            """
        ).map { try StoredWebhook($0) }
    }

    /// - Throws: 404.
    func find(_ id: UUID) async throws -> StoredWebhook {
        try Self.one(
            try await connection.query(
                """
                SELECT \(StoredWebhook.columns) FROM webhooks
                WHERE tenant_id = \(tenant.uuid) AND id = \(id)
                """))
    }

    /// - Throws: 404.
    func update(_ id: UUID, _ change: WebhookChange.Checked, by actor: AuditActor) async throws
        -> StoredWebhook
    {
        let (enables, disables) = (change.isEnabled == true, change.isEnabled == false)
        let rows = try await connection.query(
            """
            UPDATE webhooks SET url = coalesce(\(change.url), url),
                events = coalesce(\(change.events), events),
                description = coalesce(\(change.description), description),
                disabled_at = CASE WHEN \(enables) THEN NULL
                    WHEN \(disables) THEN coalesce(disabled_at, now()) ELSE disabled_at END,
                disabled_reason = CASE WHEN \(enables) THEN NULL
                    WHEN \(disables) THEN coalesce(disabled_reason, \(WebhookChange.reason))
                    ELSE disabled_reason END,
                updated_at = now()
            WHERE tenant_id = \(tenant.uuid) AND id = \(id) RETURNING \(StoredWebhook.columns)
            """)
        let webhook = try Self.one(rows)
        try await audit("webhook.changed", id, actor, detail: ["fields": change.names.joined(separator: " ")])
        return webhook
    }

    /// Puts another secret in the place of the old one, which signs nothing more.
    ///
    /// - Throws: 404.
    func rotate(
        _ id: UUID, to secret: String, sealedBy seal: SymmetricSeal, by actor: AuditActor
    ) async throws -> StoredWebhook {
        let sealed = try sealed(secret, of: id, by: seal)
        let rows = try await connection.query(
            """
            UPDATE webhooks SET secret_sealed = \(sealed), updated_at = now()
            WHERE tenant_id = \(tenant.uuid) AND id = \(id) RETURNING \(StoredWebhook.columns)
            """)
        let webhook = try Self.one(rows)
        try await audit("webhook.secret_changed", id, actor)
        return webhook
    }

    /// - Throws: 404.
    func delete(_ id: UUID, by actor: AuditActor) async throws {
        let deleted = try await connection.execute(
            "DELETE FROM webhooks WHERE tenant_id = \(tenant.uuid) AND id = \(id)")
        guard deleted == 1 else { throw APIError.noSuch("webhook") }
        try await audit("webhook.deleted", id, actor)
    }

    private func sealed(_ secret: String, of id: UUID, by seal: SymmetricSeal) throws -> [UInt8] {
        try seal.seal(secret, context: TenantRecord.Webhook.sealContext(tenant: tenant, webhook: id))
    }

    private func audit(
        _ action: String, _ id: UUID, _ actor: AuditActor, detail: [String: String] = [:]
    ) async throws {
        try await Audit.write(
            connection, actor, tenant: tenant, action, record: ("webhook", id.text), detail: detail)
    }

    private static func one(_ rows: PostgresRows) throws -> StoredWebhook {
        guard let row = rows.first else { throw APIError.noSuch("webhook") }
        return try StoredWebhook(row)
    }
}
