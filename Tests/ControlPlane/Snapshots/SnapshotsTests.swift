import Crypto
import EventLoop
import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct SnapshotsTests {
    @Test func `what changes reaches a node, which can open it and verify tokens with it`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let path = "/api/v1/dispatch/tenants/\(tenant)"
        let first = try await node.snapshot { $0.tenant(tenant) != nil }
        #expect(first.tenant(tenant)?.bodyKey?.count == 32)
        #expect(first.global.serviceHost == "dispatch.example.com")
        let now = Int(Date().timeIntervalSince1970)
        #expect(throws: Never.self) { try first.tokenVerifier.verify(token, now: now) }

        let key = try await control.call(
            "POST", "\(path)/api-keys", token: token, json: #"{"name":"k","scopes":["emails:send"]}"#)
        let presented = try #require(key.data["key"].text)
        let withKey = try await node.snapshot { $0.apiKey(presented) != nil }
        #expect(withKey.apiKey(presented)?.tenant.id == tenant)
        #expect(withKey.version > first.version)

        let hook = try await control.call(
            "POST", "\(path)/webhooks", token: token,
            json: #"{"url":"https://example.com/hook","events":["delivered"],"#
                + #""secret":"a-secret-of-the-customer"}"#)
        #expect(hook.status == 201)
        let withHook = try await node.snapshot { $0.tenant(tenant)?.webhooks.isEmpty == false }
        let webhook = try #require(withHook.tenant(tenant)?.webhooks.first)
        let context = TenantRecord.Webhook.sealContext(tenant: tenant, webhook: webhook.id)
        #expect(
            withHook.open(webhook.sealedSecret, context: context) == Array("a-secret-of-the-customer".utf8))

        _ = try await control.call(
            "POST", "\(path)/suppressions", token: token,
            json: #"{"email":"Gone@Example.org","reason":"asked"}"#)
        _ = try await node.snapshot { $0.isSuppressed("gone@example.org", tenant: tenant) }

        let keyID = try #require(key.data["id"].text)
        _ = try await control.call("DELETE", "\(path)/api-keys/\(keyID)", token: token)
        _ = try await node.snapshot { $0.apiKey(presented) == nil }
        await node.stop()
        await control.stop()
    }

    @Test func `only verified domains are published, with a key that opens`() async throws {
        let control = try await ServiceFixture.make(["DISPATCH_ALLOW_DOMAIN_OVERRIDE": "true"])
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let made = try await control.call(
            "POST", "/api/v1/dispatch/tenants/\(tenant)/domains", token: token,
            json: #"{"domain":"sender.example"}"#)
        let id = try #require(made.data["domain"]["id"].text)
        let before = try await node.snapshot { $0.tenant(tenant) != nil }
        #expect(before.tenant(tenant)?.domains.isEmpty == true)
        let vouched = try await control.call(
            "POST", "/api/v1/admin/tenants/\(tenant)/domains/\(id)/override", token: token,
            json: #"{"reason":"a test"}"#)
        #expect(vouched.status == 200)
        let after = try await node.snapshot { $0.tenant(tenant)?.domains.isEmpty == false }
        let domain = try #require(after.tenant(tenant)?.domains.first)
        let pem = try #require(
            after.open(
                domain.sealedKey,
                context: TenantRecord.Domain.sealContext(tenant: tenant, domain: "sender.example")))
        #expect(String(decoding: pem, as: UTF8.self).contains("PRIVATE KEY"))
        await node.stop()
        await control.stop()
    }

    @Test func `a chunk that nodes would refuse is not published, and the one before stays`() async throws {
        struct Undo: Error {}
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let held = try await node.snapshot { $0.tenant(tenant) != nil }
        let context = control.context
        let keys = ClusterKeys(masterSeal: context.masterSeal)
        let global = GlobalChunkBuilder(context)
        let builder = SnapshotBuilder(
            keys: keys, global: global, lifetimeSeconds: 3_600, blocking: context.blocking,
            log: context.log, maxChunkBytes: -1)
        let name = TenantsChunk.name(for: tenant)
        await #expect(throws: Undo.self) {
            try await context.pool.transaction(as: .system) { connection in
                for chunk in [name, "suppressions/zz", "suppressions/00"] {
                    try await connection.query("SELECT bump_chunk(\(chunk)::text)")
                }
                let published = try #require(
                    try await builder.publish(connection, now: context.nowSeconds))
                #expect(published.oversizedChunks.sorted() == ["suppressions/00", "suppressions/zz", name])
                let manifest = try JSONDecoder().decode(Manifest.self, from: published.signed.manifest)
                #expect(Set(manifest.chunks) == Set(held.manifest.chunks))
                #expect(try await builder.publish(connection, now: context.nowSeconds) == nil)
                throw Undo()
            }
        }
        await node.stop()
        await control.stop()
    }

    @Test func `a flag forgets those whose work is over`() {
        let (flag, called) = (StopFlag(), Locked([Int]()))
        for number in 0..<100 {
            let registration = flag.onSet { called.withLock { $0.append(number) } }
            if number != 7 { flag.forget(registration) }
        }
        #expect(flag.waitingCount == 1)
        flag.set()
        #expect(called.withLock { $0 } == [7])
        #expect(flag.waitingCount == 0)
    }

    @Test func `a change rebuilds its chunk alone, and the node's version is recorded`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let before = try await node.snapshot { $0.tenant(tenant) != nil }
        _ = try await control.call(
            "PUT", "/api/v1/dispatch/tenants/\(tenant)", token: token, json: #"{"tenant_name":"Other"}"#)
        let after = try await node.snapshot { $0.tenant(tenant)?.name == "Other" }
        let changed = Set(after.manifest.chunks).subtracting(before.manifest.chunks).map(\.name)
        #expect(changed == [TenantsChunk.name(for: tenant)])
        for _ in 0..<200
        where try await control.count(
            "SELECT count(*) AS n FROM nodes WHERE held_version = \(after.version)") != 1
        {
            await control.context.loop.pause(.milliseconds(10))
        }
        #expect(
            try await control.count("SELECT count(*) AS n FROM nodes WHERE held_version = \(after.version)")
                == 1)
        let shown = try await control.call("GET", "/api/v1/admin/snapshot", token: token)
        #expect(shown.data["version"].integer == Int(after.version))
        await node.stop()
        await control.stop()
    }
}
