import Crypto
import FoundationEssentials
import TestSupport
import Testing

extension ClusterScenarios {
    /// The Messages API through either plane, with every part of the service.
    @Suite struct MessagesAPITests {
        private static func message(_ tenant: TestTenant, _ more: [String: JSONValue] = [:]) -> JSONValue {
            let members: [String: JSONValue] = [
                "from": .string("App <app@\(tenant.domain)>"), "to": "John Doe <john@example.net>",
                "subject": "Order {{order}}", "html": "<p>Your order {{order}} is on its way to you.</p>",
                "template_data": ["order": 17],
            ]
            return .object(members.merging(more) { $1 })
        }

        @Test func `what is sent through any plane is found with its history at every plane`() async throws {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Messages", domain: "messages.example")
            let control = cluster.api.with(token: tenant.apiKey)
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let other = try await cluster.nodes[1].caller(token: tenant.apiKey)
            for (number, caller) in [control, node, other].enumerated() {
                let sent = try await caller.must(
                    "POST", "/v1/messages/send",
                    Self.message(tenant, ["metadata": ["number": .integer(number)]]))["data"]
                #expect(sent["subject"].text == "Order 17" && sent["to"].text == "john@example.net")
                let id = try Cluster.text(sent["id"].text, "id")
                for reader in [control, node, other] {
                    // Whoever has just sent finds what he sent.
                    let found = try await reader.must("GET", "/v1/messages/\(id)")["data"]
                    #expect(found["message_id"] == sent["message_id"])
                    #expect(found["metadata"] == ["number": .string(String(number))])
                }
                _ = try await cluster.waitForLog(of: id, "delivered", tenant)
                let events = try await other.must("GET", "/v1/messages/\(id)/events")["data"].elements
                #expect(events.map { $0["type"].text } == ["queued", "sent", "delivered"])
                #expect(events[2]["metadata"]["response"].text?.hasPrefix("250") == true)
            }
            let list = try await node.must("GET", "/v1/messages?status=delivered&to=john@example.net&limit=2")
            #expect(list["meta"]["total"].integer == 3 && list["meta"]["has_more"].bool == true)
            #expect(list["data"].elements.count == 2)
        }

        @Test func `a batch reaches everybody alone, through either plane`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Batch", domain: "batch.example")
            for (number, caller) in [
                cluster.api.with(token: tenant.apiKey), try await cluster.node.caller(token: tenant.apiKey),
            ].enumerated() {
                let answer = try await caller.must(
                    "POST", "/v1/messages/batch",
                    [
                        "from": .string("a@\(tenant.domain)"), "subject": .string("\(number) to {{name}}"),
                        "text": "Hello {{name}}.",
                        "recipient_variables": [
                            "alice@example.net": ["name": "Alice"], "bob@example.net": ["name": "Bob"],
                        ],
                    ])["data"]
                #expect(answer["queued"].integer == 2 && answer["errors"].integer == 0)
                for name in ["Alice", "Bob"] {
                    _ = try await cluster.sink.wait(forSubject: "\(number) to \(name)")
                }
            }
        }

        @Test func `a scheduled message is withdrawn through whichever plane`() async throws {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Later", domain: "later.example")
            let stranger = try await cluster.makeTenant("Stranger", domain: "stranger.example")
            let control = cluster.api.with(token: tenant.apiKey)
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let other = try await cluster.nodes[1].caller(token: tenant.apiKey)
            let time = Date(timeIntervalSinceNow: 7_200).formatted(Date.ISO8601FormatStyle())
            for canceller in [node, other, control] {
                let sent = try await node.must(
                    "POST", "/v1/messages/send", Self.message(tenant, ["scheduled_at": .string(time)]))[
                        "data"]
                #expect(sent["status"].text == "scheduled" && sent["scheduled_at"].text == time)
                let id = try Cluster.text(sent["id"].text, "id")
                try await eventually("the message among the scheduled ones") {
                    let list = try await other.must("GET", "/v1/messages/scheduled")
                    return list["data"].elements.map { $0["id"].text } == [id] ? true : nil
                }
                let path = "/v1/messages/\(id)/schedule"
                for caller in [cluster.api, node] {
                    #expect(
                        try await caller.with(token: stranger.apiKey).send("DELETE", path).status == 404)
                }
                let cancelled = try await canceller.must("DELETE", path)["data"]
                #expect(cancelled["status"].text == "cancelled" && cancelled["id"].text == id)
                for caller in [node, other, control] {
                    try await eventually("the second withdrawal to be refused") {
                        let again = try await caller.send("DELETE", path)
                        #expect([404, 409].contains(again.status), "\(again.text)")
                        return again.json["error"]["code"].text == "not_scheduled" ? true : nil
                    }
                }
                try await eventually("the message to be cancelled in the log") {
                    let found = try await control.must("GET", "/v1/messages/\(id)")["data"]
                    return found["status"].text == "cancelled" ? true : nil
                }
                #expect(try await control.must("GET", "/v1/messages/scheduled")["data"].elements.isEmpty)
            }
        }

        @Test
        func `mail that is to leave when its reader looks leaves in the hour in which he opened before`()
            async throws
        {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Hours", domain: "hours.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let asked = Self.message(tenant, ["optimize_send_time": true])
            let first = try await node.must("POST", "/v1/messages/send", Self.message(tenant))["data"]
            let id = try Cluster.text(first["id"].text, "id")
            _ = try await cluster.waitForLog(of: id, "delivered", tenant)
            let links = try TrackingLinks(
                cluster.node.directory.file("node"), tenant: tenant.id, message: id,
                recipient: "john@example.net")
            // A moment after the delivery nobody is taken for a person. He opens at two nodes.
            try await pause(.milliseconds(2_100))
            for near in cluster.nodes {
                #expect(try await near.caller().follow(links.open).status == 200)
            }
            try await eventually("his opens in the log") {
                let events = try await node.must("GET", "/v1/messages/\(id)/events")["data"].elements
                return events.count { $0["type"].text == "opened" } == 2 ? true : nil
            }
            let now = try await node.must("POST", "/v1/messages/send", asked)["data"]
            #expect(now["optimized"].bool == true && now["optimized_reason"].text == nil)

            // As if it had been three hours earlier: his hour is over for today.
            try await cluster.sql("UPDATE open_hours SET hour = (hour + 21) % 24")
            let hour = Int64(Date().timeIntervalSince1970) / 3_600
            let sent = try await node.must("POST", "/v1/messages/send", asked)["data"]
            #expect(sent["optimized"].bool == true && sent["status"].text == "scheduled")
            let time = try Cluster.text(sent["scheduled_at"].text, "scheduled_at")
            // 21 hours on; 20 or 22 when an hour ends meanwhile.
            let style = Date.ISO8601FormatStyle()
            let possible = (20...22).map { ahead in
                Date(timeIntervalSince1970: Double((hour + ahead) * 3_600)).formatted(style)
            }
            #expect(possible.contains(time))
            let waiting = try await eventually("it among the scheduled ones") {
                let list = try await cluster.nodes[1].caller(token: tenant.apiKey).must(
                    "GET", "/v1/messages/scheduled")["data"].elements
                return list.isEmpty ? nil : list
            }
            #expect(waiting.map { $0["id"] } == [sent["id"]])
            // Who is erased has no hour any more.
            try await cluster.api.must(
                "POST", "\(tenant.path)/emails/erase", ["address": "john@example.net"])
            let after = try await node.must("POST", "/v1/messages/send", asked)["data"]
            #expect(after["optimized_reason"].text == "no_history")
        }

        @Test func `a time is found while the control plane is there, and not waited for when it is not`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Times", domain: "times.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let message = Self.message(tenant, ["optimize_send_time": true])
            let new = try await node.must("POST", "/v1/messages/send", message)["data"]
            #expect(new["optimized"].bool == false && new["optimized_reason"].text == "no_history")
            try await cluster.controlPlaneProcess.kill()
            let alone = try await node.must("POST", "/v1/messages/send", message)["data"]
            #expect(alone["optimized_reason"].text == "history_unavailable")
            #expect(alone["status"].text == "queued")
            _ = try await cluster.sink.wait(forSubject: "Order 17")
        }
    }
}
