import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// A tenant as the API shows it.
struct TenantView: Encodable, Sendable {
    /// What the tenant has used of its month.
    struct Usage: Encodable, Sendable {
        let periodStart: Date
        let periodEnd: Date
        let emailsSent: Int
        @OrNull var monthlyQuota: Int?
        let overageEnabled: Bool
    }

    let id: String
    let tenantName: String
    let slug: String
    let plan: String
    let status: String
    @OrNull var statusReason: String?
    let overageEnabled: Bool
    let createdAt: Date
    let updatedAt: Date
    /// The caller's, when the caller is a user.
    var role: MemberRole?
    var usage: Usage?

    static let columns: SQL = """
        t.id, t.name, t.slug, t.plan_code, t.status, t.status_reason, t.overage_enabled, t.created_at,
        t.updated_at
        """

    init(_ row: PostgresRow, role: MemberRole? = nil) throws(PostgresError) {
        id = try row["id", as: UUID.self].text
        tenantName = try row["name"]
        slug = try row["slug"]
        plan = try row["plan_code"]
        status = try row["status"]
        let reason = try row["status_reason", as: String?.self]
        _statusReason = OrNull(wrappedValue: reason)
        overageEnabled = try row["overage_enabled"]
        createdAt = try row["created_at"]
        updatedAt = try row["updated_at"]
        self.role = role
    }

    static let schema = Schema.record([
        "id": .uuid, "tenant_name": .string.example("My App Emails"),
        "slug": .string.example("my-app-emails"), "plan": .string.example("free"),
        "status": .choice("active", "suspended", "blocked"), "status_reason": .string.nullable,
        "overage_enabled": .boolean, "created_at": .dateTime, "updated_at": .dateTime,
        "role": .choice("owner", "admin", "member", "viewer").optional.described("The caller's."),
        "usage": Schema.record([
            "period_start": .dateTime, "period_end": .dateTime, "emails_sent": .integer.example(4250),
            "monthly_quota": .integer.nullable.example(10_000), "overage_enabled": .boolean,
        ]).optional,
    ]).named("Tenant")
}

extension TenantView.Usage {
    /// The current calendar month in UTC, from the monthly counters.
    static func read(_ tenant: TenantID, _ connection: PostgresConnection) async throws -> TenantView.Usage? {
        let rows = try await connection.query(
            """
            SELECT date_trunc('month', now()) AS period_start,
                date_trunc('month', now()) + interval '1 month' AS period_end,
                (SELECT coalesce(sum(u.recipients), 0)::bigint FROM usage_monthly u
                 WHERE u.tenant_id = t.id AND u.month = date_trunc('month', now())::date) AS emails_sent,
                p.monthly_quota, t.overage_enabled
            FROM tenants t JOIN plans p ON p.code = t.plan_code WHERE t.id = \(tenant.uuid)
            """)
        return try rows.first.map { row in
            TenantView.Usage(
                periodStart: try row["period_start"], periodEnd: try row["period_end"],
                emailsSent: try row["emails_sent"], monthlyQuota: try row["monthly_quota"],
                overageEnabled: try row["overage_enabled"])
        }
    }
}
