import EventLoop
import FoundationEssentials
import TestSupport
import Testing

extension ClusterScenarios {
    /// Messages whose bytes are damaged on their node's disk.
    @Suite struct DamagedMessageTests {
        @Test func `a damaged message ends as failed in the log, found at the start or when it is due`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Damaged", domain: "damaged.example")
            let node = cluster.node
            let caller = try await node.caller(token: tenant.apiKey)
            let early = try await caller.must(
                "POST", "/api/v1/messages",
                tenant.message("early", to: "fine@example.net, defer@example.net", text: "first damaged"))
            let earlyID = try Cluster.messageID(early["id"].text)
            _ = try await cluster.waitForLog(of: earlyID, "deferred", tenant)
            let due = Date().addingTimeInterval(12).formatted(.iso8601)
            let late = try await caller.must(
                "POST", "\(tenant.path)/send",
                [
                    "from": .string("app@\(tenant.domain)"), "to": ["later@example.net"],
                    "subject": "late", "text_body": "second damaged", "scheduled_at": .string(due),
                ])
            let lateID = try Cluster.messageID(late["data"]["id"].text ?? late["id"].text)

            let directory = node.directory.file("node")
            try await node.process.kill()
            #expect(try SpoolTools.damage("first damaged", in: directory))
            try await node.start()
            #expect(try SpoolTools.damage("second damaged", in: directory))

            let first = try await cluster.waitForLog(of: earlyID, "failed", tenant)
            var states: [String: String] = [:]
            for recipient in first["recipients"].elements {
                states[recipient["email"].text ?? recipient["address"].text ?? ""] =
                    recipient["status"].text ?? recipient["state"].text
            }
            #expect(states == ["fine@example.net": "delivered", "defer@example.net": "failed"], "\(first)")
            #expect(first["events"].elements.last?["event"].text == "failed")
            _ = try await cluster.waitForLog(of: lateID, "failed", tenant)
            try await node.process.waitUntilIdle()
            #expect(try await node.process.metric("dispatch_messages_lost_total") == 2)
            #expect(cluster.sink.copiesBySubject == ["early": 1])
        }
    }
}
