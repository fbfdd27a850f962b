import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Templates

/// A frame around HTML as the database has it.
struct MasterTemplateRow: Sendable {
    let htmlBody: String
    let updatedAt: Date

    init(_ row: PostgresRow) throws(PostgresError) {
        htmlBody = try row["html_body"]
        updatedAt = try row["updated_at"]
    }

    /// The service's, when operators made one. As `.system`.
    static func ofService(_ connection: PostgresConnection) async throws -> MasterTemplateRow? {
        try await connection.query(
            """
            SELECT value #>> '{}' AS html_body, updated_at FROM cluster_settings
            WHERE name = 'master_template'
            """
        ).first.map { try MasterTemplateRow($0) }
    }

    static func of(_ tenant: TenantID, _ connection: PostgresConnection) async throws -> MasterTemplateRow? {
        try await connection.query(
            "SELECT html_body, updated_at FROM master_templates WHERE tenant_id = \(tenant.uuid)"
        ).first.map { try MasterTemplateRow($0) }
    }

    /// The source that nodes would use for the tenant. As `.system`.
    static func inForce(for tenant: TenantID, _ connection: PostgresConnection) async throws -> String {
        if let own = try await of(tenant, connection) { return own.htmlBody }
        return try await ofService(connection)?.htmlBody ?? MasterTemplate.builtIn
    }
}

/// The frames that `use_master_template` puts around HTML: a tenant's own, else the service's, else the one
/// that is built in.
package struct MasterTemplates: Sendable {
    private static let servicePath = "/api/v1/admin/master-template"

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        let answer = RouteInfo.Response(200, "The master template in force.", .data(View.schema))
        let wrong = RouteInfo.Response(400, "It is no master template.", codes: ["invalid_template"])
        let body = Schema.object([
            "html_body": .string.required.example("<html><body>{{content}}</body></html>")
        ])
        let details =
            "`{{content}}` stands for the message's HTML and must be there once; `{{subject}}` and "
            + "the message's variables may be used."
        router.tenant(
            .get, "/master-template", authenticator, needs: .scope("templates:read"),
            RouteInfo(summary: "Get the master template", tag: "Templates", responses: [answer])
        ) { try await show($0) }
        router.tenant(
            .put, "/master-template", authenticator, needs: .scope("templates:write"),
            RouteInfo(
                summary: "Set the tenant's own master template", details: details, tag: "Templates",
                requestSchema: body, responses: [answer, wrong])
        ) { try await put($0) }
        router.tenant(
            .delete, "/master-template", authenticator, needs: .scope("templates:write"),
            RouteInfo(
                summary: "Go back to the service's master template", tag: "Templates", responses: [answer])
        ) { try await delete($0) }
        router.operators(
            .get, Self.servicePath, authenticator,
            RouteInfo(
                summary: "Get the service's master template", tag: "Operators", responses: [answer])
        ) { _ in try await showService() }
        router.operators(
            .put, Self.servicePath, authenticator,
            RouteInfo(
                summary: "Set the service's master template", details: details, tag: "Operators",
                requestSchema: body, responses: [answer, wrong])
        ) { try await putService($0) }
        router.operators(
            .delete, Self.servicePath, authenticator,
            RouteInfo(
                summary: "Go back to the built-in master template", tag: "Operators", responses: [answer])
        ) { try await deleteService($0) }
    }

    private struct View: Encodable, Sendable {
        enum Source: String, Encodable { case tenant, service, builtIn = "built_in" }

        let source: Source
        let htmlBody: String
        @OrNull var updatedAt: Date?

        static let schema = Schema.record([
            "source": .choice("tenant", "service", "built_in"),
            "html_body": .string.example("<html><body>{{content}}</body></html>"),
            "updated_at": .dateTime.nullable,
        ]).named("MasterTemplate")
    }

    private struct Body: Decodable {
        let htmlBody: String

        enum CodingKeys: String, CodingKey { case htmlBody = "html_body" }

        /// - Throws: 400.
        func checked() throws(APIError) -> String {
            guard !htmlBody.utf8.contains(0) else {
                throw .invalid("html_body", "must not have the character NUL")
            }
            do { _ = try MasterTemplate(htmlBody) } catch {
                throw APIError(
                    400, "invalid_template", "`html_body` is no master template: \(error).",
                    field: "html_body")
            }
            return htmlBody
        }
    }

    private static let maxBodyBytes = 1024 * 1024

    // MARK: A tenant's

    private func show(_ call: TenantCall) async throws -> HTTPResponse {
        let tenant = call.tenant
        return try .data(
            try await context.pool.transaction(as: .system, mode: .readOnly) {
                try await Self.view(tenant, $0)
            })
    }

    private func put(_ call: TenantCall) async throws -> HTTPResponse {
        let html = try await call.request.decode(Body.self, maxBytes: Self.maxBodyBytes).checked()
        let (tenant, actor) = (call.tenant, call.actor)
        return try .data(
            try await context.pool.transaction(as: .system) { connection in
                try await connection.query(
                    """
                    INSERT INTO master_templates (tenant_id, html_body, updated_by)
                    VALUES (\(tenant.uuid), \(html), \(actor.id))
                    ON CONFLICT (tenant_id) DO UPDATE SET html_body = EXCLUDED.html_body,
                        updated_by = EXCLUDED.updated_by, updated_at = now()
                    """)
                try await Self.audit(connection, actor, tenant, "master_template.changed")
                return try await Self.view(tenant, connection)
            })
    }

    private func delete(_ call: TenantCall) async throws -> HTTPResponse {
        let (tenant, actor) = (call.tenant, call.actor)
        return try .data(
            try await context.pool.transaction(as: .system) { connection in
                try await connection.query(
                    "DELETE FROM master_templates WHERE tenant_id = \(tenant.uuid)")
                try await Self.audit(connection, actor, tenant, "master_template.deleted")
                return try await Self.view(tenant, connection)
            })
    }

    private static func view(
        _ tenant: TenantID?, _ connection: PostgresConnection
    ) async throws -> View {
        if let tenant, let own = try await MasterTemplateRow.of(tenant, connection) {
            return View(source: .tenant, htmlBody: own.htmlBody, updatedAt: own.updatedAt)
        }
        if let service = try await MasterTemplateRow.ofService(connection) {
            return View(source: .service, htmlBody: service.htmlBody, updatedAt: service.updatedAt)
        }
        return View(source: .builtIn, htmlBody: MasterTemplate.builtIn, updatedAt: nil)
    }

    // MARK: The service's

    private func showService() async throws -> HTTPResponse {
        try .data(
            try await context.pool.transaction(as: .system, mode: .readOnly) { try await Self.view(nil, $0) })
    }

    private func putService(_ call: CallerCall) async throws -> HTTPResponse {
        let html = try await call.request.decode(Body.self, maxBytes: Self.maxBodyBytes).checked()
        let actor = call.actor
        return try .data(
            try await context.pool.transaction(as: .system) { connection in
                try await connection.query(
                    """
                    INSERT INTO cluster_settings (name, value)
                    VALUES ('master_template', to_jsonb(\(html)::text))
                    ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, updated_at = now()
                    """)
                try await Self.audit(connection, actor, nil, "master_template.changed")
                return try await Self.view(nil, connection)
            })
    }

    private func deleteService(_ call: CallerCall) async throws -> HTTPResponse {
        let actor = call.actor
        return try .data(
            try await context.pool.transaction(as: .system) { connection in
                try await connection.query("DELETE FROM cluster_settings WHERE name = 'master_template'")
                try await Self.audit(connection, actor, nil, "master_template.deleted")
                return try await Self.view(nil, connection)
            })
    }

    private static func audit(
        _ connection: PostgresConnection, _ actor: AuditActor, _ tenant: TenantID?, _ action: String
    ) async throws {
        try await Audit.write(
            connection, actor, tenant: tenant, action, record: ("master_template", tenant?.description ?? ""))
    }
}
