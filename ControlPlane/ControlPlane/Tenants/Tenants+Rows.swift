import HTTP
import NodeProtocol
import Postgres

extension Tenants {
    /// - Throws: 404.
    static func read(
        _ tenant: TenantID, role: MemberRole?, _ connection: PostgresConnection
    ) async throws -> TenantView {
        let rows = try await connection.query(
            "SELECT \(TenantView.columns) FROM tenants t WHERE t.id = \(tenant.uuid)")
        guard let row = rows.first else { throw APIError.tenantNotFound }
        return try TenantView(row, role: role)
    }

    /// Only columns that a tenant may change of itself; nil leaves one as it is.
    ///
    /// - Throws: 400 when the plan does not allow overage.
    static func change(
        _ tenant: TenantID, name: String?, overage: Bool?, _ connection: PostgresConnection
    ) async throws {
        if overage == true {
            let rows = try await connection.query(
                """
                SELECT p.overage_allowed FROM tenants t JOIN plans p ON p.code = t.plan_code
                WHERE t.id = \(tenant.uuid)
                """)
            guard let row = rows.first, try row["overage_allowed"] else {
                throw APIError.invalid("overage_enabled", "is not part of this tenant's plan")
            }
        }
        try await connection.query(
            """
            UPDATE tenants SET name = coalesce(\(name)::text, name),
                overage_enabled = coalesce(\(overage)::boolean, overage_enabled), updated_at = now()
            WHERE id = \(tenant.uuid)
            """)
    }

    /// - Throws: 400 for a plan that does not exist.
    static func change(_ tenant: TenantID, plan: String, _ connection: PostgresConnection) async throws {
        let changed = try await connection.execute(
            """
            UPDATE tenants t SET plan_code = p.code, updated_at = now(),
                overage_enabled = t.overage_enabled AND p.overage_allowed
            FROM plans p WHERE p.code = \(plan) AND t.id = \(tenant.uuid)
            """)
        guard changed == 1 else { throw APIError.invalid("plan", "is no plan") }
    }

    /// - Throws: 404.
    static func change(
        _ tenant: TenantID, status: TenantRecord.Status, reason: String?, _ connection: PostgresConnection
    ) async throws {
        let changed = try await connection.execute(
            """
            UPDATE tenants SET status = \(status.rawValue), status_reason = \(reason),
                status_changed_at = now(), updated_at = now()
            WHERE id = \(tenant.uuid)
            """)
        guard changed == 1 else { throw APIError.tenantNotFound }
    }
}
