import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct EmailsTests {
    @Test func `the log lists, opens the body, tells the timeline, and erases`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let snapshot = try await node.snapshot { $0.tenant(tenant) != nil }
        let story = Story(tenant: tenant, node: node.number)
        let key = try X25519PublicKey(raw: Array(try #require(snapshot.tenant(tenant)?.bodyKey)))
        let raw =
            "From: me@sender.example\r\nSubject: Welcome\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n"
        let sealed = try SealedBox.seal(
            Array(raw.utf8), to: key, context: Array(EventRecord.sealContext(story.message).utf8))
        #expect(try await node.report(story.deliveredAndBounced(sealedBody: sealed)).status == 200)

        let path = "/api/v1/dispatch/tenants/\(tenant)/emails"
        let list = try await control.call(
            "GET", "\(path)?page=1&limit=50&status=bounced&tag=welcome", token: token)
        #expect(list.body["pagination"]["total"].integer == 1)
        let item = list.data[0]
        #expect(item["id"].text == story.message.description)
        #expect(item["message_id"].text == "abc@sender.example")
        #expect(item["status"].text == "bounced")
        #expect(item["body_size_bytes"].integer == 2048)
        #expect(
            item.names.isSuperset(of: [
                "bounce_type", "queued_at", "delivered_at", "bounced_at", "expires_at",
            ]))
        for filter in [
            "to=nobody@example.org", "from=stranger", "subject=Goodbye", "tag=other", "status=queued",
        ] {
            let none = try await control.call("GET", "\(path)?\(filter)", token: token)
            #expect(none.body["pagination"]["total"].integer == 0, "\(filter)")
        }

        // An operator who is no member sees everything but the body.
        let stranger = try await control.operatorToken()
        let seen = try await control.call("GET", "\(path)/\(story.message)", token: stranger)
        #expect(seen.status == 200)
        #expect(seen.data["html_body"].text == nil)
        #expect(try await control.count(Self.openings) == 0)
        let member = try await control.memberToken(of: tenant, role: "viewer")
        let detail = try await control.call("GET", "\(path)/\(story.message)", token: member)
        #expect(try await control.count(Self.openings) == 1)
        #expect(detail.data["html_body"].text?.contains("<p>Hello</p>") == true)
        #expect(
            detail.data["events"].elements.compactMap { $0["event"].text } == [
                "accepted", "deferred", "delivered", "bounced",
            ])
        #expect(detail.data["recipients"].elements.count == 2)
        #expect(detail.data["metadata"]["order"].text == "17")

        #expect(try await control.call("DELETE", "\(path)/\(story.message)", token: token).status == 200)
        #expect(try await control.call("GET", "\(path)/\(story.message)", token: token).status == 404)
        #expect(try await control.count("SELECT sum(recipients) AS n FROM usage_monthly") == 2)
        await node.stop()
        await control.stop()
    }

    private static let openings: SQL = "SELECT count(*) AS n FROM audit_log WHERE action = 'email.opened'"

    @Test func `each filter finds what it asks for, and a list stops counting at ten thousand`() async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let (tenant, other) = (try await control.tenant(token), try await control.tenant(token))
        var seq: UInt64 = 0
        for (owner, sender, subject, tag, recipient) in [
            (tenant, "News@shop.example", "100% off_er", "news", "Alice@example.org"),
            (tenant, "orders@shop.example", "Your order 17", "order", "bob@example.org"),
            (other, "news@shop.example", "100% off_er", "news", "alice@example.org"),
        ] {
            var record = Story(tenant: owner, node: node.number).accepted(to: [recipient])
            record.event.accepted?.from = sender
            record.event.accepted?.subject = subject
            record.event.accepted?.tags = [tag]
            seq += 1
            #expect(try await node.report([(seq, record)]).status == 200)
        }
        let path = "/api/v1/dispatch/tenants/\(tenant)/emails"
        for (query, count) in [
            ("", 2), ("from=NEWS@", 1), ("from=shop.example", 2), ("from=order%2017", 0),
            ("subject=ORDER", 1),
            ("subject=100%25%20OFF_", 1), ("subject=100_", 0), ("subject=shop", 0),
            ("to=alice@EXAMPLE.org", 1),
            ("to=alice", 0), ("tag=news", 1), ("tag=new", 0), ("tag=news&to=alice@example.org", 1),
            ("tag=news&to=bob@example.org", 0), ("tag=order&from=orders&status=queued", 1),
            ("to=bob@example.org&status=delivered", 0), ("status=queued,deferred", 2),
            ("since=2020-01-01T00:00:00Z", 2), ("until=2020-01-01T00:00:00Z", 0), ("page=2&limit=1", 2),
        ] {
            let list = try await control.call("GET", "\(path)?\(query)", token: token)
            #expect(list.body["pagination"]["total"].integer == count, "\(query)")
            #expect(list.body["pagination"]["total_is_minimum"].bool == nil)
            #expect(list.data.elements.count == (query.hasPrefix("page") ? 1 : count), "\(query)")
        }
        try await control.asOwner(
            """
            INSERT INTO emails (tenant_id, accepted_at, id, node, expires_at)
            SELECT \(tenant.uuid), message_accepted_at(i), i, 1, now() + interval '9 days'
            FROM (SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS i
                  FROM generate_series(1, 10050) AS n) AS made
            """)
        let many = try await control.call("GET", path, token: token)
        #expect(many.body["pagination"]["total"].integer == 10_000)
        #expect(many.body["pagination"]["total_is_minimum"].bool == true)
        let deep = try await control.call("GET", "\(path)?limit=50&offset=10040", token: token)
        #expect(deep.data.elements.count == 12)
        #expect(deep.body["pagination"]["total"].integer == 10_052)
        await node.stop()
        await control.stop()
    }

    @Test func `an address is erased from every message of its tenant, and counters stay`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let (tenant, other) = (try await control.tenant(token), try await control.tenant(token))
        let shared = Story(tenant: tenant, node: node.number)
        var records = shared.deliveredAndBounced(sealedBody: [1, 2, 3]).map(\.record)
        let alone = Story(tenant: tenant, node: node.number)
        records.append(alone.accepted(sealedBody: [4], to: ["GONE@example.org"]))
        let elsewhere = Story(tenant: other, node: node.number)
        records.append(elsewhere.accepted(to: ["gone@example.org"]))
        let numbered = records.enumerated().map { (seq: UInt64($0.offset + 1), record: $0.element) }
        #expect(try await node.report(numbered).status == 200)

        let path = "/api/v1/dispatch/tenants/\(tenant)/emails"
        let wrong = try await control.call("POST", "\(path)/erase", token: token, json: #"{"address":"x"}"#)
        #expect(wrong.status == 400)
        let erased = try await control.call(
            "POST", "\(path)/erase", token: token, json: #"{"address":"Gone@Example.org"}"#)
        #expect(erased.data["erased"].integer == 2)
        #expect(try await control.call("GET", "\(path)/\(alone.message)", token: token).status == 404)
        let left = try await control.call("GET", "\(path)/\(shared.message)", token: token)
        #expect(left.data["to_addresses"].elements.map(\.text) == ["alice@example.org"])
        #expect(left.data["recipients"].elements.count == 1)
        let traces: SQL = """
            SELECT (SELECT count(*) FROM emails WHERE tenant_id = \(tenant.uuid) AND (body_sealed IS NOT NULL
                    OR 'gone@example.org' = ANY (SELECT lower(a) FROM unnest(to_addresses) AS a)))
                + (SELECT count(*) FROM events WHERE tenant_id = \(tenant.uuid)
                    AND lower(recipient) = 'gone@example.org')
                + (SELECT count(*) FROM email_recipients WHERE tenant_id = \(tenant.uuid)
                    AND folded = 'gone@example.org')
                + (SELECT count(*) FROM audit_log WHERE detail::text || record_id ILIKE '%gone@%') AS n
            """
        #expect(try await control.count(traces) == 0)
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM email_recipients WHERE tenant_id = \(other.uuid)") == 1)
        #expect(
            try await control.count(
                "SELECT sum(recipients) AS n FROM usage_daily WHERE tenant_id = \(tenant.uuid)") == 3)
        await node.stop()
        await control.stop()
    }

    @Test func `an address in two spellings is erased from more messages than one step takes`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let records = (1...300).map { number in
            let story = Story(tenant: tenant, node: node.number)
            return (
                seq: UInt64(number), record: story.accepted(to: ["gone@example.org", "GONE@example.org"])
            )
        }
        #expect(try await node.report(records).status == 200)
        let erased = try await control.call(
            "POST", "/api/v1/dispatch/tenants/\(tenant)/emails/erase", token: token,
            json: #"{"address":"gone@example.org"}"#)
        #expect(erased.status == 200)
        let left: SQL = "SELECT count(*) AS n FROM email_recipients WHERE tenant_id = \(tenant.uuid)"
        #expect(try await control.count(left) == 0)
        let kept: SQL =
            "SELECT count(*) AS n FROM emails WHERE tenant_id = \(tenant.uuid) AND erased_at IS NULL"
        #expect(try await control.count(kept) == 0)
        await node.stop()
        await control.stop()
    }

    @Test func `the queue sums what waits, and usage adds up`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let story = Story(tenant: tenant, node: node.number)
        _ = try await node.report(Array(story.deliveredAndBounced().prefix(2)))
        let queue = try await control.call("GET", "/api/v1/dispatch/tenants/\(tenant)/queue", token: token)
        #expect(queue.data["total"].integer == 2)
        #expect(queue.data["deferred"].integer == 1)
        #expect(queue.data["destinations"][0]["domain"].text == "example.org")
        let why = try await control.call(
            "GET", "/api/v1/dispatch/tenants/\(tenant)/queue/\(story.message)", token: token)
        #expect(why.data["status"].text == "deferred")
        let usage = try await control.call("GET", "/api/v1/dispatch/tenants/\(tenant)/usage", token: token)
        #expect(usage.data["emails_sent"].integer == 2)
        #expect(usage.data["breakdown"]["total"].integer == 2)
        #expect(
            usage.data.names.isSuperset(of: [
                "period_start", "period_end", "monthly_quota", "overage_enabled", "stats", "rates",
            ]))
        await node.stop()
        await control.stop()
    }

    @Test func `the ingestion API tells of a message that its node has forgotten, to the calling key alone`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        func key() async throws -> (id: String, secret: String) {
            let made = try await control.call(
                "POST", "/api/v1/dispatch/tenants/\(tenant)/api-keys", token: token,
                json: #"{"name":"k","scopes":["emails:read"]}"#)
            return (try #require(made.data["id"].text), try #require(made.data["key"].text))
        }
        let (mine, other) = (try await key(), try await key())
        var story = Story(tenant: tenant, node: node.number)
        story.apiKey = try #require(UUID(uuidString: mine.id))
        _ = try await node.report(story.deliveredAndBounced())
        let id = "spl_\(story.message.hexadecimal)"
        let status = try await control.call("GET", "/api/v1/messages/\(id)", token: mine.secret)
        #expect(status.body["id"].text == id)
        #expect(status.body["status"].text == "failed")
        #expect(status.body["provider"].text == "mx.example.org")
        #expect(status.body["providerMessageId"].text == "77")
        #expect(
            try await control.call("GET", "/api/v1/messages?status=failed", token: mine.secret).body[
                "messages"
            ].elements.count == 1)
        #expect(
            try await control.call("GET", "/api/v1/messages", token: other.secret).body["messages"].elements
                .isEmpty)
        let unknown = try await control.call(
            "GET", "/api/v1/messages/spl_\(String(repeating: "0", count: 32))", token: mine.secret)
        #expect(unknown.status == 404)
        #expect(unknown.body["status"].text == "unknown")
        await node.stop()
        await control.stop()
    }
}
