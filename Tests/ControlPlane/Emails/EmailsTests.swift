import Crypto
import FoundationEssentials
import NodeProtocol
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

        let detail = try await control.call("GET", "\(path)/\(story.message)", token: token)
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
