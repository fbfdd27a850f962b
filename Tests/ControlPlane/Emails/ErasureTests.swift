import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// What was erased from the log stays out of it, whatever nodes tell later.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct ErasureTests {
    private static let gone = "gone@example.org"

    /// All that can still be told of a recipient, each under the name that it is known by.
    private static func rest(of story: Story, to address: String) -> [EventRecord] {
        var events = [
            EventKind.attempted, .deferred, .delivered, .opened, .clicked, .unsubscribed,
        ].map { story.event($0, to: address, after: 5_000) }
        events[1].response = Event.Response(code: 451, text: "<\(address)> try later")
        var machine = story.event(.opened, to: address, after: 5_500)
        machine.reader = Event.Reader(userAgent: "Robot", machineReason: "scanner")
        events.append(machine)
        for (kind, name) in [
            (EventKind.bounced, address.uppercased()), (.bounced, nil), (.complained, address),
        ] {
            var late = story.event(kind, to: name, after: 60_000)
            late.isLate = true
            late.response = Event.Response(code: 550, enhancedCode: "5.1.1", text: "<\(address)> is gone")
            late.classification = Event.Classification(
                category: "InvalidMailbox", action: "suppress", rule: "r1")
            events.append(late)
        }
        return events.map { EventRecord($0) }
    }

    @Test func `nothing that is told of an erased address brings it back, and what counts is counted`()
        async throws
    {
        let world = try await LogStage(nodes: 2)
        let shared = world.story()
        let three = world.story()
        let alone = world.story()
        let accepted = [
            shared.accepted(), three.accepted(to: ["alice@example.org", Self.gone, "bob@example.org"]),
            alone.accepted(to: [Self.gone]),
        ]
        try await world.report(accepted)
        #expect(try await !world.traces(of: Self.gone).isEmpty)
        try await world.erase("Gone@Example.org")
        #expect(try await world.traces(of: Self.gone) == [:])

        let told = [shared, three, alone].flatMap { Self.rest(of: $0, to: Self.gone) }
        try await world.report(told)
        #expect(try await world.traces(of: Self.gone) == [:])
        #expect(try await world.control.count("SELECT count(*) AS n FROM email_recipients") == 3)
        #expect(try await world.control.count("SELECT count(*) AS n FROM events WHERE recipient <> ''") == 0)
        for (column, expected) in [
            ("messages", 3), ("recipients", 6), ("deferred", 3), ("delivered", 3), ("opened", 3),
            ("unique_opened", 3), ("clicked", 3), ("unique_clicked", 3), ("unsubscribed", 3),
            ("hard_bounced", 0), ("complained", 0),
        ] {
            let sum = try await world.control.count(
                "SELECT sum(\(identifier: column)) AS n FROM usage_daily")
            #expect(sum == expected, "\(column)")
        }
        // A report that is told again, by a node whose spool another has taken over or whose cursor was lost.
        try await world.report(accepted + told, by: world.nodes[1])
        #expect(try await world.traces(of: Self.gone) == [:])
        #expect(try await world.control.count("SELECT count(*) AS n FROM email_recipients") == 3)
        await world.stop()
    }

    @Test func `a bounce that names nobody is not laid on those who are left`() async throws {
        let world = try await LogStage()
        let story = world.story()
        try await world.report(
            [story.accepted(), EventRecord(story.event(.delivered, to: "alice@example.org"))])
        try await world.erase(Self.gone)
        try await world.report(Self.rest(of: story, to: Self.gone))
        #expect(
            try await world.control.count(
                """
                SELECT count(*) AS n FROM email_recipients
                WHERE address = 'alice@example.org' AND state = 'delivered'
                """) == 1)
        #expect(
            try await world.control.count(
                "SELECT count(*) AS n FROM suppressions WHERE address = 'alice@example.org'") == 0)
        await world.stop()
    }

    @Test func `a message has the state of those who are left`() async throws {
        let world = try await LogStage()
        let story = world.story()
        try await world.report(
            [story.accepted(), EventRecord(story.event(.delivered, to: "alice@example.org"))])
        #expect(
            try await world.control.count("SELECT count(*) AS n FROM emails WHERE status = 'queued'") == 1)
        try await world.erase(Self.gone)
        #expect(
            try await world.control.count("SELECT count(*) AS n FROM emails WHERE status = 'delivered'") == 1)
        await world.stop()
    }

    @Test func `what a host said of nobody by name goes with the address that it says`() async throws {
        let world = try await LogStage()
        let story = world.story()
        var late = story.event(.bounced, to: nil, after: 60_000)
        late.isLate = true
        late.response = Event.Response(code: 550, text: "<GONE@example.org> is unknown")
        try await world.report([story.accepted(), EventRecord(late)])
        #expect(try await world.traces(of: Self.gone)["events"] == 1)
        try await world.erase(Self.gone)
        #expect(try await world.traces(of: Self.gone) == [:])
        await world.stop()
    }

    @Test(arguments: [false, true])
    func `a message that was erased stays empty whatever is told of it`(isTest: Bool) async throws {
        let world = try await LogStage(nodes: 2)
        let story = world.story()
        let accepted = story.accepted(isTest: isTest)
        try await world.report([accepted])
        let path = isTest ? "/api/v1/dispatch/tenants/\(world.tenant)/captured" : world.emails
        let gone = try await world.control.call("DELETE", "\(path)/\(story.message)", token: world.token)
        #expect(gone.status == 200)
        let told = Self.rest(of: story, to: Self.gone) + Self.rest(of: story, to: "alice@example.org")
        try await world.report(told)
        try await world.report([accepted] + told, by: world.nodes[1])
        for address in [Self.gone, "alice@example.org", "sender.example", "welcome"] {
            #expect(try await world.traces(of: address) == [:], "\(address)")
        }
        #expect(try await world.control.count("SELECT count(*) AS n FROM email_recipients") == 0)
        #expect(try await world.control.count("SELECT count(*) AS n FROM events") == 0)
        let delivered = try await world.control.count(
            "SELECT coalesce(sum(delivered), 0)::bigint AS n FROM usage_daily")
        #expect(isTest ? delivered == 0 : delivered > 0)
        await world.stop()
    }

    @Test func `captured mail is deleted with a note of who did it`() async throws {
        let world = try await LogStage()
        let stories = (0..<3).map { _ in world.story() }
        try await world.report(stories.map { $0.accepted(isTest: true) })
        let path = "/api/v1/dispatch/tenants/\(world.tenant)/captured"
        let one = try await world.control.call("DELETE", "\(path)/\(stories[0].message)", token: world.token)
        #expect(one.status == 200)
        let all = try await world.control.call("DELETE", "\(path)?all=true", token: world.token)
        #expect(all.data["deleted"].integer == 2)
        let log = try await world.control.call(
            "GET", "/api/v1/dispatch/tenants/\(world.tenant)/audit", token: world.token
        ).data.elements.filter { $0["action"].text?.hasPrefix("captured.") == true }
        #expect(log.map { $0["action"].text } == ["captured.all_deleted", "captured.deleted"])
        #expect(log.first?["detail"]["messages"] == "2")
        #expect(log.last?["record_id"].text == stories[0].message.description)
        await world.stop()
    }
}

extension LogStage {
    fileprivate var emails: String { "/api/v1/dispatch/tenants/\(tenant)/emails" }

    fileprivate func erase(_ address: String) async throws {
        let answer = try await control.call(
            "POST", "\(emails)/erase", token: token, json: #"{"address":"\#(address)"}"#)
        #expect(answer.status == 200)
    }

    /// In how many rows of the log, and of what is made of it, the address stands. The suppression list
    /// keeps it on purpose.
    fileprivate func traces(of address: String) async throws -> [String: Int] {
        var traces: [String: Int] = [:]
        for table in ["emails", "email_recipients", "events", "email_tags", "open_hours", "audit_log"] {
            let count = try await control.count(
                """
                SELECT count(*) AS n FROM \(identifier: table) t
                WHERE t::text ILIKE \("%\(address)%")
                """)
            if count != 0 { traces[table] = count }
        }
        return traces
    }
}
