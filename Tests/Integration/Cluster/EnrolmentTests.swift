import TestSupport
import Testing

extension ClusterScenarios {
    /// Nodes come and go.
    @Suite struct EnrolmentTests {
        @Test func `a join token is good once, and a drained or removed node gets no more work`() async throws
        {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Nodes", domain: "nodes.example")
            let made = try await cluster.api.must("POST", "/api/v1/admin/nodes", ["name": "third"])
            let token = try #require(made["data"]["join_token"].text)
            let settings = ["DISPATCH_CONTROL_URL": cluster.api.baseURL]
            func join(_ folder: TemporaryDirectory) async throws {
                try await ChildProcess.run(
                    [try Products.path("mta-node"), "join", "--token", token],
                    environment: settings.merging(["DISPATCH_NODE_DIR": folder.file("node")]) { $1 })
            }
            let folders = [try TemporaryDirectory(), try TemporaryDirectory()]
            try await join(folders[0])
            await #expect(throws: TestSupportError.self) { try await join(folders[1]) }
            #expect(!Files.exists(folders[1].file("node/identity.json")))
            try await cluster.api.must("DELETE", "/api/v1/admin/nodes/third?force=true")

            // Only the second takes what is relayed while the first is drained.
            try await cluster.api.must("POST", "/api/v1/admin/nodes/node-0/drain")
            let control = cluster.api.with(token: tenant.apiKey)
            try await eventually("the drain") {
                let before = try await Self.accepted(cluster.nodes[0])
                for _ in 1...4 {
                    try await control.must("POST", "/api/v1/messages", tenant.message("drained"))
                }
                return try await Self.accepted(cluster.nodes[0]) == before ? true : nil
            }
            try await cluster.api.must("POST", "/api/v1/admin/nodes/node-0/resume")

            // A removed node's reports are refused, and nobody is told what it wrote there.
            try await cluster.api.must("DELETE", "/api/v1/admin/nodes/node-1?force=true")
            let removed = try await cluster.nodes[1].caller(token: tenant.apiKey)
            let id = try Cluster.messageID(
                try await removed.must("POST", "/api/v1/messages", tenant.message("by a removed node"))["id"]
                    .text
            )
            let metrics = try cluster.nodes[1].process
            try await eventually("a refused report") {
                try await metrics.metric("dispatch_failed_reports_total") > 0 ? true : nil
            }
            #expect(try await cluster.api.get("\(tenant.path)/emails/\(id)").status == 404)
            // Keys that are made from now on are sealed for those who stayed: the first signs and sends.
            let first = try await cluster.nodes[0].caller(token: tenant.apiKey)
            try await first.must("POST", "/api/v1/messages", tenant.message("by the first"))
            _ = try await cluster.sink.wait(forSubject: "by the first")
        }

        private static func accepted(_ node: ClusterNode) async throws -> Int {
            try await node.process.metric("dispatch_messages_accepted_total{door=\"ingest\"}")
        }
    }
}
