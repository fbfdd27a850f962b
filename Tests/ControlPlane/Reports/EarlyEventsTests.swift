import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// Opens and clicks that another node tells of before the one that accepted the message does.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct EarlyEventsTests {
    private static let reader = "alice@example.org"

    private struct World {
        let control: ServiceFixture
        let token: String
        let node: FakeNode
        let other: FakeNode
        let tenant: TenantID

        init() async throws {
            control = try await ServiceFixture.make()
            token = try await control.operatorToken()
            (node, other) = (try await control.node(token), try await control.node(token))
            tenant = try await control.tenant(token)
        }

        func waiting() async throws -> Int {
            try await control.count("SELECT count(*) AS n FROM early_events")
        }

        func settle() async throws { try await EarlyEvents.settle(control.context.pool, control.context.log) }

        func stop() async {
            await node.stop()
            await other.stop()
            await control.stop()
        }
    }

    private static func reactions(_ story: Story) -> [(seq: UInt64, record: EventRecord)] {
        var machine = story.event(.opened, to: reader, after: 50)
        machine.reader = Event.Reader(userAgent: "Robot", machineReason: "scanner")
        let events =
            [machine] + [EventKind.opened, .opened, .clicked].map { story.event($0, to: reader) }
            + [story.event(.opened, to: "stranger@example.org")]
        return events.enumerated().map { (seq: UInt64($0.offset + 1), record: EventRecord($0.element)) }
    }

    @Test func `they come into the timeline, the counters and the hours when the message does`()
        async throws
    {
        let world = try await World()
        let story = Story(tenant: world.tenant, node: world.node.number)
        let events = Self.reactions(story)
        #expect(try await world.other.report(events).body["acknowledged"].integer == 5)
        #expect(try await world.other.report(events).body["acknowledged"].integer == 5)
        #expect(try await world.waiting() == 5)
        try await world.settle()
        #expect(try await world.waiting() == 5)

        #expect(try await world.node.report([(1, story.accepted())]).status == 200)
        try await world.settle()
        try await world.settle()
        #expect(try await world.waiting() == 0)
        let path = "/api/v1/dispatch/tenants/\(world.tenant)/emails/\(story.message)"
        let email = try await world.control.call("GET", path, token: world.token).data
        #expect(
            email["events"].elements.map { $0["event"].text } == [
                "accepted", "opened", "opened", "opened", "clicked",
            ])
        #expect(email["events"][1]["machine_reason"].text == "scanner")
        #expect(email["events"][1]["node"].integer == Int(world.other.number))
        #expect(email["opened_at"].text != nil && email["clicked_at"].text != nil)
        for (column, expected) in [
            ("opened", 3), ("unique_opened", 1), ("clicked", 1), ("unique_clicked", 1),
        ] {
            let sum = try await world.control.count(
                "SELECT sum(\(identifier: column)) AS n FROM usage_daily")
            #expect(sum == expected, "\(column)")
        }
        #expect(
            try await world.control.count(
                "SELECT sum(opens) AS n FROM open_hours WHERE address = \(Self.reader)") == 2)
        await world.stop()
    }

    @Test func `one that the database refuses is passed over, alone`() async throws {
        let world = try await World()
        let story = Story(tenant: world.tenant, node: world.node.number)
        #expect(try await world.other.report(Self.reactions(story)).status == 200)
        try await world.control.asOwner(
            "ALTER TABLE events ADD CONSTRAINT no_poison CHECK (kind <> 'clicked')")
        #expect(try await world.node.report([(1, story.accepted())]).status == 200)
        try await world.settle()
        #expect(try await world.waiting() == 0)
        #expect(
            try await world.control.count("SELECT count(*) AS n FROM events WHERE kind = 'opened'") == 3)
        await world.stop()
    }

    @Test func `what is done with test mail counts for nothing, however early it is told`() async throws {
        let world = try await World()
        let story = Story(tenant: world.tenant, node: world.node.number)
        let events = Self.reactions(story).map { seq, record in
            var event = record.event
            event.isTest = true
            return (seq: seq, record: EventRecord(event))
        }
        #expect(try await world.other.report(events).status == 200)
        #expect(try await world.node.report([(1, story.accepted(isTest: true))]).status == 200)
        try await world.settle()
        #expect(try await world.waiting() == 0)
        #expect(
            try await world.control.count(
                "SELECT coalesce(sum(opened + clicked + unique_opened), 0)::bigint AS n FROM usage_daily")
                == 0)
        await world.stop()
    }

    @Test func `who is erased while they wait is erased from them`() async throws {
        let world = try await World()
        let story = Story(tenant: world.tenant, node: world.node.number)
        #expect(try await world.other.report(Self.reactions(story)).status == 200)
        let path = "/api/v1/dispatch/tenants/\(world.tenant)/emails/erase"
        let erased = try await world.control.call(
            "POST", path, token: world.token, json: #"{"address":"Alice@Example.org"}"#)
        #expect(erased.status == 200)
        #expect(try await world.waiting() == 1)
        await world.stop()
    }

    @Test func `those of messages that were erased, have left the log or never come are not kept`()
        async throws
    {
        let world = try await World()
        let erased = Story(tenant: world.tenant, node: world.node.number)
        #expect(try await world.node.report([(1, erased.accepted())]).status == 200)
        let path = "/api/v1/dispatch/tenants/\(world.tenant)/emails/\(erased.message)"
        #expect(try await world.control.call("DELETE", path, token: world.token).status == 200)
        let stranger = Story(tenant: TenantID(UUID()), node: world.node.number)
        let never = Story(tenant: world.tenant, node: world.node.number)
        let old = MessageID(
            milliseconds: UInt64(never.start - 4 * 86_400_000), node: world.node.number, random: (1, 2))
        let events = [
            erased.event(.opened, to: Self.reader), stranger.event(.opened, to: Self.reader),
            Event(
                .opened, message: old, tenant: world.tenant, at: never.start, node: world.other.number,
                recipient: Self.reader),
            never.event(.delivered, to: Self.reader), never.event(.unsubscribed, to: Self.reader),
        ].enumerated().map { (seq: UInt64($0.offset + 1), record: EventRecord($0.element)) }
        #expect(try await world.other.report(events).body["acknowledged"].integer == 5)
        #expect(try await world.waiting() == 1)
        try await world.control.asOwner(
            "UPDATE early_events SET arrived_at = now() - interval '73 hours' WHERE kind = 'unsubscribed'")
        try await world.settle()
        #expect(try await world.waiting() == 0)
        #expect(try await world.control.count("SELECT count(*) AS n FROM events") == 0)
        await world.stop()
    }
}
