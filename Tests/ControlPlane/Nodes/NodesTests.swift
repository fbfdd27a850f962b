import Crypto
import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct NodesTests {
    @Test func `a join token is good once`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let made = try await control.call(
            "POST", "/api/v1/admin/nodes", token: token, json: #"{"name":"one"}"#)
        let joinToken = try #require(made.data["join_token"].text)
        #expect(joinToken.hasPrefix("djt_"))
        let node = try await FakeNode.join(control, token: joinToken)
        #expect(Int(node.number) == made.data["number"].integer)

        let asked = FakeNode.request(joinToken, signing: try .generate(), sealing: try .generate())
        let again = try await control.send(
            "POST", JoinRequest.path, body: Array(try JSONEncoder().encode(asked)))
        #expect(again.status == 401)
        #expect(again.code == "join_token_invalid")
        await node.stop()
        await control.stop()
    }

    @Test func `the same name is refused, and only operators may ask`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        _ = try await control.call("POST", "/api/v1/admin/nodes", token: token, json: #"{"name":"one"}"#)
        let twice = try await control.call(
            "POST", "/api/v1/admin/nodes", token: token, json: #"{"name":"one"}"#)
        #expect(twice.status == 409)
        let nobody = try await control.send("GET", "/api/v1/admin/nodes")
        #expect(nobody.status == 401)
        await control.stop()
    }

    @Test func `a signed request is taken once, and not with another body or an old time`() async throws {
        let control = try await ServiceFixture.make()
        let node = try await control.node(try await control.operatorToken())
        _ = try await node.snapshot { _ in true }
        let headers = try node.headers("GET", NodePaths.manifest, body: [])
        #expect(try await control.send("GET", NodePaths.manifest, headers: headers).status == 200)
        #expect(try await control.send("GET", NodePaths.manifest, headers: headers).status == 401)

        let other = try node.headers("POST", NodePaths.reports, body: [1])
        #expect(try await control.send("POST", NodePaths.reports, headers: other, body: [2]).status == 401)
        let old = try node.headers(
            "GET", NodePaths.manifest, body: [], time: Int64(Date().timeIntervalSince1970) - 301)
        #expect(try await control.send("GET", NodePaths.manifest, headers: old).status == 401)
        #expect(try await control.send("GET", NodePaths.manifest).status == 401)
        await node.stop()
        await control.stop()
    }

    @Test func `drain and resume change the state, and only from the other one`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token, "worker")
        let drained = try await control.call("POST", "/api/v1/admin/nodes/worker/drain", token: token)
        #expect(drained.data["state"].text == "draining")
        let resumed = try await control.call(
            "POST", "/api/v1/admin/nodes/\(node.number)/resume", token: token)
        #expect(resumed.data["state"].text == "active")
        _ = try await control.call("POST", "/api/v1/admin/nodes", token: token, json: #"{"name":"late"}"#)
        let joining = try await control.call("POST", "/api/v1/admin/nodes/late/drain", token: token)
        #expect(joining.status == 409)
        await node.stop()
        await control.stop()
    }

    @Test func `a removed node is refused, and the cluster key changes when every other has the new one`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let removed = try await control.node(token)
        let kept = try await control.node(token)
        let answer = try await control.call("DELETE", "/api/v1/admin/nodes/\(removed.number)", token: token)
        #expect(answer.status == 200)
        #expect(try await removed.get(NodePaths.manifest).status == 401)
        #expect(
            try await control.count("SELECT count(*) AS n FROM cluster_keys WHERE retired_at IS NULL") == 2)

        let keys = try JSONDecoder().decode(
            [SealedClusterKey].self,
            from: Data(try await kept.get(NodePaths.clusterKeys).bytes))
        #expect(keys.count == 2)
        for key in keys {
            let opened = try SealedBox.open(
                Array(key.sealedKey), with: kept.sealing, context: Array(JoinResponse.clusterKeyContext.utf8))
            #expect(opened.count == 32)
        }
        for _ in 0..<200
        where try await control.count("SELECT count(*) AS n FROM cluster_keys WHERE retired_at IS NULL") != 1
        {
            await control.context.loop.pause(.milliseconds(20))
        }
        #expect(
            try await control.count("SELECT count(*) AS n FROM cluster_keys WHERE retired_at IS NULL") == 1)
        await removed.stop()
        await kept.stop()
        await control.stop()
    }
}
