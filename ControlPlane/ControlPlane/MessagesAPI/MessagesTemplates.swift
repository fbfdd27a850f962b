import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Templates

/// `/v1/templates`: a template is named by its id or its slug.
struct MessagesTemplates: Sendable {
    let context: ControlContext
    let authenticator: Authenticator

    func add(to router: inout Router) {
        addChanges(to: &router)
        addViews(to: &router)
        router.home(
            .post, "/v1/templates/{template_id}/preview", authenticator, needs: .scope("templates:read"),
            RouteInfo(
                summary: "Fill in a template without sending it", tag: "Templates",
                requestSchema: .object([
                    "template_data": .map(of: .any).example(["name": "John", "company": "Acme Inc"]),
                    "version": .integer.described("Left out: the newest."),
                ]),
                responses: [
                    .init(200, "The parts, filled in.", .data(Preview.schema)),
                    .init(
                        400, "A variable is missing or unfit.",
                        codes: ["missing_variable", "invalid_variable"]
                    ),
                ])
        ) { try await preview($0) }
    }

    private func addChanges(to router: inout Router) {
        let answers: [RouteInfo.Response] = [
            .init(400, "A field is wrong.", codes: ["invalid_template", "limit_reached"]),
            .init(409, "The slug is taken.", codes: ["already_exists"]),
        ]
        router.home(
            .post, "/v1/templates", authenticator, needs: .scope("templates:write"),
            RouteInfo(
                summary: "Create a template",
                details: "Without `slug` one is made of the name. One of the two bodies is required; "
                    + "`html` may be called `html_content`, and `text` `text_content`.",
                tag: "Templates", requestSchema: TemplateFields.schema(isNew: true),
                responses: [.init(201, "The template.", .data(TemplateResource.schema))] + answers)
        ) { try await create($0) }
        for method in [HTTPMethod.put, .patch] {
            router.home(
                method, "/v1/templates/{template_id}", authenticator, needs: .scope("templates:write"),
                RouteInfo(
                    summary: "Change a template",
                    details: "What is left out stays; an empty body goes. Every change is a new version.",
                    tag: "Templates", requestSchema: TemplateFields.schema(isNew: false),
                    responses: [.init(200, "The new version.", .data(TemplateResource.schema))] + answers)
            ) { try await update($0) }
        }
        router.home(
            .delete, "/v1/templates/{template_id}", authenticator, needs: .scope("templates:write"),
            RouteInfo(
                summary: "Delete a template", details: "With all of its versions.", tag: "Templates",
                responses: [.init(200, "It is gone.", .data(DeletedResource.schema))])
        ) { call in
            let (actor, name) = (call.actor, call.request.parameter("template_id"))
            let id = try await inStore(call) { store in
                let template = try await store.find(name, lock: true)
                try await store.delete(template, by: actor)
                return template.id
            }
            return try .data(DeletedResource(id: id.text))
        }
    }

    private func addViews(to router: inout Router) {
        router.home(
            .get, "/v1/templates", authenticator, needs: .scope("templates:read"),
            RouteInfo(
                summary: "List templates", details: "The oldest first.", tag: "Templates",
                parameters: PageRequest.parameters + [
                    .query("per_page", .integer.described("The same as `limit`.")),
                    .query("search", .string.described("A part of the name, the slug or the subject.")),
                    .query("type", .choice(TemplateChange.kinds)),
                ],
                responses: [.init(200, "The templates.", .resources(TemplateResource.schema))])
        ) { try await list($0) }
        router.home(
            .get, "/v1/templates/{template_id}", authenticator, needs: .scope("templates:read"),
            RouteInfo(
                summary: "Get a template", details: "By its id or its slug, as everywhere.", tag: "Templates",
                responses: [.init(200, "The template.", .data(TemplateResource.schema))])
        ) { call in
            let name = call.request.parameter("template_id")
            return try .data(TemplateResource(try await inStore(call) { try await $0.find(name) }))
        }
    }

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let fields = try await fields(call)
        let actor = call.actor
        return try await fields.answering {
            let new = try fields.change.checked(over: nil)
            let template = try await inStore(call) { try await $0.insert(new, by: actor) }
            return try .data(TemplateResource(template), status: 201)
        }
    }

    private func update(_ call: TenantCall) async throws -> HTTPResponse {
        let fields = try await fields(call)
        let (actor, name) = (call.actor, call.request.parameter("template_id"))
        return try await fields.answering {
            let change = fields.change
            let template = try await inStore(call) { store in
                let old = try await store.find(name, lock: true)
                return try await store.update(old, try change.checked(over: old), by: actor)
            }
            return try .data(TemplateResource(template))
        }
    }

    private func fields(_ call: TenantCall) async throws(APIError) -> TemplateFields {
        let fields = try await call.request.decode(
            TemplateFields.self, maxBytes: TemplateRoutes.maxBodyBytes)
        try fields.refuseTwice()
        return fields
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let query = call.request.query
        let page = try PageRequest(query, limitName: query["per_page"] == nil ? "limit" : "per_page")
        var filter: SQL = ""
        if let kind = try query.choice("type", of: TemplateChange.kinds) { filter += " AND kind = \(kind)" }
        if let text = try query.text("search")?.lowercased() {
            filter += """
                 AND position(\(text)::text IN lower(name || E'\\n' || slug || E'\\n' || subject)) > 0
                """
        }
        let wanted = filter
        let (templates, total) = try await inStore(call) { try await $0.list(wanted, page) }
        // Each is read for its variables, which for many long ones takes its time.
        let views = try await context.blocking.run { try templates.map { try TemplateResource($0) } }
        return try .snakeCase(ResourceList(views, page, total: total))
    }

    private struct Asked: Decodable {
        let template_data: [String: TemplateValue]?
        let version: Int?
    }

    private struct Preview: Encodable, Sendable {
        let version: Int
        let subject: String
        @OrNull var html: String?
        @OrNull var text: String?

        static let schema = Schema.record([
            "version": .integer.example(1), "subject": .string.example("Welcome, John!"),
            "html": .string.nullable.example("<h1>Hello John</h1><p>Welcome to Acme Inc.</p>"),
            "text": .string.nullable.example("Hello John, welcome to Acme Inc."),
        ])
    }

    private func preview(_ call: TenantCall) async throws -> HTTPResponse {
        let asked = try await call.request.decode(Asked.self, maxBytes: TemplateRoutes.maxBodyBytes)
        let name = call.request.parameter("template_id")
        let version = asked.version
        let template = try await inStore(call) { store in
            let template = try await store.find(name)
            guard let version else { return template }
            return try await store.version(version, of: template)
        }
        let filling = TemplatePreview(
            variables: asked.template_data, version: nil, useMasterTemplate: nil)
        do {
            let filled = try await context.blocking.run { try filling.answer(template, master: nil) }
            return try .data(
                Preview(
                    version: filled.version, subject: filled.subject, html: filled.htmlBody,
                    text: filled.textBody))
        } catch let error as APIError { throw error.naming(["variables": "template_data"]) }
    }

    private func inStore<Value: Sendable>(
        _ call: TenantCall, _ body: @escaping @Sendable (TemplateStore) async throws -> Value
    ) async throws -> Value {
        let tenant = call.tenant
        return try await context.pool.transaction(as: call.rows) { connection in
            try await body(TemplateStore(tenant: tenant, connection: connection))
        }
    }
}
