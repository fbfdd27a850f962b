import TestSupport
import Testing

extension ClusterScenarios {
    /// The whole road, with every part of the service.
    @Suite struct MainPathTests {
        @Test
        func `mail by HTTP and SMTP arrives, is in the log with its body, and is told of by signed webhooks`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Main", domain: "main.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)

            let accepted = try await node.must(
                "POST", "/api/v1/messages", tenant.message("by HTTP", text: "Grüße"))
            let byHTTP = try Cluster.messageID(accepted["id"].text)
            let sent = try await node.must(
                "POST", "\(tenant.path)/send",
                [
                    "from": .string("App <app@\(tenant.domain)>"), "to": ["b@example.net"],
                    "subject": "by the tenants' API",
                    "html_body": "<p>Hello</p>", "tags": ["welcome"],
                ])
            let bySend = try Cluster.messageID(sent["data"]["id"].text)
            let bySMTP = try await Self.sendBySMTP(tenant, cluster)
            let refused = try Cluster.messageID(
                await node.must(
                    "POST", "/api/v1/messages", tenant.message("refused", to: "refuse@example.net"))[
                        "id"
                    ].text)

            for subject in ["by HTTP", "by the tenants' API", "by SMTP"] {
                _ = try await cluster.sink.wait(forSubject: subject)
            }
            for (id, subject) in [(byHTTP, "by HTTP"), (bySend, "by the tenants' API"), (bySMTP, "by SMTP")] {
                let email = try await cluster.waitForLog(of: id, "delivered", tenant)
                #expect(email["subject"].text == subject)
                #expect(email["recipients"][0]["status"].text == "delivered")
                #expect(email["events"].elements.map { $0["event"].text } == ["accepted", "delivered"])
            }
            let text = try await cluster.waitForLog(of: byHTTP, "delivered", tenant)["body"].text
            #expect(text?.contains("Grüße") == true)
            let html = try await cluster.waitForLog(of: bySend, "delivered", tenant)["html_body"].text
            #expect(html?.contains("<p>Hello</p>") == true)
            let bounced = try await cluster.waitForLog(of: refused, "bounced", tenant)
            #expect(bounced["recipients"][0]["response_code"].integer == 550)

            for (id, events) in [
                (byHTTP, ["delivered", "sent"]), (bySend, ["delivered", "sent"]),
                (bySMTP, ["delivered", "sent"]),
                (refused, ["bounced", "sent"]),
            ] {
                try await eventually("the webhooks about \(id)") {
                    cluster.webhooks.calls(about: id).map(\.event) == events ? true : nil
                }
            }
            #expect(cluster.webhooks.calls.allSatisfy { $0.isSigned(by: tenant.webhookSecret) })
            #expect(cluster.webhooks.calls.allSatisfy { $0.json["tenant_id"].text == tenant.id })

            // The address that does not exist is not written to again.
            try await eventually("the suppression") {
                let answer = try await node.post(
                    "\(tenant.path)/send",
                    [
                        "from": .string("app@\(tenant.domain)"), "to": ["refuse@example.net"],
                        "subject": "again",
                        "text_body": "x",
                    ])
                return answer.status == 400 && answer.json["error"]["code"].text == "RECIPIENT_SUPPRESSED"
                    ? true : nil
            }
            let usage = try await cluster.api.must("GET", "\(tenant.path)/usage")["data"]["stats"]
            #expect(usage["messages"].integer ?? 0 >= 4)
            #expect(usage["delivered"].integer == 3)
            #expect(usage["hard_bounced"].integer == 1)
        }

        private static func sendBySMTP(_ tenant: TestTenant, _ cluster: Cluster) async throws -> String {
            let address = try cluster.node.process.address(of: "smtps")
            let reply = try await TestLoops.run {
                let client = try await SMTPClient(connectingTo: address)
                try await client.stream.startTLS(
                    client: .init(verify: .none), serverName: "node.test", timeout: .seconds(10))
                try await client.demand(220)
                try await client.say("EHLO client.test", demand: 250)
                #expect(
                    try await client.authenticate(username: tenant.username, password: tenant.password)?.code
                        == 235)
                let message =
                    "From: app@\(tenant.domain)\r\nTo: b@example.net\r\nSubject: by SMTP\r\n\r\nHello.\r\n"
                return try await client.send(message, from: "app@\(tenant.domain)", to: ["b@example.net"])
            }
            let text = try #require(reply).text
            return try Cluster.messageID(text.split(separator: " ").last.map(String.init))
        }
    }
}
