import TestSupport
import Testing

extension ClusterScenarios {
    /// An endpoint that wants nothing more.
    @Suite struct GoneWebhookTests {
        @Test func `an endpoint that answers 410 is disabled and called no more`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Gone", domain: "gone.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            cluster.webhooks.isGone = true
            try await node.must("POST", "/api/v1/messages", tenant.message("first"))
            let webhook = try await eventually("the endpoint to be disabled") {
                let hook = try await cluster.api.must("GET", "\(tenant.path)/webhooks")["data"][0]
                return hook["enabled"] == false ? hook : nil
            }
            #expect(webhook["disabled_reason"].text?.contains("410") == true)

            cluster.webhooks.isGone = false
            try await cluster.waitUntilNodesHaveEverything()
            let sent = try await node.must("POST", "/api/v1/messages", tenant.message("second"))["id"]
            let id = try Cluster.messageID(sent.text)
            _ = try await cluster.waitForLog(of: id, "delivered", tenant)
            #expect(cluster.webhooks.calls(about: id).isEmpty)
        }
    }
}
