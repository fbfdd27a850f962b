import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// What a tenant sent in its current month, and how it went.
package struct UsageRoutes: Sendable {
    struct Counters: Encodable, Sendable {
        let messages: Int
        let recipients: Int
        let delivered: Int
        let deferred: Int
        let hardBounced: Int
        let softBounced: Int
        let expired: Int
        let failed: Int
        let cancelled: Int
        let suppressed: Int
        let complained: Int
        let opened: Int
        let clicked: Int
        let unsubscribed: Int
        let bytes: Int
    }

    struct Breakdown: Encodable, Sendable {
        let total: Int
        let delivered: Int
        let hardBounce: Int
        let softBounce: Int
        let complaint: Int
    }

    struct Rates: Encodable, Sendable {
        let deliveryRatePct: Double
        let hardBounceRatePct: Double
        let softBounceRatePct: Double
        let complaintRatePct: Double

        init(_ breakdown: Breakdown) {
            deliveryRatePct = Self.percent(breakdown.delivered, of: breakdown.total)
            hardBounceRatePct = Self.percent(breakdown.hardBounce, of: breakdown.total)
            softBounceRatePct = Self.percent(breakdown.softBounce, of: breakdown.total)
            complaintRatePct = Self.percent(breakdown.complaint, of: breakdown.total)
        }

        /// Two significant digits, so that a rate of 0.047 does not become 0.
        static func percent(_ part: Int, of whole: Int) -> Double {
            guard part > 0, whole > 0 else { return 0 }
            let percent = Double(part) * 100 / Double(whole)
            if percent >= 10 { return percent.rounded() }
            // Dividing by a power is exact where multiplying by its inverse is not: 1.2 stays 1.2.
            var scale = 10.0
            while percent * scale < 10 { scale *= 10 }
            return (percent * scale).rounded() / scale
        }
    }

    struct Usage: Encodable, Sendable {
        let periodStart: Date
        let periodEnd: Date
        let emailsSent: Int
        @OrNull var monthlyQuota: Int?
        /// Beyond the quota, where overage lets them pass.
        let overageEmails: Int
        let emailsSentToday: Int
        @OrNull var dailyQuota: Int?
        let overageEnabled: Bool
        let stats: Counters
        let breakdown: Breakdown
        let rates: Rates
    }

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .get, "/usage", authenticator, needs: .access,
            RouteInfo(
                summary: "Get usage stats and rates", details: "Of the current month in UTC.", tag: "Usage",
                responses: [.init(200, "The usage.", .data(Usage.schema))])
        ) { call in
            let tenant = call.tenant
            let usage = try await context.pool.transaction(as: call.rows, mode: .readOnly) {
                try await Self.usage(tenant, $0)
            }
            return try .data(usage)
        }
    }

    private static func usage(_ tenant: TenantID, _ connection: PostgresConnection) async throws -> Usage {
        let row = try await connection.query(
            """
            SELECT t.overage_enabled, p.monthly_quota, p.daily_quota,
                (SELECT coalesce(sum(recipients), 0) FROM usage_daily
                    WHERE tenant_id = t.id AND day = now()::date) AS today,
                date_trunc('month', now()) AS period_start,
                date_trunc('month', now()) + interval '1 month' AS period_end, u.*
            FROM tenants t JOIN plans p ON p.code = t.plan_code
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(messages), 0) AS messages, coalesce(sum(recipients), 0) AS recipients,
                    coalesce(sum(delivered), 0) AS delivered, coalesce(sum(deferred), 0) AS deferred,
                    coalesce(sum(hard_bounced), 0) AS hard_bounced,
                    coalesce(sum(soft_bounced), 0) AS soft_bounced,
                    coalesce(sum(expired), 0) AS expired, coalesce(sum(failed), 0) AS failed,
                    coalesce(sum(cancelled), 0) AS cancelled, coalesce(sum(suppressed), 0) AS suppressed,
                    coalesce(sum(complained), 0) AS complained, coalesce(sum(opened), 0) AS opened,
                    coalesce(sum(clicked), 0) AS clicked, coalesce(sum(unsubscribed), 0) AS unsubscribed,
                    coalesce(sum(bytes), 0) AS bytes
                FROM usage_monthly WHERE tenant_id = t.id AND month = date_trunc('month', now())::date) u
            WHERE t.id = \(tenant.uuid)
            """
        ).first
        guard let row else { throw APIError.tenantNotFound }
        let stats = try counters(row)
        let breakdown = Breakdown(
            total: stats.recipients, delivered: stats.delivered, hardBounce: stats.hardBounced,
            softBounce: stats.softBounced + stats.expired, complaint: stats.complained)
        let quota: Int? = try row["monthly_quota"]
        return Usage(
            periodStart: try row["period_start"], periodEnd: try row["period_end"],
            emailsSent: stats.recipients,
            monthlyQuota: quota, overageEmails: quota.map { max(0, stats.recipients - $0) } ?? 0,
            emailsSentToday: try row["today"], dailyQuota: try row["daily_quota"],
            overageEnabled: try row["overage_enabled"], stats: stats,
            breakdown: breakdown, rates: Rates(breakdown))
    }

    private static func counters(_ row: PostgresRow) throws -> Counters {
        Counters(
            messages: try row["messages"], recipients: try row["recipients"], delivered: try row["delivered"],
            deferred: try row["deferred"], hardBounced: try row["hard_bounced"],
            softBounced: try row["soft_bounced"],
            expired: try row["expired"], failed: try row["failed"], cancelled: try row["cancelled"],
            suppressed: try row["suppressed"], complained: try row["complained"], opened: try row["opened"],
            clicked: try row["clicked"], unsubscribed: try row["unsubscribed"], bytes: try row["bytes"])
    }
}
