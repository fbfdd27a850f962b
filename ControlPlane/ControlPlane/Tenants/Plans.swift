import HTTP
import NodeProtocol
import Postgres

/// The plans that tenants choose from, and the operators' hold on them.
package struct Plans: Sendable {
    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        let plans = RouteInfo.Response(200, "The plans.", .data(.array(Plan.schema)))
        router.user(
            .get, "/api/v1/dispatch/plans", authenticator,
            RouteInfo(summary: "List available plans", tag: "Tenants", responses: [plans])
        ) { _ in try .data(try await list("WHERE is_listed")) }
        router.operators(
            .get, "/api/v1/admin/plans", authenticator,
            RouteInfo(
                summary: "List every plan", tag: "Operators", authentication: .bearer, responses: [plans])
        ) { _ in try .data(try await list("")) }
        router.operators(
            .put, "/api/v1/admin/plans/{code}", authenticator,
            RouteInfo(
                summary: "Change a plan, or make one",
                details: "A new plan begins as a copy of `free`. An empty pool is none.",
                tag: "Operators", authentication: .bearer, requestSchema: PlanChange.schema,
                responses: [RouteInfo.Response(200, "The plan.", .data(Plan.schema))])
        ) { try await put($0) }
    }

    private func list(_ filter: SQL) async throws -> [Plan] {
        let rows = try await context.pool.query(
            "SELECT \(Plan.columns) FROM plans \(filter) ORDER BY position, code", as: .system)
        return try rows.map { row in try Plan(row) }
    }

    private func put(_ call: CallerCall) async throws -> HTTPResponse {
        let code = call.request.parameter("code")
        guard code.utf8.count <= 63, code.first?.isLetter == true,
            code.utf8.allSatisfy({
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
            })
        else {
            throw APIError.invalid("code", "must begin with a letter and have letters, digits, - and _ only")
        }
        let change = try await call.decode(PlanChange.self)
        try change.check()
        let actor = call.actor
        let plan = try await context.pool.transaction(as: .system) { connection -> Plan in
            let rows = try await connection.query(
                """
                SELECT \(Plan.columns) FROM plans WHERE code = \(code) OR code = 'free'
                ORDER BY (code = \(code)) DESC LIMIT 1 FOR UPDATE
                """)
            guard let row = rows.first else { throw APIError.noSuch("plan") }
            var plan = try Plan(row)
            if plan.code != code { plan.name = code }
            plan.code = code
            plan.apply(change)
            try await checkPools(plan, connection)
            try await store(plan, connection)
            try await Audit.write(connection, actor, tenant: nil, "plan.changed", record: ("plan", code))
            return plan
        }
        return try .data(plan)
    }

    /// The lock keeps a pool from going while a plan comes to name it.
    private func checkPools(_ plan: Plan, _ connection: PostgresConnection) async throws {
        guard plan.transactionalPool != nil || plan.bulkPool != nil else { return }
        try await ShapingStore.lock(connection)
        let limits = TenantRecord.Limits(transactionalPool: plan.transactionalPool, bulkPool: plan.bulkPool)
        let problems = try await ShapingRows.load(connection).effective.problems(of: limits)
        if !problems.isEmpty { throw APIError.invalidShaping(problems) }
    }

    private func store(_ plan: Plan, _ connection: PostgresConnection) async throws {
        try await connection.query(
            """
            INSERT INTO plans (\(Plan.columns))
            VALUES (\(plan.code), \(plan.name), \(plan.monthlyQuota), \(plan.dailyQuota),
                \(plan.rateLimitPerMinute), \(plan.maxRecipients), \(plan.maxMessageBytes),
                \(plan.logRetentionDays), \(plan.logBodies),
                \(plan.overageAllowed), \(plan.deadlineHours), \(plan.transactionalPool), \(plan.bulkPool),
                \(plan.position), \(plan.isListed))
            ON CONFLICT (code) DO UPDATE SET
                name = EXCLUDED.name, monthly_quota = EXCLUDED.monthly_quota,
                daily_quota = EXCLUDED.daily_quota,
                rate_per_minute = EXCLUDED.rate_per_minute, max_recipients = EXCLUDED.max_recipients,
                max_message_bytes = EXCLUDED.max_message_bytes,
                log_retention_days = EXCLUDED.log_retention_days,
                log_bodies = EXCLUDED.log_bodies, overage_allowed = EXCLUDED.overage_allowed,
                deadline_hours = EXCLUDED.deadline_hours,
                transactional_pool = EXCLUDED.transactional_pool, bulk_pool = EXCLUDED.bulk_pool,
                position = EXCLUDED.position, is_listed = EXCLUDED.is_listed, updated_at = now()
            """)
    }
}
