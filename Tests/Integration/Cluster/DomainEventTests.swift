import TestSupport
import Testing

extension ClusterScenarios {
    /// What tenants hear of besides their mail.
    @Suite struct DomainEventTests {
        @Test func `a tenant hears by webhook, once and signed, that its domain is verified`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Heard", domain: "heard.example")
            let hook = try await cluster.api.must(
                "POST", "\(tenant.path)/webhooks",
                ["url": .string(cluster.webhooks.url), "events": ["domain.verified"]])["data"]
            try await cluster.waitUntilNodesHaveEverything()
            let added = try await cluster.api.must(
                "POST", "\(tenant.path)/domains", ["domain": "second.example"])["data"]["domain"]
            let id = try #require(added["id"].text)
            let override = "/api/v1/admin/tenants/\(tenant.id)/domains/\(id)/override"
            _ = try await cluster.api.must("POST", override, ["reason": "test"])

            let call = try await eventually("the webhook") {
                cluster.webhooks.calls.first { $0.event == "domain.verified" }
            }
            #expect(call.json["domain"]["domain"].text == "second.example")
            #expect(call.json["domain"]["status"].text == "verified")
            #expect(call.json["tenant_id"].text == tenant.id && call.json["id"].text == call.id)
            #expect(call.isSigned(by: try #require(hook["secret"].text)))
            _ = try await cluster.api.must("POST", override, ["reason": "again"])
            let sent = try await cluster.node.caller(token: tenant.apiKey).must(
                "POST", "/api/v1/messages", tenant.message("after it"))["id"]
            _ = try await cluster.waitForLog(of: try Cluster.messageID(sent.text), "delivered", tenant)
            #expect(cluster.webhooks.calls.count { $0.event == "domain.verified" } == 1)
        }
    }
}
