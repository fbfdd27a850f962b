import TestSupport
import Testing

extension ClusterScenarios {
    /// Tracking and unsubscribe links, followed at any node of a cluster of real processes.
    @Suite struct LinkTests {
        private static let target = "https://shop.example/offer?id=7&x=%22"

        @Test func `opens, clicks and a one click reach log, counters, suppressions and webhooks`()
            async throws
        {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Links", domain: "links.example")
            try await Self.subscribe(tenant, cluster)
            let id = try await Self.send("read me", to: "jane@example.net", tenant, cluster)
            let links = try Self.links(id, to: "jane@example.net", tenant, cluster)
            // A moment after the delivery nobody is taken for a person.
            try await pause(.milliseconds(2_100))
            let (near, far) = (try await cluster.nodes[0].caller(), try await cluster.nodes[1].caller())

            #expect(try await near.follow(links.open, as: "GoogleImageProxy").status == 200)
            for _ in 0..<3 { #expect(try await near.follow(links.open).status == 200) }
            let click = try await far.follow(links.click(Self.target))
            #expect(click.status == 302)
            #expect(click.headers.first { $0.name.lowercased() == "location" }?.value == Self.target)
            #expect(try await near.follow(links.unsubscribe).status == 200)
            #expect(try await cluster.api.must("GET", "\(tenant.path)/suppressions")["data"].elements == [])
            for _ in 0..<2 { #expect(try await far.clickOnce(links.unsubscribe).status == 200) }
            #expect(try await near.follow("/u/\(id)").status == 404)

            let events = try await eventually("the timeline") {
                let email = try await cluster.api.with(token: tenant.apiKey).get(
                    "\(tenant.path)/emails/\(id)"
                ).json["data"]
                let events = email["events"].elements.filter { $0["user_agent"].text != nil }
                return events.contains { $0["event"].text == "unsubscribed" } && events.count >= 4
                    ? email : nil
            }["events"].elements
            let opened = events.filter { $0["event"].text == "opened" }
            #expect(opened.map { $0["machine"].bool } == [true, false])
            #expect(opened[0]["machine_reason"].text == "google_image_proxy")
            #expect(opened[1]["user_agent"].text == TrackingLinks.browser)
            let clicked = events.filter { $0["event"].text == "clicked" }
            #expect(clicked.map { $0["url"].text } == [Self.target])
            #expect(clicked[0]["node"] != opened[0]["node"] && clicked[0]["machine"].bool == false)
            #expect(events.count { $0["event"].text == "unsubscribed" } == 1)

            let suppressed = try await cluster.api.must("GET", "\(tenant.path)/suppressions")["data"][0]
            #expect(suppressed["email"].text == "jane@example.net")
            #expect(suppressed["source"].text == "unsubscribe")
            let usage = try await cluster.api.must("GET", "\(tenant.path)/usage")["data"]["stats"]
            #expect(usage["unsubscribed"].integer ?? 1 == 1)
            let wanted = ["clicked", "opened", "opened", "unsubscribed"]
            let told = try await eventually("the webhooks") {
                let calls = cluster.webhooks.calls(about: id).filter { wanted.contains($0.event) }
                return calls.map(\.event) == wanted ? calls : nil
            }
            #expect(told[0].json["url"].text == Self.target)
            #expect(told[0].json["user_agent"].text == TrackingLinks.browser)
            #expect(told[0].json["machine"].bool == false)
            #expect(Set(told[1...2].map { $0.json["machine"].bool }) == [true, false])
            #expect(told.allSatisfy { $0.json["recipient"].text == "jane@example.net" })
            #expect(told.allSatisfy { $0.json["tenant_id"].text == tenant.id })
        }

        @Test func `who posts many times at the same moment unsubscribes once`() async throws {
            let cluster = try await Cluster(nodes: 1)
            let tenant = try await cluster.makeTenant("Twice", domain: "twice.example")
            try await Self.subscribe(tenant, cluster)
            let id = try await Self.send("leave me", to: "jane@example.net", tenant, cluster)
            let path = try Self.links(id, to: "jane@example.net", tenant, cluster).unsubscribe
            let reader = try await cluster.node.caller()
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await reader.clickOnce(path).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers == Array(repeating: 200, count: 20))
            try await eventually("the webhook") {
                cluster.webhooks.calls(about: id).contains { $0.event == "unsubscribed" } ? true : nil
            }
            // What is behind it in the journal has come when this has.
            let other = try await Self.send("behind", to: "joe@example.net", tenant, cluster)
            _ = try await cluster.waitForLog(of: other, "delivered", tenant)
            let email = try await cluster.api.with(token: tenant.apiKey).get("\(tenant.path)/emails/\(id)")
            let events = email.json["data"]["events"].elements
            #expect(events.count { $0["event"].text == "unsubscribed" } == 1)
            #expect(cluster.webhooks.calls(about: id).count { $0.event == "unsubscribed" } == 1)

            // Of a tenant who is gone nothing is kept.
            let directory = cluster.node.directory.file("node")
            let links = try TrackingLinks(
                directory, tenant: "99999999-9999-4999-8999-999999999999", message: id,
                recipient: "gone@example.net")
            #expect(try await reader.clickOnce(links.unsubscribe).status == 200)
            let kept = String(decoding: try Files.read("\(directory)/unsubscribed.json"), as: UTF8.self)
            #expect(!kept.contains("gone@example.net"))
        }

        @Test func `who unsubscribes while the control plane is away gets nothing more from this node`()
            async throws
        {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Away", domain: "away.example")
            try await Self.subscribe(tenant, cluster)
            let id = try await Self.send("leave me", to: "jane@example.net", tenant, cluster)
            let links = try Self.links(id, to: "jane@example.net", tenant, cluster)
            try await cluster.controlPlaneProcess.kill()

            #expect(try await cluster.node.caller().clickOnce(links.unsubscribe).status == 200)
            try await Self.expectSuppressed(at: cluster.node, tenant)
            // Webhooks need no control plane.
            try await eventually("the webhook") {
                cluster.webhooks.calls(about: id).contains { $0.event == "unsubscribed" } ? true : nil
            }
            // Neither does the memory of it end with the process.
            try await cluster.node.process.kill()
            try await cluster.node.start()
            try await Self.expectSuppressed(at: cluster.node, tenant)
            #expect(try await cluster.node.caller().clickOnce(links.unsubscribe).status == 200)
            let click = try await cluster.node.caller().follow(links.click(Self.target))
            #expect(click.status == 302)

            try await cluster.startControlPlane()
            let other = try await cluster.nodes[1].caller(token: tenant.apiKey)
            try await eventually("the other node to know it", deadline: .seconds(60)) {
                let message = tenant.message("no", to: "jane@example.net")
                return try await other.post("/api/v1/messages", message).status == 400 ? true : nil
            }
            try await Self.expectSuppressed(at: cluster.node, tenant)
            let row = try await cluster.api.must("GET", "\(tenant.path)/suppressions")["data"][0]
            #expect(row["source"].text == "unsubscribe")
            // What the snapshot has is not kept beside it: who is taken off the list may be sent to again.
            let suppression = try Cluster.text(row["id"].text, "suppression")
            try await cluster.api.must("DELETE", "\(tenant.path)/suppressions/\(suppression)")
            try await eventually("the address to be free again") {
                let caller = try await cluster.node.caller(token: tenant.apiKey)
                let message = tenant.message("again", to: "jane@example.net")
                return try await caller.post("/api/v1/messages", message).status == 202 ? true : nil
            }
            // And who comes back to the old link means it.
            #expect(try await cluster.node.caller().clickOnce(links.unsubscribe).status == 200)
            try await Self.expectSuppressed(at: cluster.node, tenant)
        }

        private static func expectSuppressed(at node: ClusterNode, _ tenant: TestTenant) async throws {
            let caller = try await node.caller(token: tenant.apiKey)
            let refused = try await caller.post(
                "/api/v1/messages", tenant.message("no", to: "Jane@Example.net"))
            #expect(refused.status == 400 && refused.text.contains("suppress"), "\(refused.text)")
            try await caller.must("POST", "/api/v1/messages", tenant.message("yes", to: "joe@example.net"))
        }

        private static func subscribe(_ tenant: TestTenant, _ cluster: Cluster) async throws {
            try await cluster.api.must(
                "POST", "\(tenant.path)/webhooks",
                [
                    "url": .string(cluster.webhooks.url), "events": ["opened", "clicked", "unsubscribed"],
                ])
            try await cluster.waitUntilNodesHaveEverything()
        }

        /// Sends a mail by the first node and waits until the log has it delivered.
        private static func send(
            _ subject: String, to recipient: String, _ tenant: TestTenant, _ cluster: Cluster
        ) async throws -> String {
            let caller = try await cluster.node.caller(token: tenant.apiKey)
            let accepted = try await caller.must(
                "POST", "/api/v1/messages", tenant.message(subject, to: recipient))
            let id = try Cluster.messageID(accepted["id"].text)
            _ = try await cluster.waitForLog(of: id, "delivered", tenant)
            return id
        }

        private static func links(
            _ id: String, to recipient: String, _ tenant: TestTenant, _ cluster: Cluster
        ) throws -> TrackingLinks {
            try TrackingLinks(
                cluster.node.directory.file("node"), tenant: tenant.id, message: id, recipient: recipient)
        }
    }
}
