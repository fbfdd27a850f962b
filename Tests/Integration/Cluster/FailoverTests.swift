import TestSupport
import Testing

extension ClusterScenarios {
    /// Several control planes on one database.
    @Suite struct FailoverTests {
        @Test func `when the control plane that publishes dies another one publishes in its place`()
            async throws
        {
            let cluster = try await Cluster(hasSpare: true)
            let tenant = try await cluster.makeTenant("Failover", domain: "failover.example")
            let second = try await cluster.addControlPlane()
            let publishers = try await Self.publishers([cluster.controlPlaneProcess, second.process])
            #expect(publishers == [true, false])

            // The node has joined and works by the only one that runs; now it turns to the other.
            try await cluster.controlPlaneProcess.kill()
            let sent = try await cluster.node.caller(token: tenant.apiKey).must(
                "POST", "/api/v1/messages", tenant.message("while the first is down"))
            let id = try Cluster.messageID(sent["id"].text)
            try await eventually("the report at the second control plane") {
                try await second.api.get("\(tenant.path)/emails/\(id)").status == 200 ? true : nil
            }
            try await second.api.must("DELETE", "\(tenant.path)/api-keys/\(tenant.apiKeyID)")
            let caller = try await cluster.node.caller(token: tenant.apiKey)
            try await eventually("the revocation by the second control plane") {
                try await caller.post("/api/v1/messages", tenant.message("x")).status == 401 ? true : nil
            }
            #expect(try await Self.publishers([second.process]) == [true])
            // The first one comes back and serves beside it.
            try await cluster.startControlPlane()
            let both = try await Self.publishers([cluster.controlPlaneProcess, second.process])
            #expect(both == [false, true])
            try await cluster.api.must("GET", tenant.path)
            // Told to end, each ends by itself, and the one that stays publishes.
            #expect(try await second.process.stop() == .code(0))
            let first = cluster.controlPlaneProcess
            try await eventually("the first to publish") {
                try await Self.publishers([first]) == [true] ? true : nil
            }
            #expect(try await first.stop() == .code(0))
            #expect(try await cluster.node.process.stop() == .code(0))
        }

        private static func publishers(_ processes: [ControlPlaneProcess]) async throws -> [Bool] {
            var publishers: [Bool] = []
            for process in processes {
                publishers.append(
                    try await APICaller(process.metricsURL).get("/health").json["is_publisher"].bool == true)
            }
            return publishers
        }
    }
}
