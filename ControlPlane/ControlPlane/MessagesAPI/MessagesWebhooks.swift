import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// `/v1/webhooks`
struct MessagesWebhooks: Sendable {
    let context: ControlContext
    let authenticator: Authenticator

    func add(to router: inout Router) {
        addViews(to: &router)
        addChanges(to: &router)
        addMakers(to: &router)
    }

    private func addMakers(to router: inout Router) {
        router.home(
            .post, "/v1/webhooks", authenticator, needs: .scope("webhooks:write"),
            RouteInfo(
                summary: "Create a webhook",
                details:
                    "A secret that we make is shown this once. Mail that arrives (`inbound`) is no event.",
                tag: "Webhooks",
                requestSchema: .object([
                    "url": .string.required.example("https://yourapp.com/webhooks/email"),
                    "events": Schema.array(.choice(NewWebhook.events)).required.example([
                        "delivered", "bounced", "opened",
                    ]),
                    "description": .string.example("Production webhook"),
                    "secret": .string.described("8 to 256 bytes; made and shown once when left out."),
                ]),
                responses: [
                    .init(201, "The webhook.", .data(View.schema)),
                    .init(400, "A field is wrong, or there are too many.", codes: ["limit_reached"]),
                ])
        ) { try await create($0) }
        router.home(
            .post, "/v1/webhooks/{webhook_id}/rotate-secret", authenticator, needs: .scope("webhooks:write"),
            RouteInfo(
                summary: "Make a new secret",
                details: "It is shown this once and signs from now on; the old one signs nothing more.",
                tag: "Webhooks", responses: [.init(200, "The webhook.", .data(View.schema))])
        ) { try await rotate($0) }
    }

    private func addChanges(to router: inout Router) {
        router.home(
            .patch, "/v1/webhooks/{webhook_id}", authenticator, needs: .scope("webhooks:write"),
            RouteInfo(
                summary: "Change a webhook",
                details:
                    "What is left out stays. `active` also brings back one that its endpoint switched off.",
                tag: "Webhooks",
                requestSchema: .object([
                    "url": .string, "events": .array(.choice(NewWebhook.events)),
                    "description": .string.example("Staging webhook"),
                    "status": .choice(View.states).example("active"),
                ]),
                responses: [.init(200, "The webhook.", .data(View.schema))])
        ) { try await change($0) }
        router.home(
            .delete, "/v1/webhooks/{webhook_id}", authenticator, needs: .scope("webhooks:write"),
            RouteInfo(
                summary: "Delete a webhook", tag: "Webhooks",
                responses: [.init(200, "It is gone.", .data(DeletedResource.schema))])
        ) { call in
            let id = try call.id("webhook_id", of: "webhook")
            let actor = call.actor
            try await inStore(call) { try await $0.delete(id, by: actor) }
            return try .data(DeletedResource(id: id.text))
        }
    }

    private func addViews(to router: inout Router) {
        router.home(
            .get, "/v1/webhooks", authenticator, needs: .scope("webhooks:read"),
            RouteInfo(
                summary: "List webhooks", details: "The oldest first.", tag: "Webhooks",
                parameters: PageRequest.parameters,
                responses: [.init(200, "The webhooks.", .resources(View.schema))])
        ) { call in
            let page = try PageRequest(call.request.query)
            let all = try await inStore(call) { try await $0.all() }
            return try .snakeCase(
                ResourceList(page.part(of: all).map { View($0) }, page, total: all.count))
        }
        router.home(
            .get, "/v1/webhooks/{webhook_id}", authenticator, needs: .scope("webhooks:read"),
            RouteInfo(
                summary: "Get a webhook", tag: "Webhooks",
                responses: [.init(200, "The webhook.", .data(View.schema))])
        ) { call in
            let id = try call.id("webhook_id", of: "webhook")
            return try .data(View(try await inStore(call) { try await $0.find(id) }))
        }
    }

    private struct View: Encodable, Sendable {
        let id: String
        let url: String
        let events: [String]
        let description: String
        let status: String
        @OrNull var disabledReason: String?
        let createdAt: Date
        let updatedAt: Date
        var secret: String?

        static let states = ["active", "disabled"]
        static let schema = Schema.record([
            "id": .uuid, "url": .string.example("https://yourapp.com/webhooks/email"),
            "events": Schema.array(.choice(NewWebhook.events).example("delivered")),
            "description": .string.example("Production webhook"), "status": .choice(states),
            "disabled_reason": .string.nullable, "created_at": .dateTime, "updated_at": .dateTime,
            "secret": .string.optional.described("When we have just made it, and never again."),
        ]).named("MessagesWebhook")

        init(_ webhook: StoredWebhook, secret: String? = nil) {
            id = webhook.id.text
            url = webhook.url
            events = webhook.events
            description = webhook.description
            status = webhook.isEnabled ? "active" : "disabled"
            _disabledReason = OrNull(wrappedValue: webhook.disabledReason)
            createdAt = webhook.createdAt
            updatedAt = webhook.updatedAt
            self.secret = secret
        }
    }

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let body = try await call.decode(NewWebhook.self)
        try Self.refuseInbound(body.events)
        let new = try body.checked(context.egressGuard)
        let (actor, seal) = (call.actor, context.masterSeal)
        let webhook = try await inStore(call) { try await $0.insert(new, sealedBy: seal, by: actor) }
        return try shown(webhook, new.secretIsNew ? new.secret : nil, status: 201)
    }

    private func change(_ call: TenantCall) async throws -> HTTPResponse {
        let body = try await call.decode(WebhookChange.self)
        try Self.refuseInbound(body.events ?? [])
        let change = try body.checked(context.egressGuard)
        let id = try call.id("webhook_id", of: "webhook")
        let actor = call.actor
        return try .data(View(try await inStore(call) { try await $0.update(id, change, by: actor) }))
    }

    private func rotate(_ call: TenantCall) async throws -> HTTPResponse {
        let id = try call.id("webhook_id", of: "webhook")
        let secret = NewWebhook.newSecret()
        let (actor, seal) = (call.actor, context.masterSeal)
        let webhook = try await inStore(call) { store in
            try await store.rotate(id, to: secret, sealedBy: seal, by: actor)
        }
        return try shown(webhook, secret)
    }

    private func shown(
        _ webhook: StoredWebhook, _ secret: String?, status: HTTPStatus = 200
    ) throws -> HTTPResponse {
        try HTTPResponse.data(View(webhook, secret: secret), status: status)
            .header("Cache-Control", "no-store")
    }

    private static func refuseInbound(_ events: [String]) throws(APIError) {
        guard let index = events.firstIndex(of: "inbound") else { return }
        throw .invalid(
            "events[\(index)]", "names `inbound`, which is not offered: mail that arrives is not handed on")
    }

    private func inStore<Value: Sendable>(
        _ call: TenantCall, _ body: @escaping @Sendable (WebhookStore) async throws -> Value
    ) async throws -> Value {
        let tenant = call.tenant
        return try await context.pool.transaction(as: call.rows) { connection in
            try await body(WebhookStore(tenant: tenant, connection: connection))
        }
    }
}
