import FoundationEssentials
import MailFormat
import TestSupport
import Testing

extension ClusterScenarios {
    /// Mail of a test key is read where it was captured, and nowhere else.
    @Suite struct CapturedMailTests {
        private let file = (0..<2_000).map { UInt8(truncatingIfNeeded: $0) }

        private func message(_ tenant: TestTenant, _ subject: String, to: String = "ann@example.net")
            -> JSONValue
        {
            [
                "from": .string("Zoë <app@\(tenant.domain)>"), "to": .string(to), "subject": .string(subject),
                "text": "Grüße", "html": "<p>Grüße</p>", "bcc": "hidden@example.net",
                "attachments": [
                    ["filename": "ä.bin", "content": .string(Data(file).base64EncodedString())]
                ],
            ]
        }

        private func testKey(_ tenant: TestTenant, _ cluster: Cluster) async throws -> APICaller {
            let made = try await cluster.api.must(
                "POST", "\(tenant.path)/api-keys", ["name": "test", "scopes": ["*"], "mode": "test"])
            try await cluster.waitUntilNodesHaveEverything()
            return try await cluster.node.caller(token: try Cluster.text(made["data"]["key"].text, "key"))
        }

        @Test func `what was captured is listed, read whole and as it is, and deleted one by one or all`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Captured", domain: "captured.example")
            let other = try await cluster.makeTenant("Another", domain: "another.example")
            let caller = try await testKey(tenant, cluster)
            var ids: [String] = []
            for subject in ["one", "two", "three"] {
                let to = subject == "two" ? "bob@example.net" : "ann@example.net"
                let sent = try await caller.must(
                    "POST", "/api/v1/messages", message(tenant, "Captured \(subject)", to: to))
                ids.append(try Cluster.messageID(sent["id"].text))
            }
            let live = cluster.api.with(token: tenant.apiKey)
            try await live.must("POST", "/api/v1/messages", tenant.message("real"))
            _ = try await cluster.sink.wait(forSubject: "real")

            // Through the node, right behind the sending.
            let read = try await caller.must("GET", "\(tenant.path)/captured/\(ids[2])")["data"]
            #expect(read["subject"] == "Captured three" && read["text"] == "Grüße")
            #expect(read["html"] == "<p>Grüße</p>")
            #expect(read["envelope"]["from"].text == "app@captured.example")
            #expect(read["envelope"]["to"].elements.map(\.text) == ["ann@example.net", "hidden@example.net"])
            #expect(read["bcc_addresses"][0] == "hidden@example.net")
            let headers = read["headers"].elements
            #expect(headers.first { $0["name"] == "From" }?["value"].text == "Zoë <app@captured.example>")
            #expect(!headers.contains { $0["name"] == "Bcc" })
            #expect(read["attachments"][0]["filename"] == "ä.bin")
            #expect(read["attachments"][0]["size_bytes"].integer == file.count)
            #expect(read["content_kept"] == true && read["content_note"] == .null)
            let raw = try await caller.get("\(tenant.path)/captured/\(ids[2])/raw")
            #expect(raw.headers.contains { $0.value.hasPrefix("message/rfc822") })
            let parsed = MIMEParser.parse(raw.body)
            #expect(parsed.attachments.first.map { parsed.body(of: $0.part) } == file)

            _ = try await cluster.waitForLog(of: ids[2], "delivered", tenant)
            func list(_ query: String = "") async throws -> [String?] {
                try await caller.must("GET", "\(tenant.path)/captured\(query)")["data"].elements.map {
                    $0["subject"].text
                }
            }
            #expect(try await list() == ["Captured three", "Captured two", "Captured one"])
            #expect(try await list("?to=BOB@example.net") == ["Captured two"])
            #expect(try await list("?subject=captured%20o") == ["Captured one"])
            #expect(try await list("?limit=1&page=2") == ["Captured two"])
            #expect(try await list("?since=2099-01-01T00:00:00Z").isEmpty)
            let foreign = try await cluster.api.with(token: other.apiKey).get("\(tenant.path)/captured")
            #expect(foreign.status == 403)

            #expect(try await caller.send("DELETE", "\(tenant.path)/captured/\(ids[0])").status == 200)
            #expect(try await caller.send("DELETE", "\(tenant.path)/captured/\(ids[0])").status == 404)
            #expect(try await caller.get("\(tenant.path)/captured/\(ids[0])").status == 404)
            for query in ["", "?all=false", "?subject=two"] {
                let refused = try await caller.send("DELETE", "\(tenant.path)/captured\(query)")
                #expect(refused.status == 400, "\(query): \(refused.text)")
            }
            #expect(try await list().count == 2)
            let deleted = try await caller.must("DELETE", "\(tenant.path)/captured?all=true")
            #expect(deleted["data"]["deleted"] == 2)
            #expect(try await list().isEmpty)
            // Live mail is no captured mail, and stays.
            let emails = try await live.must("GET", "\(tenant.path)/emails?subject=real")["data"].elements
            #expect(emails.count == 1)
            let liveID = try Cluster.text(emails.first?["id"].text, "id")
            #expect(try await live.get("\(tenant.path)/captured/\(liveID)").status == 404)
            #expect(try await live.send("DELETE", "\(tenant.path)/captured/\(liveID)").status == 404)
        }

        @Test func `it is kept for a week whatever the plan logs, and said to be too large where it is`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Quiet", domain: "quiet.example")
            try await cluster.api.must(
                "PUT", "/api/v1/admin/plans/quiet", ["log_bodies": false, "log_retention_days": 30])
            try await cluster.api.must("PUT", tenant.path, ["plan": "quiet"])
            let caller = try await testKey(tenant, cluster)
            let sent = try await caller.must("POST", "/api/v1/messages", message(tenant, "kept"))
            let id = try Cluster.messageID(sent["id"].text)
            let read = try await caller.must("GET", "\(tenant.path)/captured/\(id)")["data"]
            #expect(read["text"] == "Grüße")
            let style = Date.ISO8601FormatStyle()
            let (from, until) = (
                try style.parse(try Cluster.text(read["accepted_at"].text, "time")),
                try style.parse(try Cluster.text(read["expires_at"].text, "time"))
            )
            #expect(abs(until.timeIntervalSince(from) - 7 * 86_400) < 2)

            let large = Data(repeating: 7, count: 2_500_000).base64EncodedString()
            let bulky: JSONValue = [
                "from": .string("app@\(tenant.domain)"), "to": "ann@example.net", "subject": "bulky",
                "text": "x", "attachments": [["filename": "a.bin", "content": .string(large)]],
            ]
            let second = try await caller.must("POST", "/api/v1/messages", bulky)
            let other = try Cluster.messageID(second["id"].text)
            let view = try await caller.must("GET", "\(tenant.path)/captured/\(other)")["data"]
            #expect(view["content_kept"] == false && view["text"] == .null)
            #expect(view["content_note"].text?.contains("2097152") == true)
            #expect(view["envelope"]["to"][0] == "ann@example.net")
            let raw = try await caller.get("\(tenant.path)/captured/\(other)/raw")
            #expect(raw.status == 404 && raw.json["error"]["code"] == "CONTENT_NOT_KEPT")
        }

        @Test func `operators see all of it, and what they open is noted`() async throws {
            let cluster = try await Cluster()
            var ids: [String] = []
            for name in ["first", "second"] {
                let tenant = try await cluster.makeTenant(name, domain: "\(name).example")
                let caller = try await testKey(tenant, cluster)
                let sent = try await caller.must("POST", "/api/v1/messages", tenant.message("of \(name)"))
                ids.append(try Cluster.messageID(sent["id"].text))
                _ = try await caller.must("GET", "\(tenant.path)/captured/\(ids.last ?? "")")
                let all = try await cluster.api.must("GET", "/api/v1/admin/captured")["data"].elements
                #expect(all.map { $0["id"].text } == ids.reversed())
                let own = try await cluster.api.must("GET", "/api/v1/admin/captured?tenant_id=\(tenant.id)")
                #expect(own["data"].elements.map { $0["tenant_id"].text } == [tenant.id])
                _ = try await cluster.api.must("GET", "\(tenant.path)/captured/\(ids.last ?? "")")
                #expect(try await caller.get("/api/v1/admin/captured").status == 404)
            }
            #expect(try await cluster.api.get("/api/v1/admin/captured?tenant_id=x").status == 400)
        }
    }
}
