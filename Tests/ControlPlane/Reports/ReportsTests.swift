import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct ReportsTests {
    @Test func `the same batch twice, and one that overlaps, count once`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let events = story.deliveredAndBounced()
        #expect(try await node.report(Array(events.prefix(3))).body["acknowledged"].int == 3)
        #expect(try await node.report(Array(events.prefix(3))).body["acknowledged"].int == 3)
        #expect(try await node.report(events).body["acknowledged"].int == events.count)
        #expect(try await node.report(events).body["acknowledged"].int == events.count)

        #expect(try await control.count("SELECT count(*) AS n FROM emails") == 1)
        #expect(try await control.count("SELECT count(*) AS n FROM email_recipients") == 2)
        #expect(try await control.count("SELECT count(*) AS n FROM events") == events.count)
        #expect(try await control.count("SELECT sum(recipients) AS n FROM usage_monthly") == 2)
        #expect(try await control.count("SELECT sum(delivered) AS n FROM usage_daily") == 1)
        #expect(try await control.count("SELECT sum(hard_bounced) AS n FROM usage_daily") == 1)
        #expect(try await control.count("SELECT sum(deferred) AS n FROM usage_daily") == 1)
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM emails WHERE status = 'bounced' AND bounce_type = 'hard'") == 1)
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM suppressions WHERE address = 'gone@example.org'") == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `a report that leaves a gap is refused with the cursor`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let events = Story(tenant: try await control.tenant(token), node: node.number).deliveredAndBounced()
        _ = try await node.report(Array(events.prefix(1)))
        let refused = try await node.report(Array(events.dropFirst(2)))
        #expect(refused.status == 409)
        #expect(refused.code == "report_gap")
        #expect(refused.body["acknowledged"].int == 1)
        #expect(try await control.count("SELECT count(*) AS n FROM events") == 1)
        await node.stop()
        await control.stop()
    }

    @Test
    func `events of unknown messages and tenants, and ones that cannot be read, do not hold up the rest`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let stranger = Story(tenant: TenantID(UUID()), node: node.number).deliveredAndBounced()
        let forgotten = Story(tenant: tenant, node: node.number).event(.delivered, to: "x@example.org")
        var records = stranger.map(\.record) + [EventRecord(forgotten)]
        var odd = forgotten
        odd.response = Event.Response(
            code: 99_999, text: "a zero byte: \0, and a long text: \(String(repeating: "x", count: 9_000))")
        records.append(EventRecord(odd))
        let numbered = records.enumerated().map { (seq: UInt64($0.offset + 1), record: $0.element) }
        #expect(try await node.report(numbered).body["acknowledged"].int == numbered.count)

        let body = Report([(UInt64(numbered.count + 1), [0, 0, 0, 9])]).encoded()
        let unreadable = try await control.send(
            "POST", NodePaths.reports, headers: try node.headers("POST", NodePaths.reports, body: body),
            body: body)
        #expect(unreadable.body["acknowledged"].int == numbered.count + 1)
        #expect(try await control.count("SELECT count(*) AS n FROM emails") == 0)
        await node.stop()
        await control.stop()
    }

    @Test func `attempts of webhooks are logged`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        var event = story.event(.webhookAttempted, to: nil)
        event.webhook = Event.Webhook(id: UUID(), url: "https://example.com", event: "delivered")
        event.response = Event.Response(code: 200, text: "ok")
        event.attempt = 1
        var later = event
        later.response = Event.Response(code: 500, text: "no")
        later.nextAttemptAt = event.at + 1000
        #expect(try await node.report([(1, EventRecord(event)), (2, EventRecord(later))]).status == 200)
        #expect(
            try await control.count("SELECT count(*) AS n FROM webhook_attempts WHERE outcome = 'delivered'")
                == 1)
        #expect(
            try await control.count("SELECT count(*) AS n FROM webhook_attempts WHERE outcome = 'deferred'")
                == 1)
        await node.stop()
        await control.stop()
    }
}

/// Events of one message to two recipients.
struct Story {
    let tenant: TenantID
    let node: UInt16
    let message: MessageID
    let start = Int64(Date().timeIntervalSince1970 * 1000)
    var apiKey = UUID()

    init(tenant: TenantID, node: UInt16) {
        self.tenant = tenant
        self.node = node
        message = MessageID(
            milliseconds: UInt64(start), node: node,
            random: (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max)))
    }

    func event(_ kind: EventKind, to recipient: String?, after milliseconds: Int64 = 100) -> Event {
        Event(
            kind, message: message, tenant: tenant, at: start + milliseconds, node: node, recipient: recipient
        )
    }

    func accepted(sealedBody: [UInt8] = []) -> EventRecord {
        var event = event(.accepted, to: nil, after: 0)
        event.accepted = Event.Accepted(
            origin: Event.Origin(kind: .apiKey, id: apiKey.text, door: "tenants"), from: "me@sender.example",
            envelopeSender: "me@sender.example", recipients: ["alice@example.org", "gone@example.org"],
            subject: "Welcome", messageIDHeader: "<abc@sender.example>", bodyBytes: 2048,
            hasAttachments: false,
            tags: ["welcome"], metadata: ["order": "17"], isTest: false, scheduledAt: nil)
        return EventRecord(event, sealedBody: sealedBody)
    }

    func deliveredAndBounced(sealedBody: [UInt8] = []) -> [(seq: UInt64, record: EventRecord)] {
        var deferred = event(.deferred, to: "alice@example.org", after: 1_000)
        deferred.attempt = 1
        deferred.response = Event.Response(code: 451, enhancedCode: "4.7.1", text: "later")
        deferred.nextAttemptAt = start + 60_000
        var delivered = event(.delivered, to: "alice@example.org", after: 2_000)
        delivered.attempt = 2
        delivered.response = Event.Response(code: 250, enhancedCode: "2.0.0", text: "queued as 77")
        delivered.remoteHost = "mx.example.org"
        delivered.remoteID = "77"
        delivered.durationMilliseconds = 42
        var bounced = event(.bounced, to: "gone@example.org", after: 2_100)
        bounced.attempt = 1
        bounced.response = Event.Response(code: 550, enhancedCode: "5.1.1", text: "no such user")
        bounced.classification = Event.Classification(
            category: "InvalidMailbox", action: "suppress", rule: "r1")
        let records =
            [accepted(sealedBody: sealedBody)] + [deferred, delivered, bounced].map { EventRecord($0) }
        return records.enumerated().map { (seq: UInt64($0.offset + 1), record: $0.element) }
    }
}
