import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

/// `failed` without a recipient: a message that its node cannot read any more.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct LostMessagesTests {
    private func lost(_ story: Story, tenant: TenantID?) -> EventRecord {
        var event = story.event(.failed, to: nil, after: 5_000)
        event.tenant = tenant ?? .unknown
        event.response = Event.Response(
            code: 554, enhancedCode: "5.3.0", text: "damaged on the node's disk")
        return EventRecord(event)
    }

    private func numbered(
        _ records: [EventRecord], from first: Int = 1
    ) -> [(seq: UInt64, record: EventRecord)] {
        records.enumerated().map { (seq: UInt64($0.offset + first), record: $0.element) }
    }

    @Test(arguments: [true, false])
    func `it ends every recipient that was not finished, once, whoever knows the tenant`(
        knowsTenant: Bool
    ) async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let story = Story(tenant: tenant, node: node.number)
        let other = Story(tenant: tenant, node: node.number)
        let test = Story(tenant: tenant, node: node.number)
        var delivered = story.event(.delivered, to: "alice@example.org")
        delivered.attempt = 1
        let events = numbered([
            story.accepted(), other.accepted(), test.accepted(isTest: true), EventRecord(delivered),
            lost(story, tenant: knowsTenant ? tenant : nil), lost(test, tenant: nil),
        ])
        #expect(try await node.report(events).body["acknowledged"].integer == events.count)

        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM email_recipients WHERE address = 'gone@example.org'
                AND state = 'failed' AND last_response = 'damaged on the node''s disk'
                AND finished_at IS NOT NULL
                """) == 2)
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM email_recipients WHERE state = 'delivered'") == 1)
        #expect(try await control.count("SELECT count(*) AS n FROM emails WHERE status = 'failed'") == 2)
        #expect(try await control.count("SELECT count(*) AS n FROM emails WHERE status = 'queued'") == 1)
        #expect(try await control.count("SELECT sum(failed) AS n FROM usage_daily") == 1)
        #expect(try await control.count("SELECT count(*) AS n FROM events WHERE kind = 'failed'") == 2)

        // The node finds the damage again at its next start.
        let again = numbered([lost(story, tenant: nil)], from: events.count + 1)
        #expect(try await node.report(again).body["acknowledged"].integer == events.count + 1)
        #expect(try await control.count("SELECT count(*) AS n FROM events WHERE kind = 'failed'") == 2)
        #expect(try await control.count("SELECT sum(failed) AS n FROM usage_daily") == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `it says nothing of messages that nobody knows, and touches no other tenant`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let story = Story(tenant: tenant, node: node.number)
        let stranger = Story(tenant: tenant, node: node.number)
        let events = numbered([
            story.accepted(), lost(stranger, tenant: nil), lost(story, tenant: TenantID(UUID())),
        ])
        #expect(try await node.report(events).body["acknowledged"].integer == 3)
        #expect(try await control.count("SELECT count(*) AS n FROM emails WHERE status = 'queued'") == 1)
        #expect(try await control.count("SELECT count(*) AS n FROM events") == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `a node may tell of messages that another node accepted`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let dead = try await control.node(token)
        let adopter = try await control.node(token, "adopter")
        let story = Story(tenant: try await control.tenant(token), node: dead.number)
        let events = story.deliveredAndBounced()
        // The dead node reported that it accepted the message; what became of it comes from the adopter.
        _ = try await dead.report(Array(events.prefix(1)))
        let rest = numbered(events.dropFirst().map(\.record))
        #expect(try await adopter.report(rest).body["acknowledged"].integer == rest.count)
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM emails WHERE status = 'bounced' AND node = \(dead.number)") == 1)
        #expect(try await control.count("SELECT count(*) AS n FROM events") == events.count)
        #expect(
            try await control.count("SELECT count(*) AS n FROM events WHERE node = \(adopter.number)")
                == rest.count)
        #expect(try await control.count("SELECT sum(delivered) AS n FROM usage_daily") == 1)
        await dead.stop()
        await adopter.stop()
        await control.stop()
    }
}
