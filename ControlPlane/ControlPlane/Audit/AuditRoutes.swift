import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// The audit log: who did what, from where and in which request. Nothing changes it; entries expire by the
/// operator's setting.
package struct AuditRoutes: Sendable {
    /// Lists count no further, unless the page itself lies behind it.
    private static let maxCounted = 10_000

    private static let parameters: [RouteInfo.Parameter] =
        PageRequest.parameters + [
            .query("actor", .string.described("The id of a user, a key, a credential or a node.")),
            .query("action", .string.described("Such as `domain.created`.")),
            .query("record", .string.described("The id of what was changed.")),
        ] + QueryItems.period

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .get, "/audit", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Read the audit log",
                details:
                    "The newest first. Old entries expire, by default after 400 days.",
                tag: "Audit", parameters: Self.parameters,
                responses: [.init(200, "The entries.", .page(of: AuditEntryView.schema))])
        ) { call in
            try await list(call.request.query, tenant: call.tenant.uuid, as: call.rows)
        }
        router.operators(
            .get, "/api/v1/admin/audit", authenticator,
            RouteInfo(
                summary: "Read the audit log of all tenants and of the service",
                details:
                    "The newest first. Old entries expire, by default after 400 days.",
                tag: "Operators",
                parameters: Self.parameters + [
                    .query(
                        "tenant",
                        .string.described(
                            "The entries of this tenant alone; `service` for the service's own."
                        ))
                ],
                responses: [.init(200, "The entries.", .page(of: AuditEntryView.schema))])
        ) { call in
            let tenant = try Self.tenant(call.request.query)
            return try await list(call.request.query, tenant: tenant, as: .system)
        }
    }

    private static func tenant(_ query: QueryItems) throws(APIError) -> UUID? {
        guard let text = query["tenant"] else { return nil }
        if text == "service" { return AuditEntryView.service }
        guard let id = UUID(uuidString: text) else {
            throw .invalid("tenant", "must be the id of a tenant, or `service`")
        }
        return id
    }

    private func list(
        _ query: QueryItems, tenant: UUID?, as scope: TenantScope
    ) async throws -> HTTPResponse {
        let page = try PageRequest(query)
        let wanted = try Self.filter(query, tenant)
        let counted = max(Self.maxCounted, page.offset + page.limit)
        let (entries, total) = try await context.pool.transaction(as: scope, mode: .readOnly) { connection in
            let rows = try await connection.query(
                """
                SELECT \(AuditEntryView.columns) FROM audit_log WHERE \(wanted)
                ORDER BY at DESC, id DESC LIMIT \(page.limit) OFFSET \(page.offset)
                """)
            let count = try await connection.query(
                """
                SELECT count(*) AS total FROM (
                    SELECT FROM audit_log WHERE \(wanted)
                    ORDER BY at DESC, id DESC LIMIT \(counted + 1)) found
                """)
            return (try rows.map { try AuditEntryView($0) }, try count.first?["total", as: Int.self] ?? 0)
        }
        return try .data(
            entries,
            pagination: page.pagination(total: min(total, counted), isMinimum: total > counted))
    }

    private static func filter(_ query: QueryItems, _ tenant: UUID?) throws(APIError) -> SQL {
        var conditions: [SQL] = ["true"]
        if let tenant { conditions.append("tenant_id = \(tenant)") }
        if let actor = try query.text("actor") { conditions.append("actor = \(actor)") }
        if let action = try query.text("action") { conditions.append("action = \(action)") }
        if let record = try query.text("record") { conditions.append("record_id = \(record)") }
        if let since = try query.time("since") { conditions.append("at >= \(since)") }
        if let until = try query.time("until", isEnd: true) { conditions.append("at < \(until)") }
        return conditions.joined(separator: " AND ")
    }
}
