import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

/// How mail leaves: what operators say, what is refused, and what nodes are told.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct ShapingTests {
    private static let path = "/api/v1/admin/shaping"
    private static let rule = """
        {"id":"slow-example","destination":"*.example.com","code":"421","action":"slow_lane",
         "limits":{"max_connections":1},"duration_seconds":600,"reason":"asked for less"}
        """

    @Test func `what an operator says of a provider holds over what is built in, until it is deleted`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let put = try await control.call(
            "PUT", "\(Self.path)/providers/google", token: token,
            json: #"{"id":"google","hosts":["*.google.com"],"limits":{"max_connections":3}}"#)
        #expect(put.status == 200)
        let told = try await node.snapshot {
            $0.global.shaping?.providers.first { $0.id == "google" }?.limits.maxConnections == 3
        }
        #expect(told.global.shaping?.providers.count == Shaping.builtIn.providers.count)
        let all = try await control.call("GET", Self.path, token: token)
        let google = all.data["providers"].elements.first { $0["id"].text == "google" }
        #expect(google?["origin"] == "operator")
        #expect(google?["limits"]["max_connections"] == 3)
        #expect(all.data["providers"].elements.first { $0["id"].text == "yahoo" }?["origin"] == "built_in")
        #expect(all.data["problems"] == [])

        let path = "\(Self.path)/providers/google"
        #expect(try await control.call("DELETE", path, token: token).status == 200)
        _ = try await node.snapshot { $0.global.shaping == Shaping.builtIn }
        #expect(try await control.call("GET", path, token: token).data["origin"] == "built_in")
        let again = try await control.call("DELETE", path, token: token)
        #expect((again.status, again.code) == (409, "built_in"))
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM audit_log WHERE action IN ('provider.created', 'provider.deleted')"
            ) == 2)
        await node.stop()
        await control.stop()
    }

    @Test func `a rule that names a provider which does not exist is refused and changes nothing`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let bad = #"""
            {"id":"bad","provider":"gogle","code":"421","action":"suspend_lane","window_seconds":0,
             "duration_seconds":60,"reason":"x"}
            """#
        let before = try await control.count(
            "SELECT revision AS n FROM chunk_revisions WHERE name = 'global'")
        let answer = try await control.call("POST", "\(Self.path)/rules", token: token, json: bad)
        #expect((answer.status, answer.code) == (422, "invalid_shaping"))
        #expect(answer.body["error"]["field"] == "rules[bad].provider")
        #expect(answer.body["error"]["message"].text?.contains("`gogle`") == true)
        #expect(
            answer.body["error"]["details"].elements.map { $0["path"] } == [
                "rules[bad].provider", "rules[bad].window_seconds",
            ])
        #expect(
            try await control.count("SELECT revision AS n FROM chunk_revisions WHERE name = 'global'")
                == before)
        #expect(try await control.count("SELECT count(*) AS n FROM shaping_rules") == 0)

        let unknown = try await control.call(
            "POST", "\(Self.path)/rules", token: token, json: #"{"id":"x","durationSeconds":1}"#)
        #expect(unknown.status == 400)
        let other = try await control.call(
            "PUT", "\(Self.path)/rules/another", token: token, json: Self.rule)
        #expect((other.status, other.body["error"]["field"]) == (400, "id"))
        await control.stop()
    }

    @Test func `a provider that a rule names cannot be deleted before the rule`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        func call(_ method: String, _ path: String, _ json: String? = nil) async throws
            -> ServiceFixture.Answer
        {
            try await control.call(method, "\(Self.path)/\(path)", token: token, json: json)
        }
        #expect(
            try await call("POST", "providers", #"{"id":"acme","hosts":["*.acme.example"],"limits":{}}"#)
                .status == 201)
        #expect(
            try await call("POST", "providers", #"{"id":"acme","hosts":["*.acme.example"]}"#).status == 409)
        let rule = """
            {"id":"acme","provider":"acme","contains":"slow down","action":"suspend_lane",
             "duration_seconds":60,"reason":"asked"}
            """
        #expect(try await call("POST", "rules", rule).status == 201)
        let refused = try await call("DELETE", "providers/acme")
        #expect((refused.status, refused.code) == (409, "in_use"))
        #expect(refused.body["error"]["field"] == "rules[acme].provider")
        #expect(try await call("DELETE", "rules/acme").status == 200)
        #expect(try await call("DELETE", "providers/acme").status == 200)
        #expect(try await call("DELETE", "providers/acme").status == 404)
        #expect(try await call("GET", "providers/acme").status == 404)
        await control.stop()
    }

    @Test func `sources belong to nodes, pools to sources, plans to pools, and tenants are told`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        func put(_ path: String, _ json: String) async throws -> ServiceFixture.Answer {
            try await control.call("PUT", "/api/v1/admin/\(path)", token: token, json: json)
        }
        let nowhere = try await put(
            "shaping/sources/a1", #"{"id":"a1","node":999,"hello_name":"a1.example.com"}"#)
        #expect((nowhere.status, nowhere.body["error"]["field"]) == (422, "sources[a1].node"))
        let source = """
            {"id":"a1","node":\(node.number),"ipv4":"192.0.2.1","hello_name":"a1.example.com",
             "warm_up":"standard","warm_up_since":"2026-11-01T00:00:00Z"}
            """
        #expect(try await put("shaping/sources/a1", source).status == 200)
        #expect(
            try await put("shaping/pools/main", #"{"id":"main","members":[{"source":"a2","weight":1}]}"#)
                .status == 422)
        #expect(
            try await put("shaping/pools/main", #"{"id":"main","members":[{"source":"a1","weight":7}]}"#)
                .status == 200)
        let missing = try await put("plans/free", #"{"bulk_pool":"other"}"#)
        #expect((missing.status, missing.body["error"]["field"]) == (422, "bulk_pool"))
        #expect(try await put("plans/free", #"{"bulk_pool":"main"}"#).data["bulk_pool"] == "main")

        let held = try await node.snapshot { $0.tenant(tenant)?.limits.bulkPool == "main" }
        #expect(held.tenant(tenant)?.limits.transactionalPool == nil)
        let shaping = try #require(held.global.shaping)
        #expect(
            shaping.sources == [
                EgressSource(
                    id: "a1", node: node.number, ipv4: "192.0.2.1", helloName: "a1.example.com",
                    warmUp: "standard", warmUpSince: 1_793_491_200)
            ])
        #expect(shaping.pools == [EgressPool(id: "main", members: [.init(source: "a1", weight: 7)])])

        for (path, field) in [
            ("sources/a1", "pools[main].members[0].source"), ("pools/main", "plans[free]"),
        ] {
            let used = try await control.call("DELETE", "\(Self.path)/\(path)", token: token)
            #expect((used.status, used.body["error"]["field"].text) == (409, field))
        }
        #expect(try await put("plans/free", #"{"bulk_pool":""}"#).status == 200)
        for path in ["pools/main", "sources/a1"] {
            #expect(try await control.call("DELETE", "\(Self.path)/\(path)", token: token).status == 200)
        }
        _ = try await node.snapshot {
            $0.global.shaping?.sources == [] && $0.tenant(tenant)?.limits.bulkPool == nil
        }
        await node.stop()
        await control.stop()
    }

    @Test func `all rows are replaced at once or not at all, and a dry run says what would change`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        func put(_ json: String, _ query: String = "") async throws -> ServiceFixture.Answer {
            try await control.call("PUT", "\(Self.path)/rows\(query)", token: token, json: json)
        }
        _ = try await control.call(
            "POST", "\(Self.path)/providers", token: token, json: #"{"id":"old","hosts":["mx.old.example"]}"#)
        let document = """
            {"providers":[],"rules":[\(Self.rule)],"sources":[],"pools":[],
             "warm_ups":[{"id":"slow","groups":[{"first_day":10,"growth":1.5,"warm_at":1000}]}]}
            """
        let dry = try await put(document, "?dry_run=true")
        #expect(dry.status == 200)
        #expect(
            dry.data["changes"] == [
                ["table": "providers", "id": "old", "change": "deleted"],
                ["table": "rules", "id": "slow-example", "change": "created"],
                ["table": "warm-ups", "id": "slow", "change": "created"],
            ])
        #expect(try await control.count("SELECT count(*) AS n FROM shaping_rules") == 0)
        #expect(try await put(document).status == 200)
        #expect(try await put(document).data["changes"] == [])

        let rows = try await control.call("GET", "\(Self.path)/rows", token: token)
        #expect(rows.data["providers"] == [])
        #expect(rows.data["rules"][0]["window_seconds"] == 3_600)
        #expect(rows.data["warm_ups"][0]["groups"][0]["warm_at"] == 1_000)
        let exported = String(decoding: try JSONEncoder().encode(rows.data), as: UTF8.self)
        #expect(try await put(exported).data["changes"] == [])
        let twice = try await put(document.replacing("[\(Self.rule)]", with: "[\(Self.rule),\(Self.rule)]"))
        #expect(twice.status == 422)
        #expect(try await put(document, "?dry_run=perhaps").status == 400)
        await control.stop()
    }

    @Test func `what came into the database with a problem is not published, and everything else is`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        _ = try await control.call("POST", "\(Self.path)/rules", token: token, json: Self.rule)
        let good = try await node.snapshot { $0.global.shaping?.rules.first?.id == "slow-example" }

        try await control.asOwner(
            """
            INSERT INTO shaping_rules (
                id, position, enabled, provider, code, threshold, window_seconds, action, duration_seconds,
                reason)
            VALUES ('bad', 1, true, 'nobody', '4', 1, 60, 'suspend_lane', 60, 'by hand')
            """)
        let all = try await control.call("GET", Self.path, token: token)
        #expect(all.data["problems"].elements.map { $0["path"] } == ["rules[bad].provider"])
        let tenant = try await control.tenant(token)
        let after = try await node.snapshot { $0.version > good.version && $0.tenant(tenant) != nil }
        #expect(after.global.shaping == good.global.shaping)

        // It keeps nobody from changing other rows, and is gone once it is mended.
        let mended = try await control.call(
            "PUT", "\(Self.path)/rules/bad", token: token,
            json: Self.rule.replacing("slow-example", with: "bad"))
        #expect(mended.status == 200)
        _ = try await node.snapshot { $0.global.shaping?.rules.contains { $0.id == "bad" } == true }
        await node.stop()
        await control.stop()
    }

    @Test func `lists have pages, and only operators see them`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        for number in 1...3 {
            _ = try await control.call(
                "POST", "\(Self.path)/providers", token: token,
                json: #"{"id":"p\#(number)","position":\#(10 - number),"hosts":["mx\#(number).example.com"]}"#
            )
        }
        let page = try await control.call("GET", "\(Self.path)/providers?limit=2&page=2", token: token)
        #expect(page.data.elements.map { $0["id"] } == ["p1"])
        #expect(page.body["pagination"]["total"] == 3)
        #expect(try await control.send("GET", "\(Self.path)/providers").status == 401)
        let other = try await control.send(
            "GET", Self.path, headers: [("Authorization", "Bearer dsp_live_x")])
        #expect(other.status == 401)
        await control.stop()
    }
}
