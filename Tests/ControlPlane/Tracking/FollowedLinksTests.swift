import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// Opens, clicks and unsubscriptions as nodes report them.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct FollowedLinksTests {
    private func followed(
        _ kind: EventKind, _ story: Story, url: String? = nil, machine: String? = nil,
        after: Int64 = 60_000
    ) -> EventRecord {
        var event = story.event(kind, to: "alice@example.org", after: after)
        event.reader = Event.Reader(
            userAgent: "Reader/1.0", network: "203.0.113.0/24", url: url, machineReason: machine)
        return EventRecord(event)
    }

    private func numbered(_ records: [EventRecord], from first: Int = 1) -> [(
        seq: UInt64, record: EventRecord
    )] {
        records.enumerated().map { (seq: UInt64(first + $0.offset), record: $0.element) }
    }

    @Test func `people are counted, machines stand in the timeline alone`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let story = Story(tenant: tenant, node: node.number)
        let early = [
            story.accepted(), followed(.opened, story, machine: "google_image_proxy"),
            followed(.clicked, story, url: "https://x.example/", machine: "bot"),
        ]
        _ = try await node.report(numbered(early))
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM emails WHERE opened_at IS NULL AND clicked_at IS NULL
                """) == 1)
        let late = [
            followed(.opened, story, after: 70_000), followed(.opened, story, after: 90_000),
            followed(.clicked, story, url: "https://x.example/?a=\"b\"", after: 95_000),
        ]
        _ = try await node.report(numbered(late, from: 4))
        for (column, sum) in [("opened", 2), ("clicked", 1), ("unsubscribed", 0)] {
            #expect(
                try await control.count(
                    "SELECT sum(\(identifier: column)) AS n FROM usage_daily") == sum, "\(column)")
        }
        let path = "/api/v1/dispatch/tenants/\(tenant)/emails/\(story.message)"
        let email = try await control.call("GET", path, token: token).data
        let events = email["events"].elements
        #expect(
            events.map { $0["event"].text ?? "" } == [
                "accepted", "opened", "clicked", "opened", "opened", "clicked",
            ])
        #expect(events[1]["machine"].bool == true)
        #expect(events[1]["machine_reason"].text == "google_image_proxy")
        #expect(events[3]["machine"].bool == false && events[3]["user_agent"].text == "Reader/1.0")
        #expect(events[3]["network"].text == "203.0.113.0/24")
        #expect(events[5]["url"].text == "https://x.example/?a=\"b\"")
        #expect(email["opened_at"].text != nil && email["clicked_at"].text != nil)
        await node.stop()
        await control.stop()
    }

    @Test func `a word from captured mail is told and suppresses nobody, whenever the mail is told of`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let story = Story(tenant: tenant, node: node.number)
        var word = followed(.unsubscribed, story).event
        word.isTest = true
        // From another node than the message, before it and after it.
        _ = try await node.report(numbered([EventRecord(word), story.accepted(), EventRecord(word)]))
        #expect(try await control.count("SELECT count(*) AS n FROM suppressions") == 0)
        let path = "/api/v1/dispatch/tenants/\(tenant)/emails/\(story.message)"
        let email = try await control.call("GET", path, token: token).data
        #expect(email["events"].elements.contains { $0["event"].text == "unsubscribed" })
        await node.stop()
        await control.stop()
    }

    @Test func `who unsubscribes is suppressed, with the event that proves it, for this tenant alone`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let (tenant, other) = (try await control.tenant(token), try await control.tenant(token))
        let story = Story(tenant: tenant, node: node.number)
        // The message is of another node, which has not reported it: the word counts all the same.
        _ = try await node.report(numbered([followed(.unsubscribed, story)]))
        let list = "/api/v1/dispatch/tenants/\(tenant)/suppressions"
        let row = try await control.call("GET", list, token: token).data[0]
        #expect(row["email"].text == "alice@example.org" && row["source"].text == "unsubscribe")
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM suppressions WHERE source = 'unsubscribe'
                AND message_id = \(try #require(UUID(uuidString: "\(story.message)")))
                AND event_node = \(Int32(node.number)) AND event_seq = 1
                """) == 1)
        let snapshot = try await node.snapshot { $0.isSuppressed("ALICE@example.org", tenant: tenant) }
        #expect(!snapshot.isSuppressed("alice@example.org", tenant: other))
        // Another tenant's message under this tenant's name is in nobody's log.
        let foreign = Story(tenant: other, node: node.number)
        var event = foreign.event(.opened, to: "alice@example.org")
        event.tenant = tenant
        _ = try await node.report(
            numbered([foreign.accepted(), EventRecord(event), followed(.unsubscribed, foreign)], from: 2))
        #expect(try await control.count("SELECT count(*) AS n FROM events WHERE kind = 'opened'") == 0)
        #expect(try await control.count("SELECT sum(unsubscribed) AS n FROM usage_daily") == 2)
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM suppressions WHERE address = 'alice@example.org'") == 2)
        await node.stop()
        await control.stop()
    }
}
