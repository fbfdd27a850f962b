import Crypto
import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

/// Operators' hand on the queues of nodes.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct QueueControlTests {
    private static let path = "/api/v1/admin/queue"
    private static let restriction = RestrictionView(
        id: "r1", origin: .operator, destination: "*.example.com", reason: "asked", since: 1_800_000_000_000,
        until: nil)
    private static let lane = LaneView(
        lane: "default->mx.example.com@smtp", transport: "smtp", source: "default",
        destination: "mx.example.com", provider: "default", counts: QueueCounts(queued: 7), tenants: 1,
        connections: 1, inFlight: 1, connectionLimit: 10, maxMessagesPerConnection: 100)

    @Test func `lanes and restrictions of all nodes are told with their nodes, and of one when it is named`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let nodes = [try await control.node(token, "mx1"), try await control.node(token, "mx2")]
        for node in nodes {
            try node.queue.answer(
                QueuePaths.lanes,
                LaneList(lanes: [Self.lane], counts: QueueCounts(queued: 7), laneCount: 1))
            try node.queue.answer(
                QueuePaths.restrictions, RestrictionList(restrictions: [Self.restriction]))
        }
        let lanes = try await control.call(
            "GET", "\(Self.path)/lanes?limit=5&destination=*.example.com", token: token)
        #expect(lanes.status == 200)
        #expect(lanes.data["nodes"].elements.map { $0["name"] } == ["mx1", "mx2"])
        let lane = lanes.data["nodes"][1]["result"]["lanes"][0]
        #expect(lane["counts"]["queued"] == 7)
        #expect(lane["max_messages_per_connection"] == 100)
        #expect(
            nodes[0].queue.asked.map(\.path) == ["\(QueuePaths.lanes)?limit=5&destination=%2A.example.com"])

        let restrictions = try await control.call(
            "GET", "\(Self.path)/restrictions?node=mx2", token: token)
        #expect(restrictions.data["nodes"].elements.map { $0["node"].integer } == [Int(nodes[1].number)])
        let shown = restrictions.data["nodes"][0]["result"]["restrictions"][0]
        #expect(shown["since"] == "2027-01-15T08:00:00Z")
        #expect(shown["until"] == .null)
        #expect(
            try await control.call("GET", "\(Self.path)/lanes?node=mx9", token: token).status == 404)
        for node in nodes { await node.stop() }
        await control.stop()
    }

    @Test func `what one node could not do is told beside what the other did`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let nodes = [try await control.node(token), try await control.node(token)]
        try nodes[0].queue.answer(QueuePaths.suspend, Self.restriction)
        await nodes[1].stop()
        let body = #"{"destination":"*.example.com","reason":"asked","limits":{"max_connections":1}}"#
        let some = try await control.call("POST", "\(Self.path)/suspend", token: token, json: body)
        #expect(some.status == 207)
        #expect(some.data["failed"] == 1)
        #expect(some.data["nodes"][0]["result"]["id"] == "r1")
        #expect(some.data["nodes"][0]["error"] == .null)
        #expect(some.data["nodes"][1]["error"]["code"] == "node_unreachable")
        #expect(nodes[0].queue.asked.first?.body["limits"]["maxConnections"] == 1)
        #expect(
            try await control.count("SELECT count(*) AS n FROM audit_log WHERE action = 'queue.suspend'") == 1
        )
        await nodes[0].stop()
        let none = try await control.call("POST", "\(Self.path)/suspend", token: token, json: body)
        #expect((none.status, none.code) == (502, "nodes_failed"))
        #expect(none.body["error"]["details"].elements.count == 2)
        await control.stop()
    }

    @Test func `a command that would choose everything has to say so`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        try node.queue.answer(
            QueuePaths.command, QueueCommandResult(messages: 2, recipients: 3, sending: 0, isDryRun: true))
        func post(_ action: String, _ json: String) async throws -> ServiceFixture.Answer {
            try await control.call("POST", "\(Self.path)/\(action)", token: token, json: json)
        }
        for (json, code) in [
            ("{}", "selector_empty"), (#"{"everything":false}"#, "selector_empty"),
            (#"{"dry_run":true}"#, "selector_empty"), (#"{"messages":[]}"#, "invalid_field"),
            (#"{"everything":true,"destination":"*"}"#, "invalid_field"),
            (#"{"tenants":[]}"#, "unknown_field"), (#"{"destination":"*"}"#, "confirmation_missing"),
            (#"{"everything":true}"#, "confirmation_missing"),
        ] {
            for action in ["hold", "release", "requeue", "cancel"] {
                let refused = try await post(action, json)
                #expect((refused.status, refused.code) == (400, code), "\(action) \(json)")
            }
        }
        #expect(node.queue.asked.isEmpty)
        for json in ["{}", #"{"reason":"x"}"#, #"{"lane":"a","tenant":"\#(UUID())","reason":"x"}"#] {
            #expect(try await post("suspend", json).status == 400)
        }
        let counted = try await post("cancel", #"{"everything":true,"dry_run":true}"#)
        #expect(counted.data["nodes"][0]["result"]["recipients"] == 3)
        #expect(node.queue.asked.first?.body["selector"]["everything"] == true)
        #expect(
            try await control.count("SELECT count(*) AS n FROM audit_log WHERE record_kind = 'queue'") == 0)
        #expect(try await post("cancel", #"{"everything":true,"dry_run":false}"#).status == 200)
        #expect(
            try await control.count("SELECT count(*) AS n FROM audit_log WHERE record_kind = 'queue'") == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `a message is asked of the node that its id names`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let nodes = [try await control.node(token), try await control.node(token)]
        let ids = nodes.map { node in
            MessageID(milliseconds: 1_800_000_000_000, node: node.number, random: (1, 2))
        }
        for node in nodes {
            try node.queue.answer(
                QueuePaths.command,
                QueueCommandResult(messages: 1, recipients: 1, sending: 0, isDryRun: false))
        }
        let held = try await control.call(
            "POST", "\(Self.path)/hold", token: token, json: #"{"messages":["spl_\#(ids[1].hexadecimal)"]}"#)
        #expect(held.data["nodes"].elements.map { $0["node"].integer } == [Int(nodes[1].number)])
        #expect(nodes[0].queue.asked.isEmpty)
        #expect(
            nodes[1].queue.asked.first?.body["selector"]["messages"] == [.string(ids[1].description)])

        let tenant = try await control.tenant(token)
        let item = MessageExplanation.Item(
            recipients: ["a@example.com"], state: "deferred", waitsFor: "restriction",
            sentence: "suspended by an operator: asked", restriction: Self.restriction, attempts: 2,
            nextAttemptAt: nil, deadline: 1_800_000_000_000, tenantsInLane: 1, lane: Self.lane)
        try nodes[0].queue.answer(
            QueuePaths.explainPrefix + ids[0].description,
            MessageExplanation(id: ids[0], tenant: tenant, items: [item]))
        let explained = try await control.call("GET", "\(Self.path)/messages/\(ids[0])", token: token)
        #expect(explained.data["node"].integer == Int(nodes[0].number))
        #expect(explained.data["items"][0]["waits_for"] == "restriction")
        #expect(explained.data["items"][0]["restriction"]["destination"] == "*.example.com")
        let gone = try await control.call("GET", "\(Self.path)/messages/\(ids[1])", token: token)
        #expect(gone.status == 404)
        let other = MessageID(milliseconds: 1, node: 999, random: (1, 2))
        #expect(
            try await control.call("GET", "\(Self.path)/messages/\(other)", token: token).code
                == "node_not_found")
        for node in nodes { await node.stop() }
        await control.stop()
    }

    @Test func `resuming is done where something fits, and refused when nothing does`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let nodes = [try await control.node(token), try await control.node(token)]
        func resume(_ json: String) async throws -> ServiceFixture.Answer {
            try await control.call("POST", "\(Self.path)/resume", token: token, json: json)
        }
        #expect(try await resume(#"{"id":"r1"}"#).status == 404)
        try nodes[1].queue.answer(QueuePaths.resume, RestrictionList(restrictions: [Self.restriction]))
        let resumed = try await resume(#"{"id":"r1"}"#)
        #expect(resumed.status == 200)
        #expect(resumed.data["nodes"][0]["result"]["restrictions"] == [])
        #expect(resumed.data["nodes"][1]["result"]["restrictions"][0]["id"] == "r1")
        #expect(try await resume(#"{"id":"r1","lane":"x"}"#).status == 400)
        #expect(try await resume("{}").status == 400)
        for node in nodes { await node.stop() }
        await control.stop()
    }
}
