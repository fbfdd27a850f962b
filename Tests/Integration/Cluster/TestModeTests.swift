import TestSupport
import Testing

extension ClusterScenarios {
    /// Mail of a test key runs the whole road and goes nowhere.
    @Suite struct TestModeTests {
        @Test func `nothing leaves with a test key, and log and webhooks tell of it all the same`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Tests", domain: "tests.example")
            let key = try await cluster.api.must(
                "POST", "\(tenant.path)/api-keys", ["name": "test", "scopes": ["*"], "mode": "test"])["data"][
                    "key"]
            let token = try #require(key.text)
            #expect(token.hasPrefix("dsp_test_"))
            try await cluster.waitUntilNodesHaveEverything()

            let node = try await cluster.node.caller(token: token)
            let answer = try await node.must("POST", "/api/v1/messages", tenant.message("captured"))
            let id = try Cluster.messageID(answer["id"].text)
            let email = try await cluster.waitForLog(of: id, "delivered", tenant)
            #expect(email["subject"].text == "captured")
            try await eventually("the webhooks") {
                cluster.webhooks.calls(about: id).map(\.event) == ["delivered", "sent"] ? true : nil
            }
            try await node.with(token: tenant.apiKey).must("POST", "/api/v1/messages", tenant.message("real"))
            _ = try await cluster.sink.wait(forSubject: "real")
            #expect(cluster.sink.deliveryCount == 1)
        }
    }
}
