import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Tenants: who makes them, who sees them, what they change of themselves, and what operators do with them.
package struct Tenants: Sendable {
    /// A user may own this many.
    static let maxOwned = 50

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        let tenant = Schema.data(TenantView.schema)
        router.user(
            .post, "/api/v1/dispatch/tenants", authenticator,
            RouteInfo(
                summary: "Create a tenant", details: "The caller becomes its owner. `plan` is for operators.",
                tag: "Tenants", authentication: .bearer,
                requestSchema: .object([
                    "tenant_name": .string.required.example("My App Emails"), "slug": .string,
                    "plan": .string,
                ]),
                responses: [
                    .init(201, "The tenant.", .data(TenantView.schema, message: "Tenant created")),
                    .init(400, "A field is wrong, or there are too many.", codes: ["limit_reached"]),
                    .init(403, "Only users create tenants.", codes: ["forbidden"]),
                    .init(409, "The slug is taken.", codes: ["already_exists"]),
                ])
        ) { try await create($0) }
        router.user(
            .get, "/api/v1/dispatch/tenants", authenticator,
            RouteInfo(
                summary: "List your tenants", tag: "Tenants", parameters: PageRequest.parameters,
                responses: [.init(200, "The tenants.", .page(of: TenantView.schema))])
        ) { try await list($0) }
        router.tenant(
            .get, "", authenticator, needs: .access,
            RouteInfo(
                summary: "Get tenant details with usage", tag: "Tenants",
                responses: [.init(200, "The tenant.", tenant)])
        ) { try await get($0) }
        router.tenant(
            .put, "", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Update tenant settings", details: "`plan` and `status` are for operators.",
                tag: "Tenants",
                requestSchema: .object([
                    "tenant_name": .string.example("My App Emails"),
                    "overage_enabled": .boolean.example(false), "plan": .string,
                    "status": .choice("active", "suspended", "blocked"),
                ]),
                responses: [
                    .init(200, "The tenant.", .data(TenantView.schema, message: "Tenant updated"))
                ])
        ) { try await update($0) }
        for (verb, summary) in [("suspend", "Stop a tenant"), ("resume", "Let a tenant send again")] {
            router.operators(
                .post, "/api/v1/admin/tenants/{tenant_id}/\(verb)", authenticator,
                RouteInfo(
                    summary: summary, tag: "Operators", authentication: .bearer,
                    requestSchema: verb == "suspend"
                        ? .object(["reason": .string.required.example("Unpaid"), "blocked": .boolean]) : nil,
                    responses: [.init(200, "The tenant.", tenant)])
            ) { call in try await verb == "suspend" ? suspend(call) : resume(call) }
        }
    }

    // MARK: Routes

    private struct Creation: Decodable {
        let tenantName: String
        let slug: String?
        let plan: String?

        enum CodingKeys: String, CodingKey {
            case slug, plan
            case tenantName = "tenant_name"
        }
    }

    private func create(_ call: CallerCall) async throws -> HTTPResponse {
        guard call.caller.kind == .user || call.caller.isOperator else {
            throw APIError(403, "forbidden", "Only users may create tenants.")
        }
        let body = try await call.decode(Creation.self)
        guard body.plan == nil || call.caller.isOperator else {
            throw APIError(403, "forbidden", "Only operators choose the plan.", field: "plan")
        }
        let new = try NewTenant(
            name: body.tenantName, slug: body.slug, plan: body.plan ?? "free", masterSeal: context.masterSeal)
        let owner = (subject: call.caller.id, email: call.caller.email)
        let (actor, isOperator) = (call.actor, call.caller.isOperator)
        let view = try await context.pool.transaction(as: .system) { connection in
            if !isOperator { try await checkOwned(owner.subject, connection) }
            try await new.insert(connection, owner: owner, actor: actor)
            return try await Self.read(new.id, role: .owner, connection)
        }
        return try .data(view, message: "Tenant created", status: 201)
    }

    private func checkOwned(_ subject: String, _ connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            "SELECT count(*) AS owned FROM memberships WHERE subject = \(subject) AND role = 'owner'")
        guard let row = rows.first, try row["owned", as: Int.self] < Self.maxOwned else {
            throw APIError(400, "limit_reached", "A user may own \(Self.maxOwned) tenants.")
        }
    }

    private func list(_ call: CallerCall) async throws -> HTTPResponse {
        let page = try PageRequest(call.request.query)
        let caller = call.caller
        let filter: SQL
        if caller.isOperator {
            filter = "true"
        } else if let home = caller.homeTenant {
            filter = "t.id = \(home.uuid)"
        } else {
            filter = "(m.subject IS NOT NULL OR t.id = ANY(\(caller.roles.keys.map(\.uuid))))"
        }
        let subject = caller.homeTenant == nil ? caller.id : ""
        let rows = try await context.pool.query(
            """
            SELECT \(TenantView.columns), m.role, count(*) OVER () AS total FROM tenants t
            LEFT JOIN memberships m ON m.tenant_id = t.id AND m.subject = \(subject)
            WHERE \(filter) ORDER BY t.created_at, t.id LIMIT \(page.limit) OFFSET \(page.offset)
            """, as: .system)
        let tenants = try rows.map { row in
            let claimed = caller.roles[TenantID(try row["id"])]
            let stored = try row["role", as: String?.self].flatMap { MemberRole(rawValue: $0) }
            return try TenantView(row, role: claimed ?? stored)
        }
        let total = try rows.first?["total", as: Int.self] ?? 0
        return try .data(tenants, pagination: page.pagination(total: total))
    }

    private func get(_ call: TenantCall) async throws -> HTTPResponse {
        let (tenant, role) = (call.tenant, call.caller.role(in: call.tenant))
        let view = try await context.pool.transaction(as: call.rows, mode: .readOnly) { connection in
            var view = try await Self.read(tenant, role: role, connection)
            view.usage = try await .read(tenant, connection)
            return view
        }
        return try .data(view)
    }

    private struct Update: Decodable {
        let tenantName: String?
        let overageEnabled: Bool?
        let plan: String?
        let status: TenantRecord.Status?

        enum CodingKeys: String, CodingKey {
            case plan, status
            case tenantName = "tenant_name"
            case overageEnabled = "overage_enabled"
        }
    }

    private func update(_ call: TenantCall) async throws -> HTTPResponse {
        let body = try await call.decode(Update.self)
        if !call.caller.isOperator, body.plan != nil || body.status != nil {
            throw APIError(
                403, "forbidden", "Only operators change plan and status.",
                field: body.plan != nil ? "plan" : "status")
        }
        let name = body.tenantName.map(\.trimmingWhitespace)
        if let name, !(1...200).contains(name.count) {
            throw APIError.invalid("tenant_name", "must have 1 to 200 characters")
        }
        let (tenant, actor, role) = (call.tenant, call.actor, call.caller.role(in: call.tenant))
        let overage = body.overageEnabled
        let (plan, status) = (body.plan, body.status)
        // Operators change what the tenant's own role may not.
        let scope: TenantScope = call.caller.isOperator ? .system : call.rows
        let view = try await context.pool.transaction(as: scope) { connection in
            try await Self.change(tenant, name: name, overage: overage, connection)
            if let plan { try await Self.change(tenant, plan: plan, connection) }
            if let status { try await Self.change(tenant, status: status, reason: nil, connection) }
            try await Audit.write(
                connection, actor, tenant: tenant, "tenant.changed", record: ("tenant", tenant.description),
                detail: ["plan": plan, "status": status?.rawValue, "name": name].compactMapValues { $0 })
            return try await Self.read(tenant, role: role, connection)
        }
        return try .data(view, message: "Tenant updated")
    }

    private struct Suspension: Decodable {
        let reason: String
        let blocked: Bool?
    }

    private func suspend(_ call: CallerCall) async throws -> HTTPResponse {
        let body = try await call.decode(Suspension.self)
        guard (1...1000).contains(body.reason.count) else {
            throw APIError.invalid("reason", "must have 1 to 1000 characters")
        }
        return try await set(call, body.blocked == true ? .blocked : .suspended, reason: body.reason)
    }

    private func resume(_ call: CallerCall) async throws -> HTTPResponse {
        try await set(call, .active, reason: nil)
    }

    private func set(
        _ call: CallerCall, _ status: TenantRecord.Status, reason: String?
    ) async throws -> HTTPResponse {
        let tenant = TenantID(try call.id("tenant_id", of: "tenant"))
        let actor = call.actor
        let view = try await context.pool.transaction(as: .system) { connection in
            try await Self.change(tenant, status: status, reason: reason, connection)
            try await Audit.write(
                connection, actor, tenant: tenant, "tenant.\(status.rawValue)",
                record: ("tenant", tenant.description), detail: reason.map { ["reason": $0] } ?? [:])
            return try await Self.read(tenant, role: nil, connection)
        }
        return try .data(view)
    }
}
