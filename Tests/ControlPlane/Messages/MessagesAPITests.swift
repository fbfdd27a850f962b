import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct MessagesAPITests {
    /// A control plane with a node, a tenant, and a key of it.
    private struct World {
        let control: ServiceFixture
        let node: FakeNode
        let tenant: TenantID
        let key: String

        init() async throws {
            control = try await ServiceFixture.make()
            let token = try await control.operatorToken()
            node = try await control.node(token)
            tenant = try await control.tenant(token)
            key = try await Self.key(control, token, tenant)
        }

        static func key(_ control: ServiceFixture, _ token: String, _ tenant: TenantID) async throws -> String
        {
            let made = try await control.call(
                "POST", "/api/v1/dispatch/tenants/\(tenant)/api-keys", token: token,
                json: #"{"name":"k","scopes":["*"],"rate_limit_per_minute":10000}"#)
            return try #require(made.data["key"].text)
        }

        func get(_ path: String) async throws -> ServiceFixture.Answer {
            try await control.call("GET", path, token: key)
        }

        func report(_ records: [EventRecord], from first: UInt64 = 1) async throws {
            let numbered = records.enumerated().map {
                (seq: first + UInt64($0.offset), record: $0.element)
            }
            #expect(try await node.report(numbered).status == 200)
        }

        func stop() async {
            await node.stop()
            await control.stop()
        }
    }

    @Test func `a message is told with what became of it, and its history`() async throws {
        let world = try await World()
        let story = Story(tenant: world.tenant, node: world.node.number)
        var records = story.deliveredAndBounced().map(\.record)
        records[0].event.accepted?.from = "Me <me@sender.example>"
        records[0].event.accepted?.metadata = ["userId": "17"]
        try await world.report(
            records + [EventRecord(story.event(.opened, to: "alice@example.org", after: 9_000))])
        let one = try await world.get("/v1/messages/\(story.message)")
        #expect(one.status == 200)
        #expect(one.data["id"].text == story.message.description)
        #expect(one.data["message_id"].text == "<abc@sender.example>")
        #expect(one.data["from"].text == "me@sender.example")
        #expect(one.data["to"] == ["alice@example.org", "gone@example.org"])
        #expect(one.data["status"].text == "bounced")
        #expect(one.data["metadata"] == ["userId": "17"])
        for time in ["sent_at", "delivered_at", "opened_at", "bounced_at", "created_at"] {
            #expect(one.data[time].text != nil, "\(time)")
        }
        #expect(one.data["clicked_at"] == .null)
        let events = try await world.get("/v1/messages/\(story.message)/events").data.elements
        #expect(
            events.map { $0["type"].text } == [
                "queued", "deferred", "sent", "delivered", "bounced", "opened",
            ])
        #expect(events[0]["metadata"] == [:])
        #expect(events[3]["metadata"]["response"].text == "250 2.0.0 queued as 77")
        #expect(events[4]["metadata"]["classification"].text == "InvalidMailbox")
        #expect(Set(events.compactMap { $0["id"].text }).count == 6)
        await world.stop()
    }

    @Test func `lists are filtered by this API's words, and tell whether there is more`() async throws {
        let world = try await World()
        var records: [EventRecord] = []
        for number in 0..<5 {
            let story = Story(tenant: world.tenant, node: world.node.number)
            let isLater = number == 4
            records.append(
                story.accepted(
                    scheduledAt: isLater ? story.start + 3_600_000 : nil, to: ["j\(number)@example.org"]))
            if number < 2 {
                records.append(EventRecord(story.event(.delivered, to: "j\(number)@example.org")))
            }
            if number == 2 { records.append(EventRecord(story.event(.expired, to: "j2@example.org"))) }
        }
        let other = Story(
            tenant: try await world.control.tenant(try await world.control.operatorToken()),
            node: world.node.number)
        try await world.report(records + [other.accepted()])
        for (query, count, total, hasMore) in [
            ("", 5, 5, false), ("?limit=2", 2, 5, true), ("?limit=2&offset=4", 1, 5, false),
            ("?status=delivered", 2, 2, false), ("?status=failed", 1, 1, false),
            ("?status=queued", 1, 1, false),
            ("?status=scheduled", 1, 1, false), ("?status=pending", 0, 0, false),
            ("?status=delivered,failed", 3, 3, false), ("?to=J3@example.org", 1, 1, false),
            ("?since=2020-01-01T00:00:00Z", 5, 5, false), ("?until=2020-01-01T00:00:00Z", 0, 0, false),
        ] {
            let list = try await world.get("/v1/messages\(query)")
            #expect(list.data.elements.count == count, "\(query)")
            #expect(list.body["meta"]["count"].integer == count, "\(query)")
            #expect(list.body["meta"]["total"].integer == total, "\(query)")
            #expect(list.body["meta"]["has_more"].bool == hasMore, "\(query)")
        }
        let waiting = try await world.get("/v1/messages/scheduled")
        #expect(waiting.data.elements.map { $0["status"].text } == ["scheduled"])
        #expect(waiting.data[0]["scheduled_at"].text != nil && waiting.body["meta"]["total"].integer == 1)
        for query in ["limit=0", "limit=101", "offset=-1", "status=odd", "status=", "since=yesterday"] {
            #expect(try await world.get("/v1/messages?\(query)").status == 400, "\(query)")
        }
        await world.stop()
    }

    @Test func `what is not there is 404 for every id, and a user's token names no tenant`() async throws {
        let world = try await World()
        for id in ["msg_1a2b3c4d5e6f", "x", UUID().text, "00000000-0000-7000-8000-000000000000"] {
            for (method, path) in [("GET", ""), ("GET", "/events"), ("DELETE", "/schedule")] {
                let answer = try await world.control.call(
                    method, "/v1/messages/\(id)\(path)", token: world.key)
                #expect(answer.status == 404, "\(method) \(id)\(path)")
                #expect(answer.code == "message_not_found")
            }
        }
        let member = try await world.control.memberToken(of: world.tenant, role: "owner")
        #expect(try await world.control.call("GET", "/v1/messages", token: member).status == 403)
        await world.stop()
    }

    @Test func `an analysis knows the sender's domain, templates and suppressions`() async throws {
        let world = try await World()
        func analyze(_ json: String) async throws -> ServiceFixture.Answer {
            try await world.control.call("POST", "/v1/messages/analyze", token: world.key, json: json)
        }
        let example =
            #"{"from":"a@mail.shop.example","to":"j@example.org","subject":"Test email","#
            + #""html":"<p>Content here</p>"}"#
        let unknown = try await analyze(example)
        #expect(unknown.status == 200)
        #expect(unknown.data["can_send"].bool == false && unknown.data["critical_count"].integer == 1)
        #expect(unknown.data["issues"][0]["subtype"].text == "domain_not_verified")
        try await world.control.asOwner(
            """
            INSERT INTO domains (tenant_id, domain, status, verified_at, covers_subdomains, ownership_token,
                selector, dkim_private_sealed, dkim_public, checks)
            VALUES (\(world.tenant.uuid), 'shop.example', 'verified', now(), true, 't', 'dispatch', '', '',
                '[{"recordType":"TXT","host":"_dmarc.shop.example","purpose":"","expected":"","found":[],
                   "status":"missing"},
                  {"recordType":"TXT","host":"shop.example","purpose":"","expected":"","found":[],
                   "status":"unreachable"}]')
            """)
        let verified = try await analyze(example)
        #expect(verified.data["can_send"].bool == true && verified.data["score"].integer == 87)
        #expect(verified.data["grade"].text == "good")
        #expect(
            verified.data["issues"].elements.map { $0["subtype"].text } == ["missing_dmarc", "missing_text"])
        #expect(verified.data["issues"][1]["type"].text == "content")
        try await world.control.asOwner(
            """
            INSERT INTO suppressions (tenant_id, address, source)
            VALUES (\(world.tenant.uuid), 'j@example.org', 'manual')
            """)
        let suppressed = try await analyze(example)
        #expect(suppressed.data["issues"][0]["subtype"].text == "all_suppressed")
        let template = try await analyze(
            #"{"from":"a@shop.example","to":"k@example.org","template_id":"none","template_data":{}}"#)
        #expect(template.data["issues"].elements.contains { $0["subtype"].text == "invalid_template" })
        let wrong = try await analyze(#"{"from":"a@shop.example","odd":1}"#)
        #expect(wrong.status == 400 && wrong.code == "unknown_field")
        #expect(try await world.control.count("SELECT count(*) AS n FROM emails") == 0)
        await world.stop()
    }

    @Test func `an analysis foretells what a send would say of sender, recipients and size`() async throws {
        let world = try await World()
        let token = try await world.control.operatorToken()
        let other = try await world.control.tenant(token)
        func issues(_ fields: String, key: String? = nil) async throws -> [String?] {
            let answer = try await world.control.call(
                "POST", "/v1/messages/analyze", token: key ?? world.key,
                json: #"{"subject":"Test email","text":"Content here, and more of it",\#(fields)}"#)
            #expect(answer.status == 200, "\(answer.body)")
            return answer.data["issues"].elements.filter { $0["severity"] == "critical" }
                .map { $0["subtype"].text }
        }
        func claim(_ domain: String, _ tenant: TenantID, _ status: String) async throws {
            try await world.control.asOwner(
                """
                INSERT INTO domains (tenant_id, domain, status, verified_at, covers_subdomains,
                    ownership_token, selector, dkim_private_sealed, dkim_public, checks)
                VALUES (\(tenant.uuid), \(domain), \(status), now(), true, 't', 'dispatch', '', '', '[]')
                """)
        }
        try await claim("shop.example", world.tenant, "verified")
        try await claim("news.shop.example", world.tenant, "pending")
        try await claim("theirs.shop.example", other, "verified")
        let bound = try await world.control.call(
            "POST", "/api/v1/dispatch/tenants/\(world.tenant)/api-keys", token: token,
            json: #"{"name":"k","scopes":["*"],"domain":"news.shop.example"}"#)
        let boundKey = try #require(bound.data["key"].text)
        let to = #""to":"j@example.org""#
        #expect(try await issues(#""from":"a@news.shop.example",\#(to)"#).isEmpty)
        #expect(try await issues(#""from":"a@theirs.shop.example",\#(to)"#) == ["domain_not_verified"])
        #expect(try await issues(#""from":"a@x.theirs.shop.example",\#(to)"#) == ["domain_not_verified"])
        #expect(try await issues(#""from":"a@shop.example",\#(to)"#).isEmpty)
        #expect(
            try await issues(#""from":"a@shop.example",\#(to)"#, key: boundKey) == ["domain_not_verified"])
        #expect(try await issues(#""from":"a@news.shop.example",\#(to)"#, key: boundKey).isEmpty)
        try await world.control.asOwner(
            "UPDATE plans SET max_recipients = 2, max_message_bytes = 100 WHERE true")
        let three = #""to":["a@example.org","b@example.org","c@example.org"]"#
        #expect(try await issues(#""from":"a@shop.example",\#(three)"#) == ["too_many_recipients"])
        let twice = #""to":["a@example.org","b@example.org","A@example.org"]"#
        #expect(try await issues(#""from":"a@shop.example",\#(twice)"#).isEmpty)
        let html = #""html":"<p>\#(String(repeating: "word ", count: 30))</p>""#
        #expect(try await issues(#""from":"a@shop.example",\#(to),\#(html)"#) == ["message_too_large"])
        await world.stop()
    }

    @Test func `nodes are told the hours in which people opened, and an erased address has none`()
        async throws
    {
        let world = try await World()
        let story = Story(tenant: world.tenant, node: world.node.number)
        let hour: Int64 = 3_600_000
        let eight = (story.start / (24 * hour) + 1) * 24 * hour + 8 * hour - story.start
        var opens = [eight, eight + 60_000, eight + 3 * hour].map {
            EventRecord(story.event(.opened, to: "Alice@example.org", after: $0))
        }
        opens.append(EventRecord(story.event(.opened, to: "stranger@example.org", after: eight)))
        try await world.report([story.accepted(to: ["Alice@example.org"])] + opens)
        #expect(
            try await world.control.count("SELECT count(*) AS n FROM events WHERE recipient LIKE 'str%'")
                == 0)
        func ask(_ tenant: TenantID, _ addresses: [String]) async throws -> JSONValue {
            let body = Array(
                try JSONEncoder().encode(OpenHours.Question(tenant: tenant, addresses: addresses)))
            let answer = try await world.control.send(
                "POST", NodePaths.openHours,
                headers: try world.node.headers("POST", NodePaths.openHours, body: body), body: body)
            #expect(answer.status == 200)
            return answer.body["opens"]
        }
        let known = try await ask(world.tenant, ["alice@example.org", "stranger@example.org"])
        #expect(known.members.count == 1)
        let counts = known["alice@example.org"].elements.map { $0.integer ?? -1 }
        #expect(counts == (0..<24).map { [8: 2, 11: 1][$0] ?? 0 })
        #expect(try await ask(TenantID(UUID()), ["alice@example.org"]) == [:])
        #expect(try await world.control.send("POST", NodePaths.openHours, body: [123, 125]).status == 401)

        let token = try await world.control.operatorToken()
        let erased = try await world.control.call(
            "POST", "/api/v1/dispatch/tenants/\(world.tenant)/emails/erase", token: token,
            json: #"{"address":"alice@example.org"}"#)
        #expect(erased.status == 200)
        #expect(try await ask(world.tenant, ["alice@example.org"]) == [:])
        try await world.report([opens[0]], from: 6)
        #expect(try await ask(world.tenant, ["alice@example.org"]) == [:])
        for table in ["emails", "email_recipients", "events", "open_hours", "audit_log"] {
            let traces = try await world.control.count(
                "SELECT count(*) AS n FROM \(identifier: table) t WHERE t::text ILIKE '%alice@example.org%'")
            #expect(traces == 0, "\(table)")
        }
        await world.stop()
    }
}
