import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Endpoints that are told what happens to a tenant's mail. The nodes sign and deliver; here they are
/// registered.
package struct Webhooks: Sendable {
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

        static let schema = Schema.record([
            "id": .uuid, "url": .string.example("https://yourapp.com/webhooks/dispatch"),
            "events": Schema.array(.choice(NewWebhook.events).example("delivered")),
            "description": .string.example(""), "enabled": .boolean.example(true),
            "disabled_reason": .string.nullable, "created_at": .dateTime,
            "secret": .string.optional.described("At creation only, when none was given."),
        ]).named("Webhook")

        init(_ webhook: StoredWebhook, secret: String? = nil) {
            id = webhook.id.text
            url = webhook.url
            events = webhook.events
            description = webhook.description
            enabled = webhook.isEnabled
            _disabledReason = OrNull(wrappedValue: webhook.disabledReason)
            createdAt = webhook.createdAt
            self.secret = secret
        }
    }

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let new = try await call.decode(NewWebhook.self).checked(context.egressGuard)
        let (tenant, actor, seal) = (call.tenant, call.actor, context.masterSeal)
        let webhook = try await context.pool.transaction(as: call.rows) { connection in
            try await WebhookStore(tenant: tenant, connection: connection)
                .insert(new, sealedBy: seal, by: actor)
        }
        let view = View(webhook, secret: new.secretIsNew ? new.secret : nil)
        return try HTTPResponse.data(view, message: "Webhook registered", status: 201)
            .header("Cache-Control", "no-store")
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let tenant = call.tenant
        let webhooks = try await context.pool.transaction(as: call.rows, mode: .readOnly) { connection in
            try await WebhookStore(tenant: tenant, connection: connection).all()
        }
        return try .data(webhooks.map { View($0) })
    }

    private func delete(_ call: TenantCall) async throws -> HTTPResponse {
        let id = try call.id("webhook_id", of: "webhook")
        let (tenant, actor) = (call.tenant, call.actor)
        try await context.pool.transaction(as: call.rows) { connection in
            try await WebhookStore(tenant: tenant, connection: connection).delete(id, by: actor)
        }
        return try .message("Webhook deleted")
    }
}
