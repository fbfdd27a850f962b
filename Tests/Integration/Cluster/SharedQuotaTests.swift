import TestSupport
import Testing

extension ClusterScenarios {
    /// Quotas that several nodes keep together.
    @Suite struct SharedQuotaTests {
        @Test func `two nodes keep one quota, and the usage shown is what they took`() async throws {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Shared", domain: "shared.example")
            try await cluster.api.must("PUT", "/api/v1/admin/plans/six", ["monthly_quota": 6])
            try await cluster.api.must("PUT", tenant.path, ["plan": "six"])
            try await cluster.waitUntilNodesHaveEverything()
            var callers: [APICaller] = []
            for node in cluster.nodes { callers.append(try await node.caller(token: tenant.apiKey)) }
            for caller in callers {
                for number in 1...2 {
                    try await caller.must("POST", "/api/v1/messages", tenant.message("early \(number)"))
                }
            }
            try await Self.waitUntilShown(4, tenant, cluster)
            var taken = 4
            var refusal: APICaller.Answer?
            while refusal == nil, taken < 20 {
                for caller in callers {
                    let answer = try await caller.post("/api/v1/messages", tenant.message("late"))
                    if answer.status == 202 { taken += 1 } else { refusal = answer }
                }
            }
            #expect(refusal?.status == 400 && refusal?.json["code"].text == "quota_exceeded")
            // Before it is told of the other, a node lets the whole quota pass.
            #expect((6...12).contains(taken))
            try await Self.waitUntilShown(taken, tenant, cluster)
            for caller in callers {
                let answer = try await eventually("a node to know of the other") {
                    let answer = try await caller.post("/api/v1/messages", tenant.message("last"))
                    return answer.status == 400 ? answer : nil
                }
                #expect(answer.json["code"].text == "quota_exceeded")
            }
            let usage = try await cluster.api.must("GET", "\(tenant.path)/usage")["data"]
            #expect(usage["monthly_quota"].integer == 6 && usage["emails_sent_today"] == usage["emails_sent"])
        }

        private static func waitUntilShown(
            _ count: Int, _ tenant: TestTenant, _ cluster: Cluster
        ) async throws {
            _ = try await eventually("the usage to be told") {
                let shown = try await cluster.api.must("GET", "\(tenant.path)/usage")["data"]
                return shown["emails_sent"].integer == count ? true : nil
            }
        }
    }
}
