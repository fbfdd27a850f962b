import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Templates

/// Templates of messages: made, changed, looked at, tried. Nodes fill them in when they are sent with.
package struct TemplateRoutes: Sendable {
    /// Three parts, and the samples.
    static let maxBodyBytes = 2 * 1024 * 1024

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        addChanges(to: &router)
        addViews(to: &router)
    }

    private func addChanges(to router: inout Router) {
        let whole = Schema.object([
            "name": .string.required.example("Welcome Email"), "slug": .string.example("welcome-email"),
            "subject": .string.required.example("Welcome, {{user_name}}!"),
            "html_body": .string.example("<h1>Hello {{user_name}}</h1><p>Welcome to {{company}}.</p>"),
            "text_body": .string.example("Hello {{user_name}}, welcome to {{company}}."),
            "variables": .map(of: .any).described("Samples by name, for previews."),
        ])
        router.tenant(
            .post, "/templates", authenticator, needs: .scope("templates:write"),
            RouteInfo(
                summary: "Create an email template",
                details: "Without `slug` one is made of the name. One of the two bodies is required.",
                tag: "Templates", requestSchema: whole,
                responses: [
                    .init(201, "The template.", .data(StoredTemplate.schema, message: "Template created")),
                    .init(400, "A field is wrong.", codes: ["invalid_template", "limit_reached"]),
                    .init(409, "The slug is taken.", codes: ["already_exists"]),
                ])
        ) { try await create($0) }
        router.tenant(
            .put, "/templates/{template_id}", authenticator, needs: .scope("templates:write"),
            RouteInfo(
                summary: "Update a template",
                details: "What is left out stays; an empty body goes. Every change is a new version.",
                tag: "Templates",
                requestSchema: TemplateChange.schema.example([
                    "subject": "Welcome aboard, {{user_name}}!",
                    "html_body": "<h1>Welcome {{user_name}}</h1><p>Updated template content.</p>",
                ]),
                responses: [
                    .init(200, "The new version.", .data(StoredTemplate.schema, message: "Template updated")),
                    .init(400, "A field is wrong.", codes: ["invalid_template", "limit_reached"]),
                    .init(409, "The slug is taken.", codes: ["already_exists"]),
                ])
        ) { try await update($0) }
        router.tenant(
            .delete, "/templates/{template_id}", authenticator, needs: .scope("templates:write"),
            RouteInfo(
                summary: "Delete a template", details: "With all of its versions.", tag: "Templates",
                responses: [.init(200, "It is gone.", .message("Template deleted"))])
        ) { try await delete($0) }
    }

    private func addViews(to router: inout Router) {
        router.tenant(
            .get, "/templates", authenticator, needs: .scope("templates:read"),
            RouteInfo(
                summary: "List all templates", tag: "Templates", parameters: PageRequest.parameters,
                responses: [.init(200, "The templates.", .page(of: StoredTemplate.schema))])
        ) { try await list($0) }
        router.tenant(
            .get, "/templates/{template_id}", authenticator, needs: .scope("templates:read"),
            RouteInfo(
                summary: "Get a template", details: "By its UUID or its slug, as everywhere.",
                tag: "Templates", responses: [.init(200, "The template.", .data(StoredTemplate.schema))])
        ) { try await show($0) }
        router.tenant(
            .get, "/templates/{template_id}/versions", authenticator, needs: .scope("templates:read"),
            RouteInfo(
                summary: "List the versions of a template", details: "The newest first.", tag: "Templates",
                parameters: PageRequest.parameters,
                responses: [.init(200, "The versions.", .page(of: StoredTemplate.schema))])
        ) { try await versions($0) }
        router.tenant(
            .get, "/templates/{template_id}/versions/{version}", authenticator,
            needs: .scope("templates:read"),
            RouteInfo(
                summary: "Get a version of a template", tag: "Templates",
                responses: [.init(200, "The version.", .data(StoredTemplate.schema))])
        ) { try await version($0) }
        router.tenant(
            .post, "/templates/{template_id}/preview", authenticator, needs: .scope("templates:read"),
            RouteInfo(
                summary: "Fill in a template without sending it",
                details: "A variable that is not given has its sample, where the template has one.",
                tag: "Templates", requestSchema: TemplatePreview.schema,
                responses: [
                    .init(200, "The parts, filled in.", .data(TemplatePreview.answerSchema)),
                    .init(
                        400, "A variable is missing or unfit.",
                        codes: ["missing_variable", "invalid_variable"]
                    ),
                ])
        ) { try await preview($0) }
    }

    // MARK: Changes

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let new = try await change(call).checked(over: nil)
        let (tenant, actor) = (call.tenant, call.actor)
        let template = try await context.pool.transaction(as: call.rows) { connection in
            try await TemplateStore(tenant: tenant, connection: connection).insert(new, by: actor)
        }
        return try .data(try template.view(), message: "Template created", status: 201)
    }

    private func update(_ call: TenantCall) async throws -> HTTPResponse {
        let change = try await change(call)
        let (tenant, actor, name) = (call.tenant, call.actor, call.request.parameter("template_id"))
        let template = try await context.pool.transaction(as: call.rows) { connection in
            let store = TemplateStore(tenant: tenant, connection: connection)
            let old = try await store.find(name, lock: true)
            return try await store.update(old, try change.checked(over: old), by: actor)
        }
        return try .data(try template.view(), message: "Template updated")
    }

    private func delete(_ call: TenantCall) async throws -> HTTPResponse {
        let (tenant, actor, name) = (call.tenant, call.actor, call.request.parameter("template_id"))
        try await context.pool.transaction(as: call.rows) { connection in
            let store = TemplateStore(tenant: tenant, connection: connection)
            try await store.delete(try await store.find(name, lock: true), by: actor)
        }
        return try .message("Template deleted")
    }

    private func change(_ call: TenantCall) async throws(APIError) -> TemplateChange {
        try await call.request.decode(TemplateChange.self, maxBytes: Self.maxBodyBytes)
    }

    // MARK: Views

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let page = try PageRequest(call.request.query)
        let tenant = call.tenant
        let (templates, total) = try await context.pool.transaction(as: call.rows, mode: .readOnly) {
            connection in
            try await TemplateStore(tenant: tenant, connection: connection).list("", page)
        }
        return try .data(try await views(of: templates), pagination: page.pagination(total: total))
    }

    private func show(_ call: TenantCall) async throws -> HTTPResponse {
        try .data(try await read(call) { store, template in template }.view())
    }

    private func versions(_ call: TenantCall) async throws -> HTTPResponse {
        let page = try PageRequest(call.request.query)
        let (versions, total) = try await read(call) { store, template in
            (try await store.versions(template, page), try await store.versionCount(template))
        }
        return try .data(try await views(of: versions), pagination: page.pagination(total: total))
    }

    /// Each is read for its variables, which for many long ones takes its time.
    private func views(of templates: [StoredTemplate]) async throws -> [StoredTemplate.View] {
        try await context.blocking.run { try templates.map { try $0.view() } }
    }

    private func version(_ call: TenantCall) async throws -> HTTPResponse {
        guard let number = Int32(call.request.parameter("version")) else { throw APIError.noSuch("version") }
        return try .data(
            try await read(call) { store, template in
                try await store.version(Int(number), of: template)
            }.view())
    }

    private func preview(_ call: TenantCall) async throws -> HTTPResponse {
        let asked = try await call.request.decode(TemplatePreview.self, maxBytes: Self.maxBodyBytes)
        let tenant = call.tenant
        // The service's own master template is read beside the tenant's rows.
        let (template, master) = try await read(call, as: .system) { store, template in
            var shown = template
            if let version = asked.version { shown = try await store.version(version, of: template) }
            guard asked.useMasterTemplate == true else { return (shown, String?.none) }
            return (shown, try await MasterTemplateRow.inForce(for: tenant, store.connection))
        }
        return try .data(
            try await context.blocking.run { try asked.answer(template, master: master) })
    }

    private func read<Value: Sendable>(
        _ call: TenantCall, as scope: TenantScope? = nil,
        _ body: @escaping @Sendable (TemplateStore, StoredTemplate) async throws -> Value
    ) async throws -> Value {
        let (tenant, name) = (call.tenant, call.request.parameter("template_id"))
        return try await context.pool.transaction(as: scope ?? call.rows, mode: .readOnly) { connection in
            let store = TemplateStore(tenant: tenant, connection: connection)
            return try await body(store, try await store.find(name))
        }
    }
}
