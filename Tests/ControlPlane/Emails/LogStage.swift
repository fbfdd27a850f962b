import EventLoop
import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

/// A control plane with a node that reports, and a tenant with a key that reads its log.
final class LogStage: Sendable {
    let control: ServiceFixture
    let node: FakeNode
    let token: String
    let tenant: TenantID
    let key: String
    let keyID: String
    private let next = Locked<UInt64>(1)

    init() async throws {
        control = try await ServiceFixture.make()
        token = try await control.operatorToken()
        node = try await control.node(token)
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

    func report(_ records: [EventRecord]) async throws {
        let first = next.withLock { next in
            defer { next += UInt64(records.count) }
            return next
        }
        let numbered = records.enumerated().map { (seq: first + UInt64($0.offset), record: $0.element) }
        #expect(try await node.report(numbered).status == 200)
    }

    func get(_ path: String, by other: String? = nil) async throws -> ServiceFixture.Answer {
        try await control.call("GET", path, token: other ?? key)
    }

    func stop() async {
        await node.stop()
        await control.stop()
    }
}
