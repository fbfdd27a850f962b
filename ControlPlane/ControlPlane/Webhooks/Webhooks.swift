import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Endpoints that are told what happens to a tenant's mail. The nodes sign and deliver; here they are
/// registered.
package struct Webhooks: Sendable {
    static let maxWebhooks = 50

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .post, "/webhooks", authenticator, needs: .scope("webhooks:write"),
            RouteInfo(
                summary: "Register a webhook endpoint", details: "A secret that we make is shown this once.",
                tag: "Webhooks",
                requestSchema: .object([
                    "url": .string.required.example("https://yourapp.com/webhooks/dispatch"),
                    "events": Schema.array(.choice(NewWebhook.events)).required.example([
                        "delivered", "bounced", "complained",
                    ]),
                    "secret": .string.example("your-webhook-secret").described(
                        "8 to 256 bytes; made and shown once when left out."),
                    "description": .string,
                ]),
                responses: [
                    .init(201, "The webhook.", .data(View.schema, message: "Webhook registered")),
                    .init(400, "A field is wrong, or there are too many.", codes: ["limit_reached"]),
                ])
        ) { try await create($0) }
        router.tenant(
            .get, "/webhooks", authenticator, needs: .scope("webhooks:read"),
            RouteInfo(
                summary: "List webhooks", tag: "Webhooks",
                responses: [.init(200, "The webhooks.", .data(.array(View.schema)))])
        ) { try await list($0) }
        router.tenant(
            .delete, "/webhooks/{webhook_id}", authenticator, needs: .scope("webhooks:write"),
            RouteInfo(
                summary: "Delete a webhook", tag: "Webhooks",
                responses: [.init(200, "It is gone.", .message("Webhook deleted"))])
        ) { try await delete($0) }
    }

    private struct View: Encodable, Sendable {
        let id: String
        let url: String
        let events: [String]
        let description: String
        let enabled: Bool
        @OrNull var disabledReason: String?
        let createdAt: Date
        /// At creation only, and only when we made it.
        var secret: String?

        static let columns: SQL = "id, url, events, description, disabled_at, disabled_reason, created_at"
        static let schema = Schema.record([
            "id": .uuid, "url": .string.example("https://yourapp.com/webhooks/dispatch"),
            "events": Schema.array(.choice(NewWebhook.events).example("delivered")),
            "description": .string.example(""), "enabled": .boolean.example(true),
            "disabled_reason": .string.nullable, "created_at": .dateTime,
            "secret": .string.optional.described("At creation only, when none was given."),
        ]).named("Webhook")

        init(_ row: PostgresRow) throws(PostgresError) {
            id = try row["id", as: UUID.self].text
            url = try row["url"]
            events = try row["events"]
            description = try row["description"]
            enabled = try row["disabled_at", as: Date?.self] == nil
            let reason = try row["disabled_reason", as: String?.self]
            _disabledReason = OrNull(wrappedValue: reason)
            createdAt = try row["created_at"]
        }
    }

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let new = try await call.decode(NewWebhook.self).checked(context.egressGuard)
        let (tenant, actor, id) = (call.tenant, call.actor, UUID())
        let sealed = try context.masterSeal.seal(
            new.secret, context: TenantRecord.Webhook.sealContext(tenant: tenant, webhook: id))
        var view = try await context.pool.transaction(as: call.rows) { connection in
            let rows = try await connection.query(
                """
                INSERT INTO webhooks (tenant_id, id, url, description, events, secret_sealed, created_by)
                SELECT \(tenant.uuid), \(id), \(new.url), \(new.description), \(new.events), \(sealed),
                    \(actor.id)
                WHERE (SELECT count(*) FROM webhooks WHERE tenant_id = \(tenant.uuid)) < \(Self.maxWebhooks)
                RETURNING \(View.columns)
                """)
            guard let row = rows.first else {
                throw APIError(400, "limit_reached", "A tenant may have \(Self.maxWebhooks) webhooks.")
            }
            // The URL stays out of the log: its query may hold a secret of the customer.
            try await Audit.write(
                connection, actor, tenant: tenant, "webhook.created", record: ("webhook", id.text),
                detail: ["events": new.events.joined(separator: " ")])
            return try View(row)
        }
        if new.secretIsNew { view.secret = new.secret }
        return try HTTPResponse.data(view, message: "Webhook registered", status: 201)
            .header("Cache-Control", "no-store")
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let tenant = call.tenant.uuid
        let rows = try await context.pool.query(
            "SELECT \(View.columns) FROM webhooks WHERE tenant_id = \(tenant) ORDER BY created_at, id",
            as: call.rows)
        return try .data(try rows.map { try View($0) })
    }

    private func delete(_ call: TenantCall) async throws -> HTTPResponse {
        let id = try call.id("webhook_id", of: "webhook")
        let (tenant, actor) = (call.tenant, call.actor)
        try await context.pool.transaction(as: call.rows) { connection in
            let deleted = try await connection.execute(
                "DELETE FROM webhooks WHERE tenant_id = \(tenant.uuid) AND id = \(id)")
            guard deleted == 1 else { throw APIError.noSuch("webhook") }
            try await Audit.write(
                connection, actor, tenant: tenant, "webhook.deleted", record: ("webhook", id.text))
        }
        return try .message("Webhook deleted")
    }
}
