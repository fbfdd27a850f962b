import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// `/v1/analytics`: what became of a tenant's mail, from the counters that are kept by hour and by day.
///
/// Everything counts in the hour in which its message was accepted, so that a day's mail and what became
/// of it add up. Mail sent with test keys does not count. An answer reads as many rows as there are hours
/// or days in its period, times the nodes, however much was sent.
struct AnalyticsRoutes: Sendable {
    let context: ControlContext
    let authenticator: Authenticator

    func add(to router: inout Router) {
        let period = Schema.record(["from": .dateTime, "to": .dateTime.described("The first that is out.")])
            .named("Period")
        let bounds: [RouteInfo.Parameter] = [
            .query("from", .string.described("A date, or a time by RFC 3339; else 30 days back.")),
            .query("to", .string.described("The same; a date counts as a whole. Else now.")),
        ]
        router.home(
            .get, "/v1/analytics/overview", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "Totals and rates of a period",
                details:
                    "In whole days of UTC, at most 366. Everything counts on the day on which its message "
                    + "was accepted. `unique_opens` and `unique_clicks` are messages.",
                tag: "Analytics", parameters: bounds,
                responses: [
                    .init(
                        200, "The totals.",
                        .data(
                            .record([
                                "period": period, "totals": Self.totals, "rates": Self.rates,
                            ])))
                ])
        ) { try await overview($0) }
        let names = AnalyticsMetric.allCases.map(\.rawValue)
        router.home(
            .get, "/v1/analytics/timeseries", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "The same over time",
                details: "A point for each hour, day, week (from Monday) or month of UTC, also where nothing "
                    + "was sent. Hours go back 7 days, and are the last 24 when no period is given.",
                tag: "Analytics",
                parameters: bounds + [
                    .query("group_by", .choice(Group.allCases.map(\.rawValue)).described("Else `day`.")),
                    .query(
                        "metrics",
                        .string.described(
                            "Separated by commas, else all: \(names.joined(separator: ", ")).")),
                ],
                responses: [
                    .init(
                        200, "The points.",
                        .data(
                            .record([
                                "period": period, "group_by": .choice(Group.allCases.map(\.rawValue)),
                                "metrics": Schema.array(.choice(names)).example(["sent", "delivered"]),
                                "series": .array(Self.point),
                            ])))
                ])
        ) { try await timeseries($0) }
    }

    private static let totals = Schema.record([
        "sent": .integer.example(1000), "delivered": .integer.example(970), "bounced": .integer.example(20),
        "failed": .integer.example(5), "rejected": .integer.example(3), "complaints": .integer.example(1),
        "opens": .integer.example(410), "unique_opens": .integer.example(290),
        "clicks": .integer.example(120), "unique_clicks": .integer.example(85),
        "unsubscribes": .integer.example(4),
    ]).named("AnalyticsTotals")
    private static let rates = Schema.record([
        "delivery": .number.example(97), "bounce": .number.example(2), "complaint": .number,
        "open": .number.example(30), "click": .number.example(9), "unsubscribe": .number,
    ]).named("AnalyticsRates").described(
        "In percent: the first two of what was sent, the others of what was delivered.")
    private static let point = Schema.record([
        "timestamp": .dateTime, "sent": .integer.example(34).optional,
        "delivered": .integer.example(33).optional, "bounced": .integer.optional,
        "failed": .integer.optional, "rejected": .integer.optional, "complaints": .integer.optional,
        "opens": .integer.optional, "unique_opens": .integer.optional, "clicks": .integer.optional,
        "unique_clicks": .integer.optional, "unsubscribes": .integer.optional,
    ]).named("AnalyticsPoint")

    // MARK: Overview

    private struct Period: Encodable {
        let from: Date
        let to: Date

        init(_ period: AnalyticsPeriod) { (from, to) = (period.from, period.to) }
    }

    private struct Overview: Encodable {
        let period: Period
        let totals: AnalyticsCounts
        let rates: AnalyticsRates
    }

    private func overview(_ call: TenantCall) async throws -> HTTPResponse {
        let period = try AnalyticsPeriod(call.request.query, .day, now: context.nowSeconds)
        let metrics = AnalyticsMetric.allCases
        let rows = try await context.pool.query(
            """
            SELECT \(AnalyticsCounts.columns(metrics)) FROM usage_daily
            WHERE tenant_id = \(call.tenant.uuid) AND \(Group.day.condition(period))
            """, as: call.rows)
        guard let row = rows.first else { throw APIError.internalError }
        let totals = try AnalyticsCounts(row, metrics)
        return try .data(
            Overview(period: Period(period), totals: totals, rates: AnalyticsRates(totals)))
    }

    // MARK: Over time

    private enum Group: String, CaseIterable {
        case hour, day, week, month

        var unit: AnalyticsPeriod.Unit { self == .hour ? .hour : .day }

        /// The rows of a period, in the order of their primary key.
        func condition(_ period: AnalyticsPeriod) -> SQL {
            self == .hour
                ? "hour >= \(period.from) AND hour < \(period.to)"
                : """
                day >= (\(period.from)::timestamptz AT TIME ZONE 'UTC')::date
                AND day < (\(period.to)::timestamptz AT TIME ZONE 'UTC')::date
                """
        }
    }

    private struct Point: Encodable {
        let timestamp: Date
        let counts: AnalyticsCounts

        private enum CodingKeys: CodingKey { case timestamp }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(timestamp, forKey: .timestamp)
            try counts.encode(to: encoder)
        }
    }

    private struct Series: Encodable {
        let period: Period
        let groupBy: String
        let metrics: [String]
        let series: [Point]
    }

    private func timeseries(_ call: TenantCall) async throws -> HTTPResponse {
        let query = call.request.query
        let word = try query.choice("group_by", of: Group.allCases.map(\.rawValue))
        let group = word.flatMap(Group.init) ?? .day
        let metrics = try Self.metrics(query)
        let period = try AnalyticsPeriod(query, group.unit, now: context.nowSeconds)
        let source: SQL =
            group == .hour
            ? "SELECT hour AT TIME ZONE 'UTC' AS at, * FROM usage_hourly"
            : "SELECT day::timestamp AS at, * FROM usage_daily"
        let unit = SQL(unsafe: group.rawValue)
        let names = metrics.map { metric in
            "coalesce(c.\(identifier: metric.rawValue), 0) AS \(identifier: metric.rawValue)" as SQL
        }.joined(separator: ", ")
        let rows = try await context.pool.query(
            """
            WITH counted AS (
                SELECT date_trunc('\(unit)', at) AS bucket, \(AnalyticsCounts.columns(metrics))
                FROM (\(source) WHERE tenant_id = \(call.tenant.uuid) AND \(group.condition(period))) u
                GROUP BY 1)
            SELECT b.bucket AT TIME ZONE 'UTC' AS bucket, \(names)
            FROM generate_series(
                date_trunc('\(unit)', \(period.from)::timestamptz AT TIME ZONE 'UTC'),
                (\(period.to)::timestamptz AT TIME ZONE 'UTC') - interval '1 second', interval '1 \(unit)'
            ) AS b(bucket) LEFT JOIN counted c ON c.bucket = b.bucket
            ORDER BY b.bucket
            """, as: call.rows)
        let points = try rows.map { row in
            Point(timestamp: try row["bucket"], counts: try AnalyticsCounts(row, metrics))
        }
        return try .data(
            Series(
                period: Period(period), groupBy: group.rawValue, metrics: metrics.map(\.rawValue),
                series: points))
    }

    private static func metrics(_ query: QueryItems) throws(APIError) -> [AnalyticsMetric] {
        guard let words = query["metrics"] else { return AnalyticsMetric.allCases }
        var asked: Set<AnalyticsMetric> = []
        for word in words.split(separator: ",") {
            guard let metric = AnalyticsMetric(rawValue: String(word).trimmingWhitespace) else {
                let names = AnalyticsMetric.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("metrics", "must name some of \(names)")
            }
            asked.insert(metric)
        }
        guard !asked.isEmpty else { throw .invalid("metrics", "must name at least one") }
        return AnalyticsMetric.allCases.filter(asked.contains)
    }
}
