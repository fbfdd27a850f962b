import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct SendRelayTests {
    private func key(_ control: ServiceFixture, _ token: String, _ tenant: TenantID, cidr: String? = nil)
        async throws -> String
    {
        let networks = cidr.map { #","allowed_cidrs":["\#($0)"]"# } ?? ""
        let made = try await control.call(
            "POST", "/api/v1/dispatch/tenants/\(tenant)/api-keys", token: token,
            json: #"{"name":"k","scopes":["*"]\#(networks)}"#)
        return try #require(made.data["key"].text, "\(made.body)")
    }

    @Test func `the address of a relayed caller is believed when a node signed it`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let key = try await key(control, token, tenant, cidr: "192.0.2.0/24")
        let path = "/api/v1/dispatch/tenants/\(tenant)/domains"
        func status(from ip: String, by signer: UInt16, _ signing: Ed25519PrivateKey) async throws -> Int {
            let mark = try RelayMark.headers(
                clientIP: ip, method: "GET", path: path, signer: String(signer),
                time: control.context.nowSeconds, nonce: "n", key: signing)
            return try await control.send("GET", path, headers: [("Authorization", "Bearer \(key)")] + mark)
                .status
        }
        #expect(try await control.call("GET", path, token: key).status == 403)
        #expect(try await status(from: "192.0.2.7", by: node.number, node.signing) == 200)
        #expect(try await status(from: "198.51.100.1", by: node.number, node.signing) == 403)
        #expect(try await status(from: "nonsense", by: node.number, node.signing) == 400)
        #expect(try await status(from: "192.0.2.7", by: node.number, try .generate()) == 400)
        #expect(try await status(from: "192.0.2.7", by: 60_000, node.signing) == 400)
        let bare = [("Authorization", "Bearer \(key)"), ("X-Dispatch-Relayed", "192.0.2.7")]
        #expect(try await control.send("GET", path, headers: bare).status == 400)
        await node.stop()
        await control.stop()
    }

    @Test func `behind a named proxy the caller is whom it says, and whoever else says so is not believed`()
        async throws
    {
        for (trusted, expected) in [("127.0.0.0/8", 200), ("10.0.0.0/8", 403)] {
            let control = try await ServiceFixture.make(["DISPATCH_TRUSTED_PROXIES": trusted])
            let token = try await control.operatorToken()
            let tenant = try await control.tenant(token)
            let key = try await key(control, token, tenant, cidr: "192.0.2.0/24")
            let path = "/api/v1/dispatch/tenants/\(tenant)/domains"
            func status(from list: String) async throws -> Int {
                try await control.send(
                    "GET", path, headers: [("Authorization", "Bearer \(key)"), ("X-Forwarded-For", list)]
                ).status
            }
            #expect(try await status(from: "192.0.2.7") == expected)
            #expect(try await status(from: "192.0.2.7, 198.51.100.1") == 403)
            await control.stop()
        }
        await #expect(throws: ControlPlaneService.Failure.self) {
            _ = try await ServiceFixture.make(["DISPATCH_TRUSTED_PROXIES": "nonsense"])
        }
    }

    @Test func `a large body is only received for a caller who is known`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let key = try await key(control, token, try await control.tenant(token))
        let large = "\"" + String(repeating: "x", count: 100_000) + "\""
        let path = "/api/v1/messages"
        #expect(try await control.call("POST", path, token: "dsp_live_x", json: large).status == 401)
        #expect(try await control.send("POST", path, body: Array(large.utf8)).status == 401)
        // The node that is played here takes no more than 1,000 bytes.
        #expect(try await control.call("POST", path, token: key, json: large).status == 413)
        await node.stop()
        await control.stop()
    }

    @Test func `nodes learn of each other, and of when each was drained and resumed`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        func known() async throws -> ClusterNode {
            try #require(try await ClusterNode.all(control.context.pool).first)
        }
        let joined = try await known()
        #expect(joined.number == node.number)
        #expect(Array(joined.publicKey) == node.signing.publicKey.raw)
        #expect(joined.url.hasPrefix("http://") && joined.controlURL.hasPrefix("http://"))
        #expect(joined.pausedFrom == nil && joined.pausedUntil == nil && !joined.isDraining)
        let path = "/api/v1/admin/nodes/\(node.number)"
        #expect(try await control.call("POST", path + "/drain", token: token).status == 200)
        let drained = try await known()
        #expect(drained.isDraining && drained.since == joined.since)
        #expect(try await control.call("POST", path + "/resume", token: token).status == 200)
        let resumed = try await known()
        #expect(!resumed.isDraining && resumed.pausedFrom == drained.pausedFrom)
        #expect(resumed.pausedUntil != nil)
        // Again within a day: one pause, which began when the first did.
        _ = try await control.context.pool.query(
            "UPDATE nodes SET drained_at = drained_at - interval '1 hour'", as: .system)
        #expect(try await control.call("POST", path + "/drain", token: token).status == 200)
        #expect(try await known().pausedFrom == drained.pausedFrom.map { $0 - 3_600 })
        await node.stop()
        await control.stop()
    }

    @Test func `an idempotency key always goes to the same node`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let nodes = [try await control.node(token), try await control.node(token)]
        _ = try await control.context.pool.query(
            "UPDATE nodes SET joined_at = now() - interval '10 days'", as: .system)
        var hosts: Set<String> = []
        for number in 1...20 {
            var seen: Set<String> = []
            for _ in 1...3 {
                let sent = try await control.send(
                    "POST", "/api/v1/messages", headers: [("Idempotency-Key", "k\(number)")],
                    body: Array("{}".utf8))
                seen.insert(sent.body["host"].text ?? "")
            }
            #expect(seen.count == 1)
            hosts.formUnion(seen)
        }
        #expect(hosts.count == 2)
        for node in nodes { await node.stop() }
        await control.stop()
    }

    @Test func `a send that may have arrived is not to be repeated blindly`() async throws {
        let control = try await ServiceFixture.make()
        let node = try await control.node(try await control.operatorToken())
        let loop = try #require(control.group.loops.first)
        let silent = try Listener(.ipv4(0x7F00_0001, port: 0))
        silent.accept(on: loop, maxConnections: 10) { stream in
            _ = try? await stream.fill(timeout: .seconds(10))
        }
        _ = try await control.context.pool.query(
            "UPDATE nodes SET base_urls = ARRAY[\("http://\(silent.address)")]", as: .system)
        let sent = try await control.send("POST", "/api/v1/messages", body: Array("{}".utf8))
        #expect(sent.status == 504)
        #expect(sent.code == "outcome_unknown")
        silent.close()
        await control.context.loop.pause(.milliseconds(1_100))
        let refused = try await control.send("POST", "/api/v1/messages", body: Array("{}".utf8))
        #expect(refused.status == 503)
        #expect(refused.code == "other_plane_unreachable")
        await node.stop()
        await control.stop()
    }

    @Test func `a key is a password under any name`() throws {
        func presented(_ pair: String) throws -> ControlPlane.PresentedCredential {
            let encoded = Base64.encode(Array(pair.utf8))
            return try .init(try HTTPRequest(.get, "/", headers: ["Authorization": "Basic \(encoded)"]))
        }
        for name in ["api", "anything", ""] {
            guard case .apiKey("dsp_live_x") = try presented("\(name):dsp_live_x") else {
                Issue.record("\(name) is not a key's")
                continue
            }
        }
        guard case .password("api", "x") = try presented("api:x") else {
            Issue.record("what is no key is a password")
            return
        }
    }
}
