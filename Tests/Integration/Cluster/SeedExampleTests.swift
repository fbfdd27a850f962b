import Crypto
import MailFormat
import TestSupport
import Testing

extension ClusterScenarios {
    /// The examples of the tenants' API, word for word where the original shows an answer.
    @Suite struct SeedExampleTests {
        @Test func `answers have the fields and words of the original`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Original", domain: "yourdomain.com")
            let (api, path) = (cluster.api, tenant.path)
            let domain = try await api.must("GET", "\(path)/domains/\(tenant.domainID)")["data"]
            #expect(
                domain["dns_records"].elements.prefix(5).map {
                    [$0["record_type"].text, $0["host"].text, $0["purpose"].text]
                } == [
                    ["TXT", "_cybdispatch.yourdomain.com", "Domain verification"],
                    ["TXT", "dispatch._domainkey.yourdomain.com", "DKIM signing"],
                    ["TXT", "yourdomain.com", "SPF - authorize sending servers"],
                    ["TXT", "_dmarc.yourdomain.com", "DMARC policy"],
                    ["MX", "dispatch.yourdomain.com", "Bounce handling return path"],
                ])
            let credential = try await api.must(
                "POST", "\(path)/credentials", ["label": "Production API"])["data"]
            #expect(
                credential.names == ["id", "username", "password", "label", "smtp_host", "smtp_port", "note"])
            #expect(credential["note"] == "Save this password now - it will not be shown again.")
            #expect(credential["password"].text?.hasPrefix("dp_sk_") == true)
            try await api.must(
                "POST", "\(path)/templates",
                [
                    "name": "Welcome Email", "slug": "welcome-email", "subject": "Welcome, {{user_name}}!",
                    "html_body": "<h1>Hello {{user_name}}</h1><p>Welcome to {{company}}.</p>",
                    "text_body": "Hello {{user_name}}, welcome to {{company}}.",
                ])
            try await cluster.waitUntilNodesHaveEverything()

            let sender = api.with(
                username: credential["username"].text ?? "", password: credential["password"].text ?? "")
            let sent = try await sender.must("POST", "\(path)/send", Self.templated)
            #expect(sent["message"] == "1 email(s) queued for delivery")
            let bulk = try await sender.must(
                "POST", "\(path)/send-bulk", ["messages": [Self.plain("Alice"), Self.plain("Bob")]])
            #expect(bulk["message"] == "2 email(s) queued, 0 failed")
            #expect(bulk["data"]["sent"] == 2 && bulk["data"]["failed"] == 0)
            #expect(bulk["data"]["results"][1]["message"] == "1 recipient(s) queued")
            _ = try await cluster.sink.wait(forSubject: "Welcome, John Doe!")

            let id = sent["data"]["id"].text ?? ""
            let item = try await cluster.waitForLog(of: id, "delivered", tenant)
            #expect(item["subject"] == "Welcome, John Doe!")
            #expect(item["html_body"].text?.contains("Welcome to Acme Inc.") == true)
            let list = try await api.must("GET", "\(path)/emails?page=1&limit=50")
            #expect(
                list["data"][0].names.isSuperset(of: [
                    "id", "message_id", "from_address", "to_addresses", "subject", "body_size_bytes",
                    "has_attachments", "status", "bounce_type", "queued_at", "delivered_at", "bounced_at",
                    "expires_at",
                ]))
            #expect(list["pagination"].names == ["total", "page", "limit", "total_pages"])
            let usage = try await api.must("GET", "\(path)/usage")["data"]
            #expect(
                usage.names.isSuperset(of: [
                    "period_start", "period_end", "emails_sent", "monthly_quota", "overage_enabled", "stats",
                    "breakdown", "rates",
                ]))
        }

        @Test func `refusals have the codes and words of the original`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Refused", domain: "yourdomain.com")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let (api, path) = (cluster.api, "\(tenant.path)/send")
            func refused(_ body: JSONValue) async throws -> (Int, JSONValue, JSONValue) {
                let answer = try await node.send("POST", path, body)
                return (answer.status, answer.json["error"]["code"], answer.json["error"]["message"])
            }
            try await api.must("POST", "\(tenant.path)/suppressions", ["email": "alice@example.com"])
            try await api.must(
                "PUT", "/api/v1/admin/plans/tiny", ["monthly_quota": 1, "rate_limit_per_minute": 100])
            try await cluster.waitUntilNodesHaveEverything()
            #expect(try await refused(Self.plain("alice")).1 == "RECIPIENT_SUPPRESSED")
            let foreign = try await refused(Self.plain("Bob", from: "a@elsewhere.example"))
            #expect(foreign.0 == 403 && foreign.1 == "DOMAIN_NOT_VERIFIED")

            try await api.must("PUT", tenant.path, ["plan": "tiny"])
            try await cluster.waitUntilNodesHaveEverything()
            try await node.must("POST", path, Self.plain("Bob"))
            let quota = try await refused(Self.plain("Bob"))
            #expect(quota.0 == 400 && quota.1 == "QUOTA_EXCEEDED")
            #expect(quota.2 == "Monthly quota exceeded (1/1). Enable overage or upgrade plan.")

            try await api.must(
                "PUT", "/api/v1/admin/plans/slow", ["monthly_quota": -1, "rate_limit_per_minute": 1])
            try await api.must("PUT", tenant.path, ["plan": "slow"])
            try await cluster.waitUntilNodesHaveEverything()
            let answer = try await node.send("POST", path, Self.plain("Bob"))
            #expect(answer.status == 429 && answer.json["error"]["code"] == "RATE_LIMITED")
            #expect(answer.headers.contains { $0.name.lowercased() == "retry-after" })

            try await api.must(
                "POST", "/api/v1/admin/tenants/\(tenant.id)/suspend", ["reason": "example"])
            let inactive = try await eventually("the suspension at the node") {
                let answer = try await node.send("POST", path, Self.plain("Bob"))
                return answer.status == 403 ? answer.json["error"] : nil
            }
            #expect(inactive["code"] == "TENANT_NOT_ACTIVE")
        }

        @Test func `an inline image is shown by its Content-ID, copies arrive and Bcc stays hidden`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Files", domain: "yourdomain.com")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let image = Array("not really a picture".utf8)
            try await node.must(
                "POST", "\(tenant.path)/send",
                [
                    "from": "hello@yourdomain.com", "to": ["a@example.net"], "cc": ["c@example.net"],
                    "bcc": ["b@example.net"], "reply_to": "answers@yourdomain.com", "subject": "Invoice",
                    "html_body": "<img src='cid:logo'>", "headers": ["X-Order": "17"], "tags": ["invoice"],
                    "metadata": ["order": "17"],
                    "attachments": [
                        [
                            "filename": "logo.png", "content_type": "image/png", "inline": true,
                            "content_id": "logo", "content": .string(Base64.encode(image)),
                        ],
                        [
                            "filename": "invoice-1234.pdf", "content_type": "application/pdf",
                            "content": "JVBERi0xLjQK",
                        ],
                    ],
                ])
            let mail = try await cluster.sink.wait(forSubject: "Invoice")
            #expect(Set(mail.recipients) == ["a@example.net", "b@example.net", "c@example.net"])
            let parsed = MIMEParser.parse(mail.message)
            #expect(parsed.header("Cc") == "c@example.net")
            #expect(parsed.header("Bcc") == nil)
            #expect(parsed.header("Reply-To") == "answers@yourdomain.com")
            #expect(parsed.header("X-Order") == "17")
            #expect(parsed.attachments.map(\.filename) == ["logo.png", "invoice-1234.pdf"])
            #expect(parsed.attachments.first?.contentID == "logo")
            #expect(parsed.attachments.first?.isInline == true)
            #expect(parsed.attachments.first.map { parsed.body(of: $0.part) } == image)
        }

        private static let templated: JSONValue = [
            "from": "hello@yourdomain.com", "to": ["recipient@example.net"],
            "subject": "unused (overridden by template)", "template_id": "welcome-email",
            "template_variables": ["user_name": "John Doe", "company": "Acme Inc"],
        ]

        private static func plain(_ name: String, from: String = "hello@yourdomain.com") -> JSONValue {
            [
                "from": .string(from), "to": [.string("\(name)@example.com")],
                "subject": .string("Hello \(name)"), "html_body": .string("<p>Hi \(name)!</p>"),
            ]
        }
    }
}
