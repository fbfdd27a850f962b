import EventLoop
import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

/// A control plane with one or more nodes that report, and a tenant with a key that reads its log.
final class LogStage: Sendable {
    let control: ServiceFixture
    let nodes: [FakeNode]
    let token: String
    let tenant: TenantID
    let key: String
    let keyID: String
    /// The number of each node's next event.
    private let next = Locked<[UInt16: UInt64]>([:])

    /// The first of the nodes.
    var node: FakeNode { nodes[0] }

    init(nodes count: Int = 1) async throws {
        control = try await ServiceFixture.make()
        token = try await control.operatorToken()
        var nodes: [FakeNode] = []
        for _ in 0..<max(1, count) { nodes.append(try await control.node(token)) }
        self.nodes = nodes
        tenant = try await control.tenant(token)
        let made = try await control.call(
            "POST", "/api/v1/dispatch/tenants/\(tenant)/api-keys", token: token,
            json: #"{"name":"k","scopes":["*"],"rate_limit_per_minute":10000}"#)
        key = try #require(made.data["key"].text)
        keyID = try #require(made.data["id"].text)
    }

    func key(_ more: String) async throws -> String {
        let made = try await control.call(
            "POST", "/api/v1/dispatch/tenants/\(tenant)/api-keys", token: token,
            json: #"{"name":"k","scopes":["*"],"rate_limit_per_minute":10000,\#(more)}"#)
        return try #require(made.data["key"].text, "\(made.body)")
    }

    func story() -> Story { Story(tenant: tenant, node: node.number) }

    /// - Parameter other: who reports in the first node's place.
    func report(_ records: [EventRecord], by other: FakeNode? = nil) async throws {
        let node = other ?? node
        let first = next.withLock { next in
            let first = next[node.number] ?? 1
            next[node.number] = first + UInt64(records.count)
            return first
        }
        let numbered = records.enumerated().map { (seq: first + UInt64($0.offset), record: $0.element) }
        let answer = try await node.report(numbered)
        #expect(answer.status == 200)
        #expect(answer.body["acknowledged"].integer == Int(first) + records.count - 1)
    }

    func get(_ path: String, by other: String? = nil) async throws -> ServiceFixture.Answer {
        try await control.call("GET", path, token: other ?? key)
    }

    func stop() async {
        for node in nodes { await node.stop() }
        await control.stop()
    }
}
