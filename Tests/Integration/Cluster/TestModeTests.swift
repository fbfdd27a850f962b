import MailFormat
import TestSupport
import Testing

extension ClusterScenarios {
    /// Mail of a test key runs the whole road and goes nowhere.
    @Suite struct TestModeTests {
        @Test func `nothing leaves with a test key, and log and webhooks tell of it all the same`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Tests", domain: "tests.example")
            let key = try await cluster.api.must(
                "POST", "\(tenant.path)/api-keys", ["name": "test", "scopes": ["*"], "mode": "test"])["data"][
                    "key"]
            let token = try #require(key.text)
            #expect(token.hasPrefix("dsp_test_"))
            try await cluster.waitUntilNodesHaveEverything()

            let node = try await cluster.node.caller(token: token)
            let answer = try await node.must("POST", "/api/v1/messages", tenant.message("captured"))
            let id = try Cluster.messageID(answer["id"].text)
            let email = try await cluster.waitForLog(of: id, "delivered", tenant)
            #expect(email["subject"].text == "captured")
            try await eventually("the webhooks") {
                cluster.webhooks.calls(about: id).map(\.event) == ["delivered", "sent"] ? true : nil
            }
            try await node.with(token: tenant.apiKey).must("POST", "/api/v1/messages", tenant.message("real"))
            _ = try await cluster.sink.wait(forSubject: "real")
            #expect(cluster.sink.deliveryCount == 1)
        }

        @Test func `a click in captured mail keeps nobody from getting real mail`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Clicks", domain: "clicks.example")
            let key = try await cluster.api.must(
                "POST", "\(tenant.path)/api-keys", ["name": "test", "scopes": ["*"], "mode": "test"])["data"][
                    "key"]
            try await cluster.waitUntilNodesHaveEverything()
            let token = try #require(key.text)
            let sent = try await cluster.node.caller(token: token).must(
                "POST", "/v1/messages/send",
                [
                    "from": .string("news@\(tenant.domain)"), "to": "jane@example.net", "subject": "news",
                    "html": "<p>Hello</p>",
                ])
            let id = try Cluster.text(sent["data"]["id"].text, "id")
            let api = cluster.api.with(token: tenant.apiKey)
            let raw = try await eventually("the captured mail") {
                let answer = try await api.get("/api/v1/dispatch/tenants/\(tenant.id)/captured/\(id)/raw")
                return answer.status == 200 ? answer.text : nil
            }
            let header = raw.replacing("\r\n\t", with: "").replacing("\r\n ", with: "")
            let start = try #require(header.firstRange(of: "/u/"))
            let path = String(header[start.lowerBound...].prefix { !"> \r\n".contains($0) })
            // Whichever node is asked, and also again.
            for node in cluster.nodes + cluster.nodes {
                #expect(try await node.caller().clickOnce(path).status == 200)
            }
            try await eventually("the word of the reader") {
                let answer = try await api.get("/v1/messages/\(id)/events")
                let kinds = answer.json["data"].elements.compactMap { $0["type"].text }
                return kinds.contains("unsubscribed") ? true : nil
            }
            for (number, node) in cluster.nodes.enumerated() {
                try await node.caller(token: tenant.apiKey).must(
                    "POST", "/api/v1/messages", tenant.message("real \(number)", to: "jane@example.net"))
            }
            try await cluster.sink.wait(for: cluster.nodes.count)
            let list = try await cluster.api.get("\(tenant.path)/suppressions")
            #expect(list.json["data"].elements.isEmpty, "\(list.text)")
        }
    }
}
