import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

/// Which node gets a request that is relayed, and how much of it.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct RelayChoiceTests {
    /// Two nodes; the first is where nothing answers.
    private func cluster(
        firstAt url: String
    ) async throws -> (control: ServiceFixture, nodes: [FakeNode], token: String) {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let nodes = [try await control.node(token), try await control.node(token)]
        try await move(nodes[0], to: url, control)
        return (control, nodes, token)
    }

    private func move(_ node: FakeNode, to url: String, _ control: ServiceFixture) async throws {
        _ = try await control.context.pool.query(
            """
            UPDATE nodes SET base_urls = ARRAY[\(url)], joined_at = now() - interval '10 days'
            WHERE number = \(Int(node.number))
            """, as: .system)
        await control.context.loop.pause(.milliseconds(1_100))
    }

    private func send(
        _ control: ServiceFixture, key: String? = nil
    ) async throws -> ServiceFixture.Answer {
        try await control.send(
            "POST", "/api/v1/messages", headers: key.map { [("Idempotency-Key", $0)] } ?? [],
            body: Array("{}".utf8))
    }

    @Test func `a send goes to the node that is there when another refuses it`() async throws {
        let gone = try Listener(.ipv4(0x7F00_0001, port: 0))
        let (control, nodes, _) = try await cluster(firstAt: "http://\(gone.address)")
        gone.close()
        for _ in 1...4 { #expect(try await send(control).status == 202) }
        for node in nodes { await node.stop() }
        await control.stop()
    }

    @Test func `a send goes to the node that is there when another does not take connections`()
        async throws
    {
        let hole = try BlackHole()
        let (control, nodes, _) = try await cluster(firstAt: "http://\(hole.address)")
        for _ in 1...4 { #expect(try await send(control).status == 202) }
        for node in nodes { await node.stop() }
        await control.stop()
    }

    @Test func `a key that belongs to a node that is away is refused in place of being sent twice`()
        async throws
    {
        let gone = try Listener(.ipv4(0x7F00_0001, port: 0))
        let (control, nodes, _) = try await cluster(firstAt: "http://\(gone.address)")
        try await move(nodes[1], to: "http://\(nodes[1].address)", control)
        gone.close()
        var seen: Set<Int> = []
        for number in 1...20 { seen.insert(try await send(control, key: "k\(number)").status) }
        #expect(seen == [202, 503])
        for node in nodes { await node.stop() }
        await control.stop()
    }

    @Test func `a node that was not heard of for long is asked last`() async throws {
        let hole = try BlackHole()
        let (control, nodes, _) = try await cluster(firstAt: "http://\(hole.address)")
        await nodes[0].stop()
        _ = try await control.context.pool.query(
            """
            UPDATE nodes SET last_seen_at = now() - interval '5 minutes'
            WHERE number = \(Int(nodes[0].number))
            """, as: .system)
        await control.context.loop.pause(.milliseconds(1_100))
        for _ in 1...4 { #expect(try await send(control).status == 202) }
        let metrics = try await control.metrics()
        #expect(metrics.contains(#"dispatch_relayed_requests_total{status="202"} 4"#))
        #expect(!metrics.contains(#"dispatch_relayed_requests_total{status="unreachable"}"#))
        await nodes[1].stop()
        await control.stop()
    }

    @Test func `a batch may be as large here as at a node, and a message is not`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let made = try await control.call(
            "POST", "/api/v1/dispatch/tenants/\(tenant)/api-keys", token: token,
            json: #"{"name":"k","scopes":["*"]}"#)
        let key = [("Authorization", "Bearer \(try #require(made.data["key"].text))")]
        let large = [UInt8](repeating: 0x20, count: 45 << 20)
        let batch = try await control.send("POST", "/v1/messages/batch", headers: key, body: large)
        #expect(batch.status == 202 && batch.body["bytes"].integer == large.count)
        let one = try await control.send("POST", "/v1/messages/send", headers: key, body: large)
        #expect(one.status == 413)
        await node.stop()
        await control.stop()
    }

    @Test func `a link is followed here as at a node, with what protects its page`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let page = try await control.response(
            "GET", control.baseURL + "/u/token",
            headers: [
                ("Accept-Language", "de"), ("Sec-Purpose", "prefetch"), ("Purpose", "preview"),
                ("X-Moz", "prefetch"),
            ])
        #expect(page.status == 200)
        #expect(String(decoding: page.body, as: UTF8.self) == "de prefetch preview prefetch")
        for (name, value) in FakeNode.linkHeaders {
            #expect(page.header(name) == value, "\(name)")
        }
        let loop = try #require(control.group.loops.first)
        let address = control.baseURL.dropFirst(7)
        let answer = try await loop.run {
            let stream = try await ByteStream.connect(
                to: try #require(SocketAddress(String(address))), timeout: .seconds(5))
            try await stream.write(
                Array(
                    """
                    POST /u/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
                    Content-Type: application/x-www-form-urlencoded\r\n\r\n\
                    1a\r\nList-Unsubscribe=One-Click\r\n0\r\n\r\n
                    """.utf8), timeout: .seconds(5))
            _ = try await stream.fill(timeout: .seconds(10))
            return String(decoding: stream.input.prefix(12), as: UTF8.self)
        }
        #expect(answer == "HTTP/1.1 200")
        await node.stop()
        await control.stop()
    }
}
