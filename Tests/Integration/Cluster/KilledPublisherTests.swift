import TestSupport
import Testing

extension ClusterScenarios {
    /// The process that publishes dies between building a chunk and storing it.
    @Suite struct KilledPublisherTests {
        private static func sql(_ text: String, _ postgres: PostgresServer) async throws -> String {
            try await ChildProcess.run(["psql", "-X", "-q", "-A", "-t", "-c", text, postgres.url])
        }

        @Test func `a change that was being published when its publisher was killed is published by another`()
            async throws
        {
            let postgres = try await PostgresServer()
            let cluster = try await Cluster(databaseURL: postgres.url, hasSpare: true)
            let tenant = try await cluster.makeTenant("Killed", domain: "killed.example")
            let second = try await cluster.addControlPlane()
            let before = try await Self.sql("SELECT max(version) FROM snapshot_versions", postgres)

            // Whoever publishes now stands still at storing the first chunk.
            let holder = try ChildProcess([
                "psql", "-X", "-q", "-c", "BEGIN", "-c", "LOCK TABLE snapshot_chunks IN EXCLUSIVE MODE", "-c",
                "SELECT pg_sleep(300)", postgres.url,
            ])
            let held = """
                FROM pg_locks
                WHERE relation = 'snapshot_chunks'::regclass AND mode = 'ExclusiveLock' AND granted
                """
            try await eventually("the lock") {
                try await Self.sql("SELECT count(*) \(held)", postgres).hasPrefix("1") ? true : nil
            }
            try await second.api.must("DELETE", "\(tenant.path)/api-keys/\(tenant.apiKeyID)")
            try await eventually("the publisher in the middle of it") {
                try await Self.sql(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO snapshot_chunks%'
                    """, postgres
                ).hasPrefix("1") ? true : nil
            }
            try await cluster.controlPlaneProcess.kill()
            _ = try await Self.sql("SELECT pg_terminate_backend(pid) \(held)", postgres)
            try await holder.wait()

            let caller = try await cluster.node.caller(token: tenant.apiKey)
            try await eventually("the revocation") {
                try await caller.post("/api/v1/messages", tenant.message("x")).status == 401 ? true : nil
            }
            let health = try await APICaller(second.process.metricsURL).get("/health").json
            #expect(health["is_publisher"].bool == true)
            let after = try await Self.sql("SELECT max(version) FROM snapshot_versions", postgres)
            #expect(after != before)
            #expect(try await second.process.stop() == .code(0))
        }
    }
}
