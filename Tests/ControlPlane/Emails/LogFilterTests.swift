import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// What the lists of all dialects take alike.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct LogFilterTests {
    @Test func `a day stands for its beginning, and as an end for all of it`() async throws {
        let stage = try await LogStage()
        let story = stage.story()
        try await stage.report([story.accepted()])
        let style = Date.ISO8601FormatStyle().year().month().day()
        func day(_ days: Double) -> String {
            Date(timeIntervalSince1970: Double(story.start) / 1000 + days * 86_400).formatted(style)
        }
        for path in ["/v1/messages", "/api/v1/dispatch/tenants/\(stage.tenant)/emails"] {
            for (query, count) in [
                ("since=\(day(0))&until=\(day(0))", 1), ("since=\(day(1))", 0), ("until=\(day(-1))", 0),
                ("since=\(day(-1))&until=\(day(1))", 1),
            ] {
                let list = try await stage.get("\(path)?\(query)")
                #expect(list.status == 200 && list.data.elements.count == count, "\(query)")
            }
            for wrong in ["2026-02-30", "2026-13-01", "2026-1-1", "2026-01-01T", "today", ""] {
                #expect(try await stage.get("\(path)?since=\(wrong)").status == 400, "\(wrong)")
            }
        }
        await stage.stop()
    }

    @Test func `a status without a word is refused in every dialect`() async throws {
        let stage = try await LogStage()
        for path in [
            "/v1/messages", "/api/v1/emails", "/api/v1/messages",
            "/api/v1/dispatch/tenants/\(stage.tenant)/emails",
        ] {
            for words in ["", ",", "odd", "delivered,odd"] {
                #expect(try await stage.get("\(path)?status=\(words)").status == 400, "\(path) \(words)")
            }
        }
        await stage.stop()
    }

    @Test func `the history is strictly the oldest first`() async throws {
        let stage = try await LogStage()
        let story = stage.story()
        var delivered = story.event(.delivered, to: "alice@example.org", after: 9_000)
        delivered.durationMilliseconds = 8_000
        let bounced = story.event(.bounced, to: "gone@example.org", after: 5_000)
        try await stage.report([story.accepted(), EventRecord(bounced), EventRecord(delivered)])
        let events = try await stage.get("/v1/messages/\(story.message)/events").data.elements
        #expect(events.map { $0["type"].text } == ["queued", "sent", "bounced", "delivered"])
        #expect(
            events.compactMap { $0["timestamp"].text } == events.compactMap { $0["timestamp"].text }.sorted())
        await stage.stop()
    }

    @Test func `emails of test keys are listed apart, and each says which it is`() async throws {
        let stage = try await LogStage()
        let (live, test) = (stage.story(), stage.story())
        try await stage.report([live.accepted(), test.accepted(isTest: true)])
        let testKey = try await stage.key(#""mode":"test""#)
        for (query, key, expected) in [
            ("", stage.key, [live]), ("", testKey, [test]), ("?mode=test", stage.key, [test]),
            ("?mode=live", testKey, [live]), ("?mode=all", stage.key, [test, live]),
        ] {
            let list = try await stage.get("/api/v1/emails\(query)", by: key)
            let ids = Set(list.data.elements.compactMap { $0["id"].text })
            #expect(ids == Set(expected.map(\.message.description)), "\(query)")
            #expect(list.body["total"].integer == expected.count, "\(query)")
        }
        #expect(try await stage.get("/api/v1/emails/\(test.message)").body["mode"] == "test")
        #expect(try await stage.get("/api/v1/emails/\(live.message)").body["mode"] == "live")
        #expect(try await stage.get("/api/v1/emails?mode=odd").status == 400)
        await stage.stop()
    }

    @Test func `mail of test keys is marked in the lists that show all, and can be left out`() async throws {
        let stage = try await LogStage()
        let (live, test) = (stage.story(), stage.story())
        try await stage.report([live.accepted(), test.accepted(isTest: true)])
        let (liveID, testID) = (live.message.description, test.message.description)
        for path in ["/v1/messages", "/api/v1/dispatch/tenants/\(stage.tenant)/emails"] {
            for (query, expected) in [
                ("", [liveID: "live", testID: "test"]), ("?mode=live", [liveID: "live"]),
                ("?mode=test", [testID: "test"]),
            ] {
                let list = try await stage.get("\(path)\(query)").data.elements
                let modes = list.map { ($0["id"].text ?? "", $0["mode"].text ?? "") }
                #expect(Dictionary(modes) { first, _ in first } == expected, "\(path)\(query)")
            }
            #expect(try await stage.get("\(path)?mode=all").status == 400)
            #expect(try await stage.get("\(path)/\(test.message)").data["mode"] == "test")
        }
        await stage.stop()
    }

    @Test func `a user's token for one tenant is at home in it, and only as far as its role goes`()
        async throws
    {
        let stage = try await LogStage()
        let story = stage.story()
        try await stage.report([story.accepted()])
        let other = try await stage.control.tenant(stage.token)
        func token(_ tenants: [TenantID: MemberRole], isStored: Bool = true) async throws -> String {
            let rows = try await stage.control.context.pool.query(
                """
                INSERT INTO users (email, password_hash) VALUES (gen_random_uuid()::text, 'none')
                RETURNING id
                """, as: .system)
            let id = try #require(rows.first)["id", as: UUID.self].text
            for (tenant, role) in tenants where isStored {
                try await stage.control.context.pool.query(
                    """
                    INSERT INTO memberships (tenant_id, subject, role)
                    VALUES (\(tenant.uuid), \(id), \(role.rawValue))
                    """, as: .system)
            }
            return try stage.control.context.tokens.issue(
                subject: id, email: "x@people.example", tenants: tenants, isOperator: false,
                now: stage.control.context.nowSeconds)
        }
        let viewer = try await token([stage.tenant: .viewer])
        let paths = ["/v1/messages", "/api/v1/emails", "/api/v1/messages", "/v1/webhooks"]
        for path in paths { #expect(try await stage.get(path, by: viewer).status == 200, "\(path)") }
        let cancel = try await stage.control.call(
            "POST", "/api/v1/emails/\(story.message)/cancel", token: viewer)
        #expect(cancel.status == 403 && cancel.code == "scope_missing")
        let both = try await token([stage.tenant: .owner, other: .owner])
        let gone = try await token([stage.tenant: .owner], isStored: false)
        for path in paths {
            #expect(try await stage.get(path, by: both).status == 403, "\(path)")
            #expect(try await stage.get(path, by: gone).status == 404, "\(path)")
        }
        await stage.stop()
    }
}
