import TestSupport
import Testing

extension ClusterScenarios {
    /// What operators say of how mail leaves comes into force on the nodes.
    @Suite struct ShapingTests {
        private static let shaping = "/api/v1/admin/shaping"
        private static let queue = "/api/v1/admin/queue"

        @Test func `a rule and a source come into force on the node, and a bad rule does not`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Shaping", domain: "shaping.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            var rule: JSONValue = [
                "id": "later", "provider": "nobody", "contains": "try again LATER",
                "action": "suspend_lane", "duration_seconds": 600, "reason": "the host asked for a pause",
            ]
            let refused = try await cluster.api.send("PUT", "\(Self.shaping)/rules/later", rule)
            #expect(refused.status == 422)
            #expect(refused.json["error"]["field"] == "rules[later].provider")

            try await cluster.api.must(
                "PUT", "\(Self.shaping)/sources/a1",
                ["id": "a1", "node": 1, "ipv4": "127.0.0.2", "hello_name": "a1.example.com"])
            try await cluster.api.must(
                "PUT", "\(Self.shaping)/pools/default",
                ["id": "default", "members": [["source": "a1", "weight": 1]]])
            if case .object(var fields) = rule {
                fields["provider"] = nil
                rule = .object(fields)
            }
            try await cluster.api.must("PUT", "\(Self.shaping)/rules/later", rule)
            try await cluster.waitUntilNodesHaveEverything()

            try await node.must("POST", "/api/v1/messages", tenant.message("from the source"))
            let delivery = try await cluster.sink.wait(forSubject: "from the source")
            #expect(delivery.client == "127.0.0.2")
            #expect(delivery.hello == "a1.example.com")

            // One such reply suspends the lane, and what comes next waits for it.
            try await node.must(
                "POST", "/api/v1/messages", tenant.message("put off", to: "defer@example.net"))
            let restriction = try await eventually("the rule to be in force") {
                try await cluster.api.must("GET", "\(Self.queue)/restrictions")["data"]["nodes"][0][
                    "result"]["restrictions"].elements.first { $0["rule"] == "later" }
            }
            #expect(restriction["origin"] == "rule")
            #expect(restriction["reason"] == "the host asked for a pause")
            #expect(restriction["evidence"].text?.contains("Try again later") == true)
            let waiting = try await node.must("POST", "/api/v1/messages", tenant.message("waits"))["id"]
            let path = "\(Self.queue)/messages/\(waiting.text ?? "")"
            let explanation = try await cluster.api.must("GET", path)["data"]["items"][0]
            #expect(explanation["waits_for"] == "restriction")
            #expect(explanation["restriction"]["rule"] == "later")
            #expect(explanation["lane"]["source"] == "a1")
            #expect(cluster.sink.copiesBySubject["waits"] == nil)

            try await cluster.api.must(
                "POST", "\(Self.queue)/resume", ["id": restriction["id"]])
            _ = try await cluster.sink.wait(forSubject: "waits")
        }

        @Test func `an operator stops a tenant's mail, and withdraws what waits`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Stopped", domain: "stopped.example")
            let other = try await cluster.makeTenant("Other", domain: "other.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            try await cluster.api.must(
                "POST", "\(Self.queue)/suspend", ["tenant": .string(tenant.id), "reason": "looked at"])
            let id = try Cluster.messageID(
                try await node.must("POST", "/api/v1/messages", tenant.message("stopped"))["id"].text)
            try await node.with(token: other.apiKey).must(
                "POST", "/api/v1/messages", other.message("goes on"))
            _ = try await cluster.sink.wait(forSubject: "goes on")
            #expect(cluster.sink.copiesBySubject["stopped"] == nil)

            let everything = try await cluster.api.post("\(Self.queue)/cancel", [:])
            #expect((everything.status, everything.json["error"]["code"]) == (400, "selector_empty"))
            let counted = try await cluster.api.must(
                "POST", "\(Self.queue)/cancel", ["tenant": .string(tenant.id), "dry_run": true])
            // The message, and the webhook that tells of it.
            #expect(counted["data"]["nodes"][0]["result"]["messages"] == 2)
            try await cluster.api.must("POST", "\(Self.queue)/cancel", ["messages": [.string(id)]])
            _ = try await cluster.waitForLog(of: id, "cancelled", tenant)
            try await cluster.api.must("POST", "\(Self.queue)/resume", ["tenant": .string(tenant.id)])
            #expect(try await cluster.api.get("\(Self.queue)/messages/\(id)").status == 404)
        }
    }
}
