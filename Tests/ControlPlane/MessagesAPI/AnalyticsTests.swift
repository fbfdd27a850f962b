import FoundationEssentials
import HTTP
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct AnalyticsTests {
    @Test func `what nodes report adds up, and a message that is opened often is opened once`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let (first, second) = (try await control.node(token), try await control.node(token))
        let tenant = try await control.tenant(token)
        let key = try await Self.key(of: tenant, control, token)
        let story = Story(tenant: tenant, node: first.number)
        let opened = EventRecord(story.event(.opened, to: "alice@example.org", after: 3_000))
        let clicked = EventRecord(story.event(.clicked, to: "alice@example.org", after: 3_100))
        let left = EventRecord(story.event(.unsubscribed, to: "alice@example.org", after: 3_200))
        // Opened twice in one report, again in the next, and at another node.
        var records = story.deliveredAndBounced() + [(5, opened), (6, opened), (7, clicked)]
        let tried = Story(tenant: tenant, node: first.number)
        records += [
            (8, tried.accepted(isTest: true)),
            (9, EventRecord(tried.event(.opened, to: "alice@example.org"))),
        ]
        #expect(try await first.report(records).status == 200)
        #expect(try await first.report([(10, opened), (11, left)]).status == 200)
        #expect(try await second.report([(1, opened), (2, clicked)]).status == 200)

        let overview = try await control.call("GET", "/v1/analytics/overview", token: key)
        #expect(overview.status == 200)
        #expect(
            overview.data["totals"] == [
                "sent": 2, "delivered": 1, "bounced": 1, "failed": 0, "rejected": 0, "complaints": 0,
                "opens": 4, "unique_opens": 1, "clicks": 2, "unique_clicks": 1, "unsubscribes": 1,
            ])
        #expect(
            overview.data["rates"] == [
                "delivery": 50, "bounce": 50, "complaint": 0, "open": 100, "click": 100, "unsubscribe": 100,
            ])
        for group in ["hour", "day", "week", "month"] {
            let series = try await control.call(
                "GET", "/v1/analytics/timeseries?group_by=\(group)&metrics=sent,unique_opens", token: key)
            #expect(series.status == 200 && series.data["group_by"].text == group)
            #expect(series.data["metrics"] == ["sent", "unique_opens"])
            let points = series.data["series"].elements
            #expect(points.compactMap { $0["sent"].integer }.reduce(0, +) == 2, "\(group)")
            #expect(points.compactMap { $0["unique_opens"].integer }.reduce(0, +) == 1, "\(group)")
            #expect(points.allSatisfy { $0.names == ["timestamp", "sent", "unique_opens"] })
            if group == "hour" { #expect(points.count == 24) }
            if group == "day" { #expect(points.count == 30) }
        }
        let other = try await Self.key(of: try await control.tenant(token), control, token)
        let none = try await control.call("GET", "/v1/analytics/overview", token: other)
        #expect(none.data["totals"].members.values.allSatisfy { $0 == 0 })
        #expect(none.data["rates"].members.values.allSatisfy { $0 == 0 })
        #expect(try await control.count("SELECT sum(unique_opened) AS n FROM usage_monthly") == 1)
        await first.stop()
        await second.stop()
        await control.stop()
    }

    @Test func `a period is what it says, by whole days, weeks and months`() async throws {
        let caller = try await KeyCaller.make()
        let tenant = try #require(UUID(uuidString: caller.tenant.id))
        for (day, node, recipients) in [
            ("2026-02-28", 1, 3), ("2026-03-01", 1, 10), ("2026-03-01", 2, 20), ("2026-03-02", 1, 100),
            ("2026-03-31", 1, 1000),
        ] {
            try await caller.api.context.pool.query(
                """
                INSERT INTO usage_daily (tenant_id, day, node, recipients, cancelled, delivered, suppressed)
                VALUES (\(tenant), \(day), \(node), \(recipients) + 1, 1, \(recipients), 1)
                """, as: .system)
        }
        func call(_ path: String) async throws -> JSONValue {
            let answer = try await caller.call("GET", "/analytics/\(path)")
            #expect(answer.status == 200, "\(path): \(answer.body)")
            return answer.data
        }
        for (query, sent) in [
            ("from=2026-03-01&to=2026-03-01", 30), ("from=2026-03-01&to=2026-03-31", 1130),
            ("from=2026-02-28T23:59:59Z&to=2026-03-02T00:00:00Z", 33),
            ("from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:01Z", 130),
            ("from=2026-03-02T00:30:00%2B01:00&to=2026-03-02", 130), ("from=2025-04-01&to=2026-04-01", 1133),
        ] {
            #expect(try await call("overview?\(query)")["totals"]["sent"].integer == sent, "\(query)")
        }
        let overview = try await call("overview?from=2026-03-01&to=2026-03-02")
        #expect(overview["period"] == ["from": "2026-03-01T00:00:00Z", "to": "2026-03-03T00:00:00Z"])
        #expect(overview["totals"]["rejected"] == 3)
        #expect(overview["rates"]["delivery"] == 100)
        // The first of March 2026 is a Sunday.
        let weeks = try await call("timeseries?from=2026-02-28&to=2026-03-08&group_by=week&metrics=sent")
        #expect(
            weeks["series"] == [
                ["timestamp": "2026-02-23T00:00:00Z", "sent": 33],
                ["timestamp": "2026-03-02T00:00:00Z", "sent": 100],
            ])
        let months = try await call("timeseries?from=2026-02-01&to=2026-04-30&group_by=month&metrics=sent")
        #expect(
            months["series"] == [
                ["timestamp": "2026-02-01T00:00:00Z", "sent": 3],
                ["timestamp": "2026-03-01T00:00:00Z", "sent": 1130],
                ["timestamp": "2026-04-01T00:00:00Z", "sent": 0],
            ])
        let days = try await call("timeseries?from=2026-03-01&to=2026-03-03&metrics=sent,%20delivered")
        #expect(days["series"].elements.map { $0["sent"].integer } == [30, 100, 0])
    }

    @Test func `an hour that is over for long is told of by its day alone`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let age: Int64 = 10 * 86_400_000
        let old = MessageID(
            milliseconds: UInt64(story.start - age), node: node.number, random: (1, 2))
        var accepted = Event(
            .accepted, message: old, tenant: story.tenant, at: story.start - age, node: node.number,
            recipient: nil)
        accepted.accepted = story.accepted().event.accepted
        #expect(try await node.report([(1, EventRecord(accepted)), (2, story.accepted())]).status == 200)
        #expect(try await control.count("SELECT sum(recipients) AS n FROM usage_daily") == 4)
        #expect(try await control.count("SELECT sum(recipients) AS n FROM usage_hourly") == 2)
        await node.stop()
        await control.stop()
    }

    @Test(arguments: [
        ("overview?from=yesterday", "from"), ("overview?to=2026-13-01", "to"),
        ("overview?from=2026-03-02&to=2026-03-01", "from"),
        ("overview?from=2025-03-01&to=2026-03-02", "from"),
        ("overview?from=0001-01-01", "from"), ("timeseries?group_by=year", "group_by"),
        ("timeseries?metrics=sent,money", "metrics"), ("timeseries?metrics=,", "metrics"),
        ("timeseries?group_by=hour&from=2026-01-01&to=2026-01-02", "from"),
    ])
    func `a period or a word that cannot be answered is refused by name`(
        _ path: String, _ field: String
    ) async throws {
        let caller = try await KeyCaller.make()
        let answer = try await caller.call("GET", "/analytics/\(path)")
        #expect(answer.status == 400 && answer.field == field, "\(answer.body)")
    }

    @Test func `a credential may read analytics, and a key without the scope may not`() async throws {
        let caller = try await KeyCaller.make(scopes: #""webhooks:read""#)
        #expect(try await caller.call("GET", "/analytics/overview").code == "scope_missing")
        let made = try await caller.asOwner("POST", "/credentials", #"{"label":"c"}"#).data
        let basic = "\(made["username"].text ?? ""):\(made["password"].text ?? "")"
        let answer = try await caller.api.call("GET", "/v1/analytics/overview", basic: basic)
        #expect(answer.status == 200)
    }

    @Test func `rates have two decimals`() {
        func rates(_ part: Int, of whole: Int) -> Double {
            AnalyticsRates(AnalyticsCounts([.sent: whole, .delivered: part])).delivery
        }
        #expect(rates(1, of: 3) == 33.33)
        #expect(rates(2, of: 3) == 66.67)
        #expect(rates(9_999, of: 10_000) == 99.99)
        #expect(rates(1, of: 1_000_000) == 0)
        #expect(rates(0, of: 0) == 0 && rates(-1, of: 5) == 0)
    }

    private static func key(
        of tenant: TenantID, _ control: ServiceFixture, _ token: String
    ) async throws -> String {
        let made = try await control.call(
            "POST", "/api/v1/dispatch/tenants/\(tenant)/api-keys", token: token,
            json: #"{"name":"k","scopes":["emails:read"]}"#)
        return try #require(made.data["key"].text)
    }
}
