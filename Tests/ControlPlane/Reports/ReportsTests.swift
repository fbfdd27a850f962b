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
        #expect(try await node.report(Array(events.prefix(3))).body["acknowledged"].integer == 3)
        #expect(try await node.report(Array(events.prefix(3))).body["acknowledged"].integer == 3)
        #expect(try await node.report(events).body["acknowledged"].integer == events.count)
        #expect(try await node.report(events).body["acknowledged"].integer == events.count)

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

    @Test func `a journal that follows one that was lost counts from 1, and no event of it is passed over`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let journals = [String(repeating: "0a", count: 16), String(repeating: "0b", count: 16)]
        func report(
            _ events: [(seq: UInt64, record: EventRecord)], _ journal: String?
        ) async throws -> ServiceFixture.Answer {
            try await node.report(events, journal: journal)
        }
        let events = Story(tenant: tenant, node: node.number).deliveredAndBounced()
        // A node of a version that does not tell, then one that does: the same journal.
        #expect(try await report(Array(events.prefix(2)), nil).body["acknowledged"].integer == 2)
        #expect(try await report(events, journals[0]).body["acknowledged"].integer == events.count)
        let new = Story(tenant: tenant, node: node.number).deliveredAndBounced()
        let first = try await report(Array(new.prefix(1)), journals[1])
        #expect(first.body["acknowledged"].integer == 1)
        #expect(try await report(new, journals[1]).body["acknowledged"].integer == new.count)
        #expect(try await report(new, journals[1]).body["acknowledged"].integer == new.count)
        #expect(try await control.count("SELECT count(*) AS n FROM emails") == 2)
        #expect(try await control.count("SELECT count(*) AS n FROM events") == 2 * new.count)
        // A name that was lost alone takes nothing back.
        let next = (seq: UInt64(new.count + 1), record: new[1].record)
        #expect(try await report([next], journals[0]).body["acknowledged"].integer == new.count + 1)
        #expect(try await report([next], "zz").status == 400)
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
        #expect(refused.body["acknowledged"].integer == 1)
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
        #expect(try await node.report(numbered).body["acknowledged"].integer == numbered.count)

        let body = Report([(UInt64(numbered.count + 1), [0, 0, 0, 9])]).encoded()
        let unreadable = try await control.send(
            "POST", NodePaths.reports, headers: try node.headers("POST", NodePaths.reports, body: body),
            body: body)
        #expect(unreadable.body["acknowledged"].integer == numbered.count + 1)
        #expect(try await control.count("SELECT count(*) AS n FROM emails") == 0)
        await node.stop()
        await control.stop()
    }

    @Test func `a reply of combining accents is cut to what the columns hold`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let accents = String(repeating: "\u{301}", count: 5_000)
        var bounced = story.event(.bounced, to: "gone@example.org")
        bounced.attempt = 1
        bounced.response = Event.Response(code: 550, enhancedCode: "5.1.1", text: "e\(accents)")
        bounced.classification = Event.Classification(
            category: "InvalidMailbox", action: "suppress", rule: "r1")
        var odd = bounced
        odd.recipient = "e\(accents)@example.org"
        let records = [story.accepted(), EventRecord(bounced), EventRecord(odd)]
        let numbered = records.enumerated().map { (seq: UInt64($0.offset + 1), record: $0.element) }
        #expect(try await node.report(numbered).body["acknowledged"].integer == 3)
        #expect(
            try await control.count(
                "SELECT max(length(reason)) AS n FROM suppressions WHERE address = 'gone@example.org'")
                == 1_000)
        #expect(try await control.count("SELECT max(length(recipient)) AS n FROM events") <= 320)
        await node.stop()
        await control.stop()
    }

    @Test func `an event that the database refuses is passed over, alone`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        try await control.asOwner(
            "ALTER TABLE events ADD CONSTRAINT no_poison CHECK (recipient NOT LIKE 'poison%')")
        let readers = (1...20).map { "\($0 == 3 || $0 == 14 ? "poison" : "good")\($0)@example.org" }
        let records =
            [story.accepted(to: readers)] + readers.map { EventRecord(story.event(.opened, to: $0)) }
        let numbered = records.enumerated().map { (seq: UInt64($0.offset + 1), record: $0.element) }
        let answer = try await node.report(numbered)
        #expect(answer.status == 200)
        #expect(answer.body["acknowledged"].integer == 21)
        #expect(try await control.count("SELECT count(*) AS n FROM events") == 19)
        #expect(try await control.count("SELECT sum(opened) AS n FROM usage_daily") == 18)
        #expect(try await control.count("SELECT sum(messages) AS n FROM usage_daily") == 1)
        #expect(try await control.count("SELECT last_seq AS n FROM node_cursors") == 21)
        await node.stop()
        await control.stop()
    }

    @Test func `what is sent with a test key is logged and not counted`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let test = Story(tenant: tenant, node: node.number)
        let live = Story(tenant: tenant, node: node.number)
        let events = [
            test.accepted(isTest: true), EventRecord(test.event(.delivered, to: "alice@example.org")),
            live.accepted(), EventRecord(test.event(.opened, to: "alice@example.org")),
            EventRecord(live.event(.delivered, to: "alice@example.org")),
            EventRecord(test.event(.delivered, to: "gone@example.org")),
            EventRecord(live.event(.opened, to: "alice@example.org")),
        ].enumerated().map { (seq: UInt64($0.offset + 1), record: $0.element) }
        _ = try await node.report(Array(events.prefix(3)))
        #expect(try await node.report(events).body["acknowledged"].integer == events.count)
        #expect(try await control.count("SELECT count(*) AS n FROM emails WHERE mode = 'test'") == 1)
        #expect(try await control.count("SELECT count(*) AS n FROM events") == events.count)
        for (column, expected) in [("messages", 1), ("recipients", 2), ("delivered", 1), ("opened", 1)] {
            #expect(
                try await control.count(
                    "SELECT sum(\(identifier: column)) AS n FROM usage_monthly") == expected, "\(column)")
        }
        await node.stop()
        await control.stop()
    }

    @Test func `what is scheduled stays in the log until it was sent and kept as long as any`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let later = story.start + 300 * 86_400_000
        _ = try await node.report([(1, story.accepted(scheduledAt: later))])
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM emails e JOIN tenants t ON t.id = e.tenant_id
                JOIN plans p ON p.code = t.plan_code
                WHERE e.expires_at = e.scheduled_at + make_interval(days => p.log_retention_days)
                """) == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `an endpoint that is gone is disabled, and the nodes learn it`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let path = "/api/v1/dispatch/tenants/\(tenant)/webhooks"
        var hooks: [UUID] = []
        for name in ["gone", "kept"] {
            let made = try await control.call(
                "POST", path, token: token,
                json: #"{"url":"https://\#(name).example.com/","events":["delivered"]}"#)
            hooks.append(try #require(made.data["id"].text.flatMap { UUID(uuidString: $0) }))
        }
        _ = try await node.snapshot { $0.tenant(tenant)?.webhooks.count == 2 }
        let story = Story(tenant: tenant, node: node.number)
        var gone = story.event(.webhookAttempted, to: nil)
        gone.response = Event.Response(code: 410, text: "gone")
        gone.webhook = Event.Webhook(
            id: hooks[0], url: "https://gone.example.com/", event: "delivered", isGone: true)
        var moved = gone
        moved.webhook = Event.Webhook(
            id: hooks[1], url: "https://elsewhere.example.com/", event: "delivered", isGone: true)
        #expect(try await node.report([(1, EventRecord(gone)), (2, EventRecord(moved))]).status == 200)

        let after = try await node.snapshot { $0.tenant(tenant)?.webhooks.count == 1 }
        #expect(after.tenant(tenant)?.webhooks.map(\.id) == [hooks[1]])
        let list = try await control.call("GET", path, token: token).data.elements
        #expect(list.map { $0["enabled"].bool } == [false, true])
        #expect(list.first?["disabled_reason"].text?.contains("410") == true)
        #expect(
            try await control.count("SELECT count(*) AS n FROM audit_log WHERE action = 'webhook.disabled'")
                == 1)
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

    func accepted(
        sealedBody: [UInt8] = [], isTest: Bool = false, scheduledAt: Int64? = nil,
        to recipients: [String] = ["alice@example.org", "gone@example.org"]
    ) -> EventRecord {
        var event = event(.accepted, to: nil, after: 0)
        event.accepted = Event.Accepted(
            origin: Event.Origin(kind: .apiKey, id: apiKey.text, door: "tenants"), from: "me@sender.example",
            envelopeSender: "me@sender.example", recipients: recipients,
            subject: "Welcome", messageIDHeader: "<abc@sender.example>", bodyBytes: 2048,
            hasAttachments: false,
            tags: ["welcome"], metadata: ["order": "17"], isTest: isTest,
            scheduledAt: scheduledAt)
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
