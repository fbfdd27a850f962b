import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// Bounces and complaints that come when the delivery is over.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct LateNoticesTests {
    private func late(
        _ kind: EventKind, of story: Story, to recipient: String?, action: String = "suppress"
    ) -> EventRecord {
        var event = story.event(kind, to: recipient, after: 60_000)
        event.isLate = true
        if kind == .bounced {
            event.response = Event.Response(code: 550, enhancedCode: "5.1.1", text: "no such user")
            event.classification = Event.Classification(
                category: "InvalidMailbox", action: action, rule: "r1")
            event.remoteHost = "mx.late.example"
        }
        return EventRecord(event)
    }

    private func numbered(_ records: [EventRecord], from first: Int = 1) -> [(
        seq: UInt64, record: EventRecord
    )] {
        records.enumerated().map { (seq: UInt64(first + $0.offset), record: $0.element) }
    }

    @Test func `a bounce behind a delivery takes its place, once, and suppresses`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let delivered = EventRecord(story.event(.delivered, to: "alice@example.org"))
        _ = try await node.report(numbered([story.accepted(), delivered]))
        #expect(try await control.count("SELECT sum(delivered) AS n FROM usage_daily") == 1)
        // In another case than the log has it, and twice in a report and once more in the next.
        let bounce = late(.bounced, of: story, to: "ALICE@example.org")
        _ = try await node.report(numbered([bounce, bounce], from: 3))
        _ = try await node.report(numbered([bounce], from: 5))
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM email_recipients WHERE address = 'alice@example.org'
                AND state = 'bounced' AND last_code = 550 AND bounce_class = 'InvalidMailbox'
                """) == 1)
        #expect(
            try await control.count("SELECT count(*) AS n FROM events WHERE kind = 'bounced'") == 1)
        for (column, expected) in [("delivered", 0), ("hard_bounced", 1), ("recipients", 2)] {
            for table in ["usage_daily", "usage_monthly"] {
                let sum = try await control.count(
                    "SELECT sum(\(identifier: column)) AS n FROM \(identifier: table)")
                #expect(sum == expected, "\(table).\(column)")
            }
        }
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM suppressions
                WHERE address = 'alice@example.org' AND source = 'hard_bounce'
                """) == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `a message whose only recipient bounces late is bounced`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let events = [
            story.accepted(to: ["alice@example.org"]),
            EventRecord(story.event(.delivered, to: "alice@example.org")),
            late(.bounced, of: story, to: nil),
        ]
        _ = try await node.report(numbered(events))
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM emails
                WHERE status = 'bounced' AND bounce_type = 'hard' AND delivered_at IS NULL
                """) == 1)
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM events WHERE kind = 'bounced' AND recipient = 'alice@example.org'")
                == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `a forged recipient changes nothing at all`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let stranger = Story(tenant: story.tenant, node: node.number)
        let events = [
            story.accepted(), late(.bounced, of: story, to: "victim@example.org"),
            late(.complained, of: story, to: "victim@example.org"),
            late(.bounced, of: stranger, to: "alice@example.org"),
            late(.complained, of: stranger, to: nil),
        ]
        #expect(try await node.report(numbered(events)).body["acknowledged"].integer == 5)
        #expect(try await control.count("SELECT count(*) AS n FROM suppressions") == 0)
        #expect(try await control.count("SELECT count(*) AS n FROM email_recipients") == 2)
        #expect(try await control.count("SELECT count(*) AS n FROM events") == 1)
        #expect(
            try await control.count("SELECT sum(hard_bounced + complained) AS n FROM usage_daily") == 0)
        #expect(
            try await control.count("SELECT count(*) AS n FROM emails WHERE complained_at IS NULL") == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `a bounce that names nobody of several is told and nothing follows`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        _ = try await node.report(numbered([story.accepted(), late(.bounced, of: story, to: nil)]))
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM events WHERE kind = 'bounced' AND recipient = ''") == 1)
        #expect(
            try await control.count("SELECT count(*) AS n FROM email_recipients WHERE state = 'queued'") == 2)
        #expect(try await control.count("SELECT count(*) AS n FROM suppressions") == 0)
        await node.stop()
        await control.stop()
    }

    @Test func `a complaint marks the message, suppresses and leaves the state`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let complaint = late(.complained, of: story, to: "alice@example.org")
        let events = [
            story.accepted(), EventRecord(story.event(.delivered, to: "alice@example.org")), complaint,
            complaint,
        ]
        _ = try await node.report(numbered(events))
        _ = try await node.report(numbered([complaint], from: 5))
        #expect(
            try await control.count("SELECT count(*) AS n FROM emails WHERE complained_at IS NOT NULL") == 1)
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM email_recipients
                WHERE address = 'alice@example.org' AND state = 'delivered'
                """) == 1)
        #expect(try await control.count("SELECT sum(complained) AS n FROM usage_daily") == 1)
        #expect(try await control.count("SELECT sum(delivered) AS n FROM usage_daily") == 1)
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM suppressions
                WHERE address = 'alice@example.org' AND source = 'complaint'
                """) == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `a bounce that comes by another node before the delivery was told stays`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let other = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        _ = try await node.report(numbered([story.accepted()]))
        _ = try await other.report(numbered([late(.bounced, of: story, to: "alice@example.org")]))
        var delivered = story.event(.delivered, to: "alice@example.org")
        delivered.attempt = 1
        delivered.response = Event.Response(code: 250, text: "ok")
        _ = try await node.report(numbered([EventRecord(delivered)], from: 2))
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM email_recipients WHERE address = 'alice@example.org'
                AND state = 'bounced' AND last_code = 550 AND attempts = 1
                """) == 1)
        #expect(try await control.count("SELECT sum(delivered) AS n FROM usage_daily") == 0)
        #expect(try await control.count("SELECT sum(hard_bounced) AS n FROM usage_daily") == 1)
        await node.stop()
        await other.stop()
        await control.stop()
    }

    @Test func `a late bounce of a test message takes nothing back and counts nothing`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let (node, other) = (try await control.node(token), try await control.node(token))
        let tenant = try await control.tenant(token)
        let (early, behind) = (
            Story(tenant: tenant, node: node.number), Story(tenant: tenant, node: node.number)
        )
        let outcomes = [early, behind].map { EventRecord($0.event(.delivered, to: "alice@example.org")) }
        let bounces = [early, behind].map { late(.bounced, of: $0, to: "alice@example.org") }
        _ = try await node.report(
            numbered([early.accepted(isTest: true), behind.accepted(isTest: true), outcomes[1]]))
        // One bounce is told before the delivery that it belongs to, the other behind it; then all again.
        _ = try await other.report(numbered(bounces))
        _ = try await node.report(numbered([outcomes[0]], from: 4))
        _ = try await other.report(
            numbered([early.accepted(isTest: true), outcomes[0]] + bounces, from: 3))
        #expect(
            try await control.count("SELECT count(*) AS n FROM email_recipients WHERE state = 'bounced'") == 2
        )
        for table in ["usage_hourly", "usage_daily", "usage_monthly"] {
            let rows = try await control.count(
                """
                SELECT count(*) AS n FROM \(identifier: table)
                WHERE (delivered, hard_bounced, soft_bounced, messages) <> (0, 0, 0, 0)
                """)
            #expect(rows == 0, "\(table)")
        }
        await node.stop()
        await other.stop()
        await control.stop()
    }

    @Test func `a bounce that says nothing of the address itself suppresses nothing`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let bounce = late(.bounced, of: story, to: "alice@example.org", action: "bounce")
        _ = try await node.report(numbered([story.accepted(), bounce]))
        #expect(try await control.count("SELECT count(*) AS n FROM suppressions") == 0)
        #expect(
            try await control.count("SELECT count(*) AS n FROM email_recipients WHERE state = 'bounced'") == 1
        )
        await node.stop()
        await control.stop()
    }

    @Test func `an outcome that cannot come late is passed over`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let odd = late(.delivered, of: story, to: "alice@example.org")
        #expect(try await node.report(numbered([story.accepted(), odd])).body["acknowledged"].integer == 2)
        #expect(
            try await control.count("SELECT count(*) AS n FROM email_recipients WHERE state = 'queued'") == 2)
        await node.stop()
        await control.stop()
    }
}
