import TestSupport
import Testing

extension ClusterScenarios {
    /// The control plane and its database are gone for a while, and the node goes on.
    @Suite struct OutageTests {
        private static let messages = 150

        @Test
        func
            `mail goes on without control plane and database, and then nothing is missing or counted twice`()
            async throws
        {
            let postgres = try await PostgresServer()
            let cluster = try await Cluster(databaseURL: postgres.url)
            let tenant = try await cluster.makeTenant("Outage", domain: "outage.example")
            let before = try await Self.send(10, tenant, cluster)
            for id in before.delivered { _ = try await cluster.waitForLog(of: id, "delivered", tenant) }

            try await cluster.controlPlaneProcess.kill()
            try await postgres.crash()
            let during = try await Self.send(Self.messages, tenant, cluster)
            try await cluster.node.process.waitUntilIdle()
            #expect(cluster.sink.deliveryCount == before.delivered.count + during.delivered.count)
            // A node that starts while there is no control plane works as well.
            try await cluster.node.process.kill()
            try await cluster.node.start()
            let after = try await Self.send(20, tenant, cluster)
            try await cluster.node.process.waitUntilIdle()

            try await postgres.start()
            // The control plane comes back and is lost again while the node reports, and so is the node.
            for milliseconds in [150, 30, 300] {
                try await cluster.startControlPlane()
                try await pause(.milliseconds(milliseconds))
                try await cluster.controlPlaneProcess.kill()
                try await cluster.node.process.kill()
                try await cluster.node.start()
            }
            try await cluster.startControlPlane()
            try await eventually("all reports", deadline: .seconds(40)) {
                try await cluster.node.process.health()["journal_behind"].integer == 0 ? true : nil
            }

            let delivered = before.delivered + during.delivered + after.delivered
            let bounced = before.bounced + during.bounced + after.bounced
            try await Self.expectComplete(delivered, bounced, tenant, cluster)
            let webhooks = cluster.webhooks.calls.count
            print("\(delivered.count) delivered, \(bounced.count) bounced; \(webhooks) webhooks")
        }

        private struct Sent: Sendable {
            var delivered: [String] = []
            var bounced: [String] = []
        }

        /// Sends messages by the node, every tenth to an address that does not exist.
        private static func send(_ count: Int, _ tenant: TestTenant, _ cluster: Cluster) async throws -> Sent
        {
            let caller = try await cluster.node.caller(token: tenant.apiKey)
            var sent = Sent()
            for number in 1...count {
                let isBad = number.isMultiple(of: 10)
                let address = isBad ? "refuse-\(number)-\(count)@example.net" : "fine-\(number)@example.net"
                let id = try await caller.must(
                    "POST", "/api/v1/messages", tenant.message("mail-\(number)", to: address))["id"]
                if isBad {
                    sent.bounced.append(try Cluster.messageID(id.text))
                } else {
                    sent.delivered.append(try Cluster.messageID(id.text))
                }
            }
            return sent
        }

        /// Log, timeline, counters and webhooks have each message, and each once.
        private static func expectComplete(
            _ delivered: [String], _ bounced: [String], _ tenant: TestTenant, _ cluster: Cluster
        ) async throws {
            let log = try await cluster.log(of: tenant)
            let words = Dictionary(log.map { ($0["id"].text ?? "", $0["status"].text ?? "") }) { first, _ in
                first
            }
            #expect(log.count == delivered.count + bounced.count)
            #expect(delivered.filter { words[$0] != "delivered" } == [])
            #expect(bounced.filter { words[$0] != "bounced" } == [])
            for (ids, kinds) in [
                (delivered, ["accepted", "delivered"]), (bounced, ["accepted", "bounced"]),
            ] {
                for id in ids {
                    let events = try await cluster.api.must("GET", "\(tenant.path)/emails/\(id)")["data"][
                        "events"
                    ].elements
                    #expect(events.map { $0["event"].text } == kinds, "\(id)")
                }
            }
            let stats = try await cluster.api.must("GET", "\(tenant.path)/usage")["data"]["stats"]
            #expect(stats["messages"].integer == delivered.count + bounced.count)
            #expect(stats["recipients"].integer == delivered.count + bounced.count)
            #expect(stats["delivered"].integer == delivered.count)
            #expect(stats["hard_bounced"].integer == bounced.count)
            for (ids, events) in [(delivered, ["delivered", "sent"]), (bounced, ["bounced", "sent"])] {
                for id in ids {
                    try await eventually("the webhooks about \(id)") {
                        cluster.webhooks.calls(about: id).map(\.event) == events ? true : nil
                    }
                }
            }
        }
    }
}
