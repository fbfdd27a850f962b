import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

/// Rules, sources and operators at work on a node: what starts, from where, and what is told of it.
@Suite struct QueueControlTests {
    private static func makeNode() async throws -> (LoneNode, SnapshotSource, MailSink) {
        let sink = try MailSink()
        let source = try SnapshotSource()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route, "DISPATCH_CONTROL_URL": source.baseURL])
        try await node.start()
        return (node, source, sink)
    }

    private static func submit(_ node: LoneNode, _ subject: String, to: String = "someone@example.net")
        async throws
        -> String
    {
        let sent = try await node.caller().must("POST", "/api/v1/messages", node.message(subject, to: to))
        return try #require(sent["id"].text)
    }

    private static func explain(_ node: LoneNode, _ id: String) async throws -> MessageExplanation.Item {
        let explanation = try await node.asked(MessageExplanation.self, "GET", QueuePaths.explainPrefix + id)
        return try #require(explanation.items.first)
    }

    @Test func `a rule suspends the lane, says why, and is silent once an operator has cancelled it`()
        async throws
    {
        let (node, source, sink) = try await Self.makeNode()
        let rule = AutomationRule(
            id: "tss04", contains: "[TSS04]", action: .suspendLane, durationSeconds: 3_600,
            reason: "the host wants a pause")
        #expect(try await node.push(Shaping(rules: [rule]), from: source).answer.accepted)

        _ = try await Self.submit(node, "first", to: "throttle@example.net")
        let inForce = try await eventually("the rule to be in force") {
            try await node.asked(RestrictionList.self, "GET", QueuePaths.restrictions).restrictions.first
        }
        #expect(inForce.rule == "tss04")
        #expect(inForce.reason == "the host wants a pause")
        #expect(inForce.evidence?.contains("[TSS04] Messages temporarily deferred") == true)
        #expect(inForce.until.map { $0 - inForce.since } == 3_600_000)

        let id = try await Self.submit(node, "second")
        let why = try await Self.explain(node, id)
        #expect(why.waitsFor == "restriction")
        #expect(why.restriction?.id == inForce.id)
        #expect(why.state == "queued")
        #expect(why.nextAttemptAt == inForce.until)
        #expect(sink.deliveryCount == 0)

        let lifted = try await node.asked(
            RestrictionList.self, "POST", QueuePaths.resume, ResumeCommand(id: inForce.id))
        #expect(lifted.restrictions.map(\.id) == [inForce.id])
        _ = try await sink.wait(forSubject: "second")
        #expect(try await node.control("GET", QueuePaths.explainPrefix + id).status == 404)

        let third = try await Self.submit(node, "third", to: "throttle@example.net")
        _ = try await eventually("another deferral") {
            try await Self.explain(node, third).state == "deferred" ? true : nil
        }
        let left = try await node.asked(RestrictionList.self, "GET", QueuePaths.restrictions).restrictions
        #expect(left.map(\.isCancelled) == [true])
    }

    @Test func `messages leave from the sources of their pool, each with its own name`() async throws {
        let (node, source, sink) = try await Self.makeNode()
        let shaping = Shaping(
            sources: [
                EgressSource(id: "a", node: 1, ipv4: "127.0.0.2", helloName: "a.out.example"),
                EgressSource(id: "b", node: 1, ipv4: "127.0.0.3", helloName: "b.out.example"),
                EgressSource(id: "far", node: 2, ipv4: "127.0.0.4", helloName: "far.out.example"),
            ],
            pools: [
                EgressPool(
                    id: "default",
                    members: [
                        .init(source: "a", weight: 1), .init(source: "b", weight: 1),
                        .init(source: "far", weight: 9),
                    ])
            ])
        #expect(try await node.push(shaping, from: source).answer.accepted)
        for number in 0..<24 { _ = try await Self.submit(node, "mail \(number)") }
        try await sink.wait(for: 24)
        let ways = Set(sink.deliveries.map { "\($0.client) \($0.hello)" })
        #expect(ways == ["127.0.0.2 a.out.example", "127.0.0.3 b.out.example"])
    }

    @Test func `a source in warm-up sends its share, the rest waits for the next day and says so`()
        async throws
    {
        let (node, source, sink) = try await Self.makeNode()
        let plan = WarmUpPlan(
            id: "slow", groups: [.init(provider: nil, firstDay: 2, growth: 2, warmAt: 1_000_000_000)])
        // A first day still to come counts as the first, so that midnight may pass during the test.
        let shaping = Shaping(
            sources: [
                EgressSource(
                    id: "a", node: 1, ipv4: "127.0.0.2", helloName: "a.out.example", warmUp: "slow",
                    warmUpSince: 4_000_000_000)
            ],
            pools: [EgressPool(id: "default", members: [.init(source: "a", weight: 1)])], warmUps: [plan])
        #expect(try await node.push(shaping, from: source).answer.accepted)
        var ids: [String] = []
        for number in 0..<3 {
            ids.append(try await Self.submit(node, "mail \(number)"))
            if number < 2 { try await sink.wait(for: number + 1) }
        }
        let last = try #require(ids.last)
        let why = try await eventually("the third to wait for the next day") {
            let item = try await Self.explain(node, last)
            return item.waitsFor == "warm_up" ? item : nil
        }
        #expect(why.sentence.contains("2 copies of day 1"))
        #expect(why.lane.restrictions.map(\.origin) == [.warmUp])
        let list = try await node.asked(RestrictionList.self, "GET", QueuePaths.restrictions)
        #expect(list.restrictions.map(\.rule) == ["slow"])
        #expect(sink.deliveryCount == 2)

        // Counts survive a stop; without the plan the source is warm.
        #expect(try await node.process.stop() == .code(0))
        try await node.start()
        _ = try await eventually("the third to wait again") {
            try await Self.explain(node, last).waitsFor == "warm_up" ? true : nil
        }
        #expect(try await node.push(Shaping(), from: source).answer.accepted)
        try await sink.wait(for: 3)
    }

    @Test func `suspensions and holds outlive a kill, and end when an operator says so`() async throws {
        let (node, _, sink) = try await Self.makeNode()
        let suspend = SuspendCommand(everything: true, reason: "maintenance")
        let imposed = try await node.asked(RestrictionView.self, "POST", QueuePaths.suspend, suspend)
        #expect(imposed.origin == .operator)
        let held = try await Self.submit(node, "held")
        let waiting = try await Self.submit(node, "waiting")
        let hold = QueueCommand(.hold, QueueSelector(messages: [held]))
        let result = try await node.asked(QueueCommandResult.self, "POST", QueuePaths.command, hold)
        #expect(result == QueueCommandResult(messages: 1, recipients: 1, sending: 0, isDryRun: false))

        try await node.process.kill()
        try await node.start()
        #expect(try await Self.explain(node, held).waitsFor == "held")
        let why = try await Self.explain(node, waiting)
        #expect(why.restriction?.reason == "maintenance")

        _ = try await node.asked(
            RestrictionList.self, "POST", QueuePaths.resume, ResumeCommand(everything: true))
        _ = try await sink.wait(forSubject: "waiting")
        #expect(sink.deliveryCount == 1)
        let release = QueueCommand(.release, QueueSelector(everything: true))
        _ = try await node.asked(QueueCommandResult.self, "POST", QueuePaths.command, release)
        _ = try await sink.wait(forSubject: "held")
    }

    @Test func `a cancel counts first, withdraws what it chooses, and never everything by mistake`()
        async throws
    {
        let (node, _, sink) = try await Self.makeNode()
        let suspend = SuspendCommand(everything: true, reason: "maintenance")
        _ = try await node.asked(RestrictionView.self, "POST", QueuePaths.suspend, suspend)
        let gone = try await Self.submit(node, "gone", to: "one@example.net, two@example.org")
        let kept = try await Self.submit(node, "kept")

        let empty = try await node.control("POST", QueuePaths.command, QueueCommand(.cancel, QueueSelector()))
        #expect(empty.status == 422)
        let all = QueueCommand(.cancel, QueueSelector(everything: true), dryRun: true)
        #expect(
            try await node.asked(QueueCommandResult.self, "POST", QueuePaths.command, all)
                == QueueCommandResult(messages: 2, recipients: 3, sending: 0, isDryRun: true))
        let tenant = try #require(TenantID(text: node.fixture.tenant))
        let one = QueueCommand(.cancel, QueueSelector(messages: [gone], tenant: tenant))
        #expect(
            try await node.asked(QueueCommandResult.self, "POST", QueuePaths.command, one)
                == QueueCommandResult(messages: 1, recipients: 2, sending: 0, isDryRun: false))
        let status = try await node.caller().get("/api/v1/messages/\(gone)").json
        #expect(status["recipients"].elements.map(\.["status"].text) == ["failed", "failed"])

        let lanes = try await node.asked(LaneList.self, "GET", QueuePaths.lanes)
        #expect(lanes.counts.queued == 1)
        #expect(lanes.lanes.first?.restrictions.map(\.reason) == ["maintenance"])
        _ = try await node.asked(
            RestrictionList.self, "POST", QueuePaths.resume, ResumeCommand(everything: true))
        _ = try await sink.wait(forSubject: "kept")
        #expect(sink.deliveryCount == 1)
        #expect(try await node.control("GET", QueuePaths.explainPrefix + kept).status == 404)
    }

    @Test func `a request that the cluster has not signed is refused, as is a shaping that dangles`()
        async throws
    {
        let (node, source, _) = try await Self.makeNode()
        let caller = try await APICaller(node.process.controlURL)
        for path in [QueuePaths.lanes, QueuePaths.restrictions, QueuePaths.explainPrefix + "x"] {
            #expect(try await caller.get(path).status == 401, "\(path)")
        }
        for path in [QueuePaths.suspend, QueuePaths.resume, QueuePaths.command] {
            #expect(try await caller.post(path).status == 401, "\(path)")
        }
        let rule = AutomationRule(
            id: "r", provider: "gmail", code: "4", action: .suspendLane, durationSeconds: 60, reason: "why")
        let refused = try await node.push(Shaping(rules: [rule]), from: source).answer
        #expect(refused.reason == "unusable_shaping")
        #expect(refused.detail?.contains("rules[r].provider: there is no provider `gmail`") == true)
        #expect(refused.accepted == false)
    }
}
