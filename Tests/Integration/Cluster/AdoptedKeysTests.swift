import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

extension ClusterScenarios {
    /// A node is gone for good, and another has taken over its spool.
    @Suite struct AdoptedKeysTests {
        @Test func `whichever node a repeated request comes to, the adopter is asked, for messages as well`()
            async throws
        {
            let cluster = try await Cluster(nodes: 3)
            let tenant = try await cluster.makeTenant("Heirs", domain: "heirs.example")
            try await cluster.sql("UPDATE nodes SET joined_at = now() - interval '10 days'")
            try await cluster.sql("SELECT bump_chunk('global')")
            try await cluster.waitUntilNodesHaveEverything()
            @Sendable func send(_ key: String, to place: Int) async throws -> APICaller.Answer {
                try await cluster.nodes[place].caller(token: tenant.apiKey).send(
                    "POST", "/api/v1/messages", tenant.message("s-\(key)"),
                    headers: [(name: "Idempotency-Key", value: key)])
            }
            let dead = cluster.nodes[1]
            let keys = Self.keys(of: 2, count: 8)
            var ids: [String] = []
            for key in keys {
                let answer = try await send(key, to: 1)
                #expect(answer.status == 202, "\(answer.text)")
                ids.append(try #require(answer.json["id"].text))
            }
            // What waits there when the machine goes.
            let tomorrow = Date().addingTimeInterval(86_400).formatted(.iso8601)
            let later: JSONValue = [
                "from": .string("app@\(tenant.domain)"), "to": "someone@example.net", "subject": "later",
                "text": "Hello.", "scheduled_at": .string(tomorrow),
            ]
            let waiting = try await dead.caller(token: tenant.apiKey).send(
                "POST", "/api/v1/messages", later)
            try await dead.process.kill()
            try await cluster.nodes[2].process.kill()
            let adopted = try await SpoolTools.run(
                ["spool", "adopt", dead.directory.file("node"), "--journal", "report"],
                settings: cluster.nodes[2].settings)
            #expect(adopted.exit == .code(0), "\(adopted.errors)")
            // As the runbook says it: the adopter is not believed of a node that nobody has drained.
            try await cluster.api.must("POST", "/api/v1/admin/nodes/2/drain")
            try await cluster.sql(
                "UPDATE nodes SET last_seen_at = now() - interval '5 minutes' WHERE number = 2")
            try await cluster.nodes[2].start()
            try await eventually("the control plane to know the adopter") {
                try await cluster.api.get("/api/v1/admin/nodes/2").json["data"]["adopted_by"].integer
            }
            // The first node learns of it by its next snapshot; then nobody asks the one that is gone.
            for (key, id) in zip(keys, ids) {
                for place in [0, 2] {
                    let answer = try await eventually("an answer") {
                        let answer = try await send(key, to: place)
                        return answer.status == 503 ? nil : answer
                    }
                    #expect(answer.json["id"].text == id, "\(answer.text)")
                }
            }
            if waiting.status == 202, let id = waiting.json["id"].text {
                let explained = try await cluster.api.get("/api/v1/admin/queue/messages/\(id)")
                #expect(explained.status == 200, "\(explained.text)")
                #expect(explained.json["data"]["node"].integer == 3)
                let cancelled = try await cluster.api.send(
                    "POST", "/api/v1/admin/queue/cancel", ["messages": [.string(id)], "dry_run": false])
                #expect(cancelled.status == 200, "\(cancelled.text)")
            } else {
                Issue.record("\(waiting.text)")
            }
        }

        private static func keys(of number: UInt16, count: Int) -> [String] {
            let nodes = (1...3).map {
                NodeProtocol.ClusterNode(
                    number: $0, url: "", controlURL: "", publicKey: .init(), since: 0)
            }
            let owners = KeyOwners(nodes)
            return (0..<1_000).lazy.map { "heir\($0)" }.filter {
                owners.owner(of: $0, now: 1 << 32)?.number == number
            }.prefix(count).map(\.self)
        }
    }
}
