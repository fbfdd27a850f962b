import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// The keys of tracking and unsubscribe links, from the database to the nodes.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct TrackingKeysTests {
    private static let path = "/api/v1/admin/tracking-keys"

    private static func claim(_ tenant: TenantID) -> TrackingClaim {
        TrackingClaim(
            .unsubscribe, tenant: tenant, message: MessageID(high: 1, low: 2), recipient: "jane@example.net")
    }

    /// Makes as if the key that waits had waited for long, and does the minute's work.
    private static func pass(_ control: ServiceFixture, _ interval: SQL = "interval '2 minutes'") async throws
    {
        let keys = TrackingKeys(masterSeal: control.context.masterSeal)
        try await control.context.pool.transaction(as: .system) { connection in
            try await connection.query(
                """
                UPDATE tracking_keys SET created_at = created_at - \(interval),
                    in_use_since = in_use_since - \(interval), replaced_at = replaced_at - \(interval)
                """)
            try await keys.takeOver(connection)
        }
    }

    @Test func `a node gets a key with its first snapshot, sealed, and the address of links`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let snapshot = try await node.snapshot { $0.tenant(tenant) != nil }
        #expect(snapshot.global.trackingBaseURL == "https://dispatch.example.com")
        let tokens = try #require(snapshot.tracking)
        let text = try #require(tokens.token(Self.claim(tenant)))
        #expect(tokens.claim(text) == Self.claim(tenant))
        let listed = try await control.call("GET", Self.path, token: token)
        #expect(listed.data.elements.map { $0["state"].text } == ["in_use"])
        #expect(!String(decoding: listed.bytes, as: UTF8.self).contains("secret"))
        await node.stop()
        await control.stop()
    }

    @Test func `a new key is known before it makes tokens, and the old one proves for 400 days`() async throws
    {
        let control = try await ServiceFixture.make(["DISPATCH_TRACKING_URL": "http://links.example.com/"])
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let first = try await node.snapshot { $0.tracking != nil }
        #expect(first.global.trackingBaseURL == "http://links.example.com")
        let old = try #require(first.tracking?.token(Self.claim(tenant)))

        let made = try await control.call("POST", Self.path + "/rotate", token: token)
        #expect(made.status == 201 && made.data["state"].text == "waiting")
        let again = try await control.call("POST", Self.path + "/rotate", token: token)
        #expect(again.data["id"] == made.data["id"])
        let waiting = try await node.snapshot { $0.global.trackingKeys?.count == 2 }
        #expect(waiting.tracking?.token(Self.claim(tenant)) == old)

        try await Self.pass(control)
        let changed = try await node.snapshot { $0.tracking?.token(Self.claim(tenant)) != old }
        let new = try #require(changed.tracking?.token(Self.claim(tenant)))
        #expect(changed.tracking?.claim(old) == Self.claim(tenant))
        #expect(waiting.tracking?.claim(new) == Self.claim(tenant))

        try await Self.pass(control, "interval '399 days'")
        #expect(try await control.count("SELECT count(*) AS n FROM tracking_keys") == 2)
        try await Self.pass(control, "interval '2 days'")
        let last = try await node.snapshot { $0.global.trackingKeys?.count == 1 }
        #expect(last.tracking?.claim(old) == nil && last.tracking?.claim(new) == Self.claim(tenant))
        await node.stop()
        await control.stop()
    }

    @Test func `a node that is removed knows no key that makes tokens afterwards`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let other = try await control.node(token)
        let known = try await other.snapshot { $0.tracking != nil }
        // A key that waits is known to it as well.
        _ = try await control.call("POST", Self.path + "/rotate", token: token)
        let removed = try await control.call(
            "DELETE", "/api/v1/admin/nodes/\(other.number)?force=true", token: token)
        #expect(removed.status == 200)
        try await Self.pass(control)
        let tenant = TenantID(UUID())
        let after = try await node.snapshot { snapshot in
            guard let text = snapshot.tracking?.token(Self.claim(tenant)) else { return false }
            return known.tracking?.claim(text) == nil
        }
        #expect(after.global.trackingKeys?.count == 2)
        await node.stop()
        await other.stop()
        await control.stop()
    }

    @Test func `a key that somebody knows is withdrawn, and what it made proves nothing`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = TenantID(UUID())
        let first = try await node.snapshot { $0.tracking != nil }
        let forged = try #require(first.tracking?.token(Self.claim(tenant)))
        let id = try await control.call("GET", Self.path, token: token).data[0]["id"].integer ?? -1
        func withdraw(_ id: String, as token: String) async throws -> ServiceFixture.Answer {
            try await control.call("DELETE", "\(Self.path)/\(id)", token: token)
        }
        let early = try await withdraw("\(id)", as: token)
        #expect(early.status == 409 && early.code == "key_in_use")
        let made = try await control.call("POST", Self.path + "/rotate", token: token).data["id"]
        #expect(try await withdraw("\(made.integer ?? -1)", as: token).status == 409)
        try await Self.pass(control)
        let owner = try await control.memberToken(of: try await control.tenant(token), role: "owner")
        #expect(try await withdraw("\(id)", as: owner).status == 403)
        #expect(try await withdraw("\(id)", as: token).status == 200)
        for none in ["\(id)", "200", "256", "-1", "x"] {
            #expect(try await withdraw(none, as: token).status == 404, "\(none)")
        }
        let after = try await node.snapshot { $0.global.trackingKeys?.count == 1 }
        #expect(after.tracking?.claim(forged) == nil && after.tracking != nil)
        #expect(
            try await control.count(
                "SELECT count(*) AS n FROM audit_log WHERE action = 'tracking_key.withdrawn'") == 1)
        await node.stop()
        await control.stop()
    }

    @Test func `an id is used again only when its key is gone`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        var ids: [Int] = []
        for _ in 0..<255 {
            let made = try await control.call("POST", Self.path + "/rotate", token: token)
            ids.append(try #require(made.data["id"].integer))
            try await Self.pass(control)
        }
        #expect(Set(ids) == Set(1...255))
        let full = try await control.call("POST", Self.path + "/rotate", token: token)
        #expect(full.status == 409 && full.code == "no_free_key")
        try await control.context.pool.execute(
            "UPDATE tracking_keys SET replaced_at = now() - interval '500 days' WHERE id = 17", as: .system)
        try await Self.pass(control)
        let reused = try await control.call("POST", Self.path + "/rotate", token: token)
        #expect(reused.data["id"].integer == 17)
        await control.stop()
    }

    @Test func `only operators see and change the keys`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let tenant = try await control.tenant(token)
        let owner = try await control.memberToken(of: tenant, role: "owner")
        #expect(try await control.call("GET", Self.path, token: owner).status == 403)
        #expect(try await control.call("POST", Self.path + "/rotate", token: owner).status == 403)
        #expect(try await control.count("SELECT count(*) AS n FROM tracking_keys") == 1)
        await control.stop()
    }
}
