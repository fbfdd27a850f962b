import TestSupport
import Testing

extension ClusterScenarios {
    /// Bounces and complaints that come by mail when the delivery is over.
    @Suite struct LateReportTests {
        @Test
        func
            `bounces and complaints by mail reach log, webhooks and suppressions, forged ones reach nothing`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Late", domain: "late.example")
            let reporter = Reporter(address: try cluster.node.process.address(of: "inbound"))

            // A host takes the mail and finds later that there is nobody.
            let (bounced, first) = try await Self.send("to nobody", to: "gone@example.net", tenant, cluster)
            let report = Reporter.bounce(of: first, recipient: "Gone@example.net")
            let forged = first.sender.replacing("@", with: "a@")
            #expect(try await reporter.send(report, to: forged).code == 550)
            for _ in 0..<2 { #expect(try await reporter.send(report, to: first.sender).code == 250) }
            let email = try await cluster.waitForLog(of: bounced, "bounced", tenant)
            #expect(email["recipients"][0]["response_code"].integer == 550)
            #expect(
                email["events"].elements.map { $0["event"].text } == ["accepted", "delivered", "bounced"])

            // A reader complains to the address for feedback loops.
            let (disliked, second) = try await Self.send("disliked", to: "angry@example.net", tenant, cluster)
            let complaint = Reporter.complaint(about: second)
            #expect(try await reporter.send(complaint, to: "fbl@late.example").code == 550)
            #expect(try await reporter.send(complaint, to: "fbl@\(Cluster.serviceHost)").code == 250)

            // Somebody who got a mail names another in a bounce.
            let (honest, third) = try await Self.send("honest", to: "mallory@example.net", tenant, cluster)
            let lie = Reporter.bounce(of: third, recipient: "victim@example.net")
                .replacing("To: mallory@example.net", with: "To: victim@example.net")
            #expect(try await reporter.send(lie, to: third.sender).code == 250)

            for (id, events) in [
                (bounced, ["bounced", "delivered", "sent"]), (disliked, ["complained", "delivered", "sent"]),
                (honest, ["bounced", "delivered", "sent"]),
            ] {
                try await eventually("the webhooks about \(id)") {
                    cluster.webhooks.calls(about: id).map(\.event) == events ? true : nil
                }
            }
            let told = cluster.webhooks.calls(about: bounced).first { $0.event == "bounced" }
            #expect(told?.json["recipient"].text == "gone@example.net")
            #expect(told?.json["bounce_classification"].text == "InvalidRecipient")
            #expect(cluster.webhooks.calls.allSatisfy { $0.json["recipient"].text != "victim@example.net" })

            let api = cluster.api
            try await eventually("the suppressions") {
                let list = try await api.must("GET", "\(tenant.path)/suppressions")["data"].elements
                let pairs = list.map { "\($0["email"].text ?? "") \($0["source"].text ?? "")" }.sorted()
                return pairs == ["angry@example.net complaint", "gone@example.net hard_bounce"] ? true : nil
            }
            _ = try await cluster.waitForLog(of: honest, "bounced", tenant)
            let usage = try await cluster.api.must("GET", "\(tenant.path)/usage")["data"]["stats"]
            #expect(usage["hard_bounced"].integer == 2)
            #expect(usage["complained"].integer == 1)
            #expect(usage["delivered"].integer == 1)
        }

        @Test
        func `a bounce that was taken survives the end of the process, and its message need not be there`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Kill", domain: "kill.example")
            let (id, delivery) = try await Self.send("killed", to: "gone@example.net", tenant, cluster)
            // The new process remembers no message; the address tells all.
            _ = try await cluster.node.process.stop()
            try await cluster.node.start()
            let reporter = Reporter(address: try cluster.node.process.address(of: "inbound"))
            let report = Reporter.bounce(of: delivery, recipient: "gone@example.net")
            #expect(try await reporter.send(report, to: delivery.sender).code == 250)
            try await cluster.node.process.kill()
            try await cluster.node.start()
            _ = try await cluster.waitForLog(of: id, "bounced", tenant)
            try await eventually("the webhook") {
                cluster.webhooks.calls(about: id).contains { $0.event == "bounced" } ? true : nil
            }
        }

        /// Sends a mail, waits until the log has it delivered, and gives its id and what the host got.
        private static func send(
            _ subject: String, to recipient: String, _ tenant: TestTenant, _ cluster: Cluster
        ) async throws -> (String, MailSink.Delivery) {
            let caller = try await cluster.node.caller(token: tenant.apiKey)
            let accepted = try await caller.must(
                "POST", "/api/v1/messages", tenant.message(subject, to: recipient))
            let id = try Cluster.messageID(accepted["id"].text)
            let delivery = try await cluster.sink.wait(forSubject: subject)
            _ = try await cluster.waitForLog(of: id, "delivered", tenant)
            return (id, delivery)
        }
    }
}
