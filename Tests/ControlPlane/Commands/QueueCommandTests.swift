import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

/// `dispatch queue` over two nodes that tests play.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct QueueCommandTests {
    @Test func `the queue of every node is shown in one table`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let tool = try OperatorTool(control, token: token)
        let nodes = [try await control.node(token), try await control.node(token)]
        let restriction = RestrictionView(
            id: "r1", origin: .rule, rule: "yahoo.tss04", lane: "default->(a|b).yahoodns.net@smtp",
            reason: "asked", since: 1_800_000_000_000, until: 1_800_000_060_000)
        let lane = LaneView(
            lane: "default->(a|b).yahoodns.net@smtp", transport: "smtp", source: "default",
            destination: "(a|b).yahoodns.net", provider: "yahoo", counts: QueueCounts(queued: 7, deferred: 2),
            tenants: 1, connections: 0, inFlight: 0, connectionLimit: 10, maxMessagesPerConnection: 20,
            restrictions: [restriction])
        for node in nodes {
            try node.queue.answer(
                QueuePaths.lanes,
                LaneList(lanes: [lane], counts: lane.counts, laneCount: 1))
            try node.queue.answer(QueuePaths.restrictions, RestrictionList(restrictions: [restriction]))
        }
        let lanes = try await tool.run("queue", "lanes", "--destination", "*.yahoodns.net")
        #expect(lanes.exit == .code(0))
        #expect(
            lanes.rows.dropFirst()
                == [1, 2].map { number in
                    [
                        "\(number)", lane.lane, "yahoo", "7", "2", "0", "0", "0", "1", "0", "10", "suspended",
                    ]
                }[...])
        let restrictions = try await tool.run("queue", "restrictions", "--node", "2")
        #expect(
            restrictions.rows.last == [
                "2", "r1", "rule", "yahoo.tss04", lane.lane, "2027-01-15T08:00:00Z", "2027-01-15T08:01:00Z",
                "no", "asked",
            ])
        for node in nodes { await node.stop() }
        await control.stop()
    }

    @Test func `commands act on all nodes, and say which one failed`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let tool = try OperatorTool(control, token: token)
        let nodes = [try await control.node(token), try await control.node(token)]
        let restriction = RestrictionView(
            id: "r1", origin: .operator, destination: "*.example.com", reason: "asked",
            since: 1_800_000_000_000)
        for node in nodes {
            try node.queue.answer(
                QueuePaths.command,
                QueueCommandResult(messages: 2, recipients: 3, sending: 1, isDryRun: true))
            try node.queue.answer(QueuePaths.suspend, restriction)
            try node.queue.answer(QueuePaths.resume, RestrictionList(restrictions: [restriction]))
        }
        let unasked = try await tool.run("queue", "cancel", "--everything")
        #expect(unasked.exit == .code(64))
        #expect(nodes[0].queue.asked.isEmpty)
        let empty = try await tool.run("queue", "cancel", "--dry-run")
        #expect(empty.exit == .code(1))
        #expect(empty.errors.contains("selector_empty"))
        let counted = try await tool.run("queue", "cancel", "--destination", "*.example.com", "--dry-run")
        #expect(
            counted.output == """
                node 1: would cancel 2 messages, 3 recipients, 1 in flight
                node 2: would cancel 2 messages, 3 recipients, 1 in flight

                """)
        let suspended = try await tool.run(
            "queue", "suspend", "--destination", "*.example.com", "--reason", "asked", "--for", "1h")
        #expect(suspended.output == "node 1: restriction r1\nnode 2: restriction r1\n")
        #expect(nodes[0].queue.asked.last?.body["durationSeconds"] == 3_600)
        #expect(try await tool.run("queue", "resume", "--id", "r1").output == "node 1: r1\nnode 2: r1\n")

        await nodes[1].stop()
        let some = try await tool.run("queue", "hold", "--everything", "--yes")
        #expect(some.exit == .code(1))
        #expect(some.output == "node 1: hold 2 messages, 3 recipients, 1 in flight\n")
        #expect(some.errors.contains("node 2: Node 2 does not answer"))
        await nodes[0].stop()
        await control.stop()
    }
}
