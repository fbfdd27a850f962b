import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres
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

    @Test func `a node is removed a day after it was drained, or by force, which the audit log tells`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token, "worker")
        func remove(_ query: String = "") async throws -> ServiceFixture.Answer {
            try await control.call("DELETE", "/api/v1/admin/nodes/worker\(query)", token: token)
        }
        let serving = try await remove()
        #expect(serving.status == 409 && serving.code == "node_holds_keys")
        #expect(try await remove("?force=maybe").status == 400)
        let drained = try await control.call("POST", "/api/v1/admin/nodes/worker/drain", token: token)
        let removable = try #require(drained.data["removable_at"].text)
        let early = try await remove()
        #expect(early.status == 409)
        #expect(String(decoding: early.bytes, as: UTF8.self).contains(removable.prefix(16)))
        #expect(try await node.get(NodePaths.manifest).status == 200)
        // Resumed for a moment it takes keys again, although the two pauses count as one for their owners.
        try await control.asOwner("UPDATE nodes SET drained_at = now() - interval '2 days'")
        _ = try await control.call("POST", "/api/v1/admin/nodes/worker/resume", token: token)
        _ = try await control.call("POST", "/api/v1/admin/nodes/worker/drain", token: token)
        #expect(try await remove().code == "node_holds_keys")
        try await control.asOwner("UPDATE nodes SET served_until = now() - interval '24 hours 3 minutes'")
        #expect(try await remove().status == 200)

        let other = try await control.node(token, "worker")
        #expect(try await remove("?force=true").status == 200)
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM audit_log
                WHERE action = 'node.removed' AND detail->>'forced' = 'true'
                """) == 1)
        _ = try await control.call("POST", "/api/v1/admin/nodes", token: token, json: #"{"name":"worker"}"#)
        #expect(try await remove().status == 200)
        await node.stop()
        await other.stop()
        await control.stop()
    }

    @Test func `a node tells where it is reached, and the snapshot follows`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let other = try await control.node(token)
        func tell(_ presence: NodePresence) async throws -> ServiceFixture.Answer {
            let body = Array(try JSONEncoder().encode(presence))
            return try await control.send(
                "POST", NodePresence.path, headers: try other.headers("POST", NodePresence.path, body: body),
                body: body)
        }
        let url = "http://127.0.0.1:2/moved"
        let told = try await tell(NodePresence(controlURL: nil, httpURL: url, adopted: []))
        #expect(told.status == 200)
        _ = try await node.snapshot { $0.node(String(other.number))?.url == url }
        #expect(try await tell(NodePresence(controlURL: nil, httpURL: url, adopted: [])).status == 200)
        #expect(
            try await control.count("SELECT count(*) AS n FROM audit_log WHERE action = 'node.moved'") == 1)
        let bad = try await tell(NodePresence(controlURL: "file:///etc", httpURL: nil, adopted: []))
        #expect(bad.status == 400 || bad.status == 422)
        #expect(try await control.send("POST", NodePresence.path, body: Array("{}".utf8)).status == 401)
        await node.stop()
        await other.stop()
        await control.stop()
    }

    @Test func `a node answers for what it adopted, and a living one is not taken out`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let dead = try await control.node(token, "dead")
        let heir = try await control.node(token)
        let third = try await control.node(token)
        func adopt(_ numbers: [UInt16], by node: FakeNode) async throws -> [UInt16] {
            let body = Array(
                try JSONEncoder().encode(NodePresence(controlURL: nil, httpURL: nil, adopted: numbers)))
            let answer = try await control.send(
                "POST", NodePresence.path, headers: try node.headers("POST", NodePresence.path, body: body),
                body: body)
            return try JSONDecoder().decode(NodePresence.Answer.self, from: Data(answer.bytes)).pending
        }
        #expect(try await dead.get(NodePaths.manifest).status == 200)
        #expect(try await adopt([dead.number, heir.number, 60_000], by: heir) == [dead.number])
        let before = try await third.snapshot { $0.node(String(dead.number)) != nil }
        #expect(before.node(String(dead.number))?.heir == nil)
        try await control.asOwner(
            "UPDATE nodes SET last_seen_at = now() - interval '2 minutes' WHERE name = 'dead'")
        // Nothing that is pushed is answered any more, which would count as heard.
        await dead.stop()
        try await control.asOwner(
            "UPDATE nodes SET last_seen_at = now() - interval '2 minutes' WHERE name = 'dead'")
        // Silent is not gone: after an outage of the control plane all were silent.
        #expect(try await adopt([dead.number], by: heir) == [dead.number])
        let drained = try await control.call("POST", "/api/v1/admin/nodes/dead/drain", token: token)
        #expect(drained.status == 200)
        #expect(try await adopt([dead.number], by: heir) == [])
        let snapshot = try await third.snapshot { $0.node(String(dead.number))?.heir != nil }
        #expect(snapshot.node(String(dead.number))?.heir == heir.number)
        #expect(snapshot.node(String(dead.number))?.isDraining == true)
        let shown = try await control.call("GET", "/api/v1/admin/nodes/dead", token: token)
        #expect(shown.data["state"].text == "draining")
        #expect(shown.data["adopted_by"].integer == Int(heir.number))
        // Nobody else can claim it, and its keys are at the heir for a day.
        #expect(try await adopt([dead.number], by: third) == [])
        let removed = try await control.call("DELETE", "/api/v1/admin/nodes/dead", token: token)
        #expect(removed.code == "node_holds_keys")
        #expect(
            try await control.count("SELECT adopted_by AS n FROM nodes WHERE name = 'dead'")
                == Int(heir.number))
        // An operator who asks for a message of the dead node is sent to the heir.
        let id = MessageID(milliseconds: 1, node: dead.number, random: (1, 1))
        let explained = try await control.call(
            "GET", "/api/v1/admin/queue/messages/\(id)", token: token)
        #expect(explained.code != "node_not_found")
        for node in [heir, third] { await node.stop() }
        await control.stop()
    }

    @Test func `an operator takes an adoption back, and two nodes cannot adopt each other`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let one = try await control.node(token, "one")
        let two = try await control.node(token, "two")
        func adopt(_ numbers: [UInt16], by node: FakeNode) async throws -> [UInt16] {
            let body = Array(
                try JSONEncoder().encode(NodePresence(controlURL: nil, httpURL: nil, adopted: numbers)))
            let answer = try await control.send(
                "POST", NodePresence.path, headers: try node.headers("POST", NodePresence.path, body: body),
                body: body)
            return try JSONDecoder().decode(NodePresence.Answer.self, from: Data(answer.bytes)).pending
        }
        for name in ["one", "two"] {
            #expect(
                try await control.call("POST", "/api/v1/admin/nodes/\(name)/drain", token: token).status
                    == 200)
        }
        // Nothing that is pushed is answered any more, which would count as heard.
        for node in [one, two] { await node.stop() }
        let silence: SQL = "UPDATE nodes SET last_seen_at = now() - interval '1 hour'"
        try await control.asOwner(silence)
        #expect(try await adopt([one.number], by: two) == [])
        try await control.asOwner(silence)
        #expect(try await adopt([two.number], by: one) == [two.number])
        let adopted: SQL = "SELECT count(*) AS n FROM nodes WHERE adopted_by IS NOT NULL"
        #expect(try await control.count(adopted) == 1)

        let resumed = try await control.call("POST", "/api/v1/admin/nodes/one/resume", token: token)
        #expect(resumed.status == 200, "\(resumed.body)")
        #expect(resumed.data["state"].text == "active")
        #expect(try await control.count(adopted) == 0)
        #expect(
            try await control.count(
                """
                SELECT count(*) AS n FROM audit_log
                WHERE action = 'node.resumed' AND detail->>'adopted_by' = \(String(two.number))
                """) == 1)
        try await control.asOwner(silence)
        #expect(try await adopt([one.number], by: two) == [one.number])
        await control.stop()
    }

    @Test func `a removed node is refused, and the cluster key changes when every other has the new one`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let removed = try await control.node(token)
        let kept = try await control.node(token)
        let answer = try await control.call(
            "DELETE", "/api/v1/admin/nodes/\(removed.number)?force=true", token: token)
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
