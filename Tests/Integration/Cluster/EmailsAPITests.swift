import FoundationEssentials
import MailFormat
import TestSupport
import Testing

extension ClusterScenarios {
    /// The emails API over a whole service, with two nodes.
    @Suite struct EmailsAPITests {
        private static let path = "/api/v1/emails"

        private static func email(
            _ tenant: TestTenant, _ subject: String, _ more: [String: JSONValue] = [:]
        ) -> JSONValue {
            .object(
                [
                    "from": .string("App <app@\(tenant.domain)>"), "to": ["b@example.net"],
                    "subject": .string(subject), "html": "<p>Hello</p>", "text": "Hello",
                ].merging(more) { $1 })
        }

        private static func hours(_ ahead: Double) -> JSONValue {
            .string(
                Date(timeIntervalSinceNow: ahead * 3600).formatted(Date.ISO8601FormatStyle()))
        }

        @Test func `an email is sent, found at once, and told of to its end`() async throws {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Emails", domain: "emails.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let control = cluster.api.with(token: tenant.apiKey)
            for (number, caller) in [node, control].enumerated() {
                let subject = "emails \(number)"
                let sent = try await caller.must(
                    "POST", Self.path,
                    Self.email(
                        tenant, subject,
                        [
                            "bcc": ["hidden@example.net"],
                            "attachments": [
                                [
                                    "filename": "a.txt", "content_b64": "aGVsbG8=",
                                    "content_type": "text/plain",
                                ]
                            ],
                        ]))
                let id = try Cluster.text(sent["id"].text, "id")
                // At the other plane, before the node has told of it.
                let fresh = try await (number == 0 ? control : node).must("GET", "\(Self.path)/\(id)")
                #expect(fresh["subject"].text == subject)
                let done = try await eventually("\(id) to be delivered") {
                    let email = try await node.must("GET", "\(Self.path)/\(id)")
                    return email["status"] == "delivered" ? email : nil
                }
                #expect(done["html"].text?.contains("<p>Hello</p>") == true && done["text"].text != nil)
                #expect(done["bcc"] == ["hidden@example.net"] && done["to"] == ["b@example.net"])
                #expect(done["attachments"][0]["filename"] == "a.txt")
                #expect(done["attempts"].elements.count == 2)
                #expect(done["sent_at"].text != nil && done["delivered_at"].text != nil)
                let mail = try await cluster.sink.wait(forSubject: subject)
                #expect(!mail.header.contains("hidden@"))
            }
            let list = try await node.must("GET", "\(Self.path)?status=delivered&limit=1")
            #expect(list["total"].integer == 2 && list["has_more"].bool == true)
        }

        @Test func `a scheduled email is moved and cancelled through any node`() async throws {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Later", domain: "later.example")
            let first = try await cluster.nodes[0].caller(token: tenant.apiKey)
            let second = try await cluster.nodes[1].caller(token: tenant.apiKey)
            let control = cluster.api.with(token: tenant.apiKey)
            let callers = [("its node", first), ("the other node", second), ("the control plane", control)]
            for (name, caller) in callers {
                let sent = try await first.must(
                    "POST", Self.path,
                    Self.email(tenant, "never by \(name)", ["scheduled_at": Self.hours(2)]))
                #expect(sent["status"] == "scheduled")
                let one = "\(Self.path)/\(sent["id"].text ?? "")"
                let moved = try await caller.must("PATCH", one, ["scheduled_at": Self.hours(3)])
                #expect(moved["object"] == "email" && moved["id"] == sent["id"], "\(name)")
                try await eventually("the new time in the log") {
                    let email = try await caller.must("GET", one)
                    return email["scheduled_at"].text?.prefix(19) == moved["scheduled_at"].text?.prefix(19)
                        && email["status"] == "scheduled" ? true : nil
                }
                let cancelled = try await caller.must("POST", "\(one)/cancel", [:])
                #expect(cancelled["status"] == "cancelled", "\(name)")
                let again = try await caller.post("\(one)/cancel")
                #expect(
                    again.status == 409 && again.json["code"] == "not_scheduled", "\(name): \(again.text)")
                try await eventually("the end in the log") {
                    try await caller.must("GET", one)["status"] == "cancelled" ? true : nil
                }
            }
            let soon = try await first.must(
                "POST", Self.path, Self.email(tenant, "soon", ["scheduled_at": Self.hours(1)]))
            let time = Date(timeIntervalSinceNow: 2).formatted(
                Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            try await second.must(
                "PATCH", "\(Self.path)/\(soon["id"].text ?? "")", ["scheduled_at": .string(time)])
            _ = try await cluster.sink.wait(forSubject: "soon")
            #expect(cluster.sink.deliveries.allSatisfy { !($0.subject ?? "").hasPrefix("never") })
        }

        @Test func `an email is sent again, equal but for its date and its ids`() async throws {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Again", domain: "again.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let sent = try await node.must(
                "POST", Self.path,
                Self.email(
                    tenant, "again", ["cc": ["c@example.net"], "bcc": ["d@example.net"], "tags": ["x"]]))
            let path = "\(Self.path)/\(sent["id"].text ?? "")/resend"
            for caller in [node, cluster.api.with(token: tenant.apiKey)] {
                let answer = try await caller.post(path)
                #expect(answer.status == 202, "\(answer.text)")
                let again = answer.json
                #expect(again["resent_from"] == sent["id"] && again["id"] != sent["id"])
                for field in ["from", "to", "cc", "bcc", "subject", "tags"] {
                    #expect(again[field] == sent[field], "\(field)")
                }
                let logged = try await eventually("\(again["id"]) to be delivered") {
                    let email = try await node.must("GET", "\(Self.path)/\(again["id"].text ?? "")")
                    return email["status"] == "delivered" ? email : nil
                }
                #expect(logged["resent_from"] == sent["id"] && logged["bcc"] == ["d@example.net"])
            }
            try await eventually("nine copies") {
                cluster.sink.deliveries.flatMap(\.recipients).count == 9 ? true : nil
            }
            let copies = cluster.sink.deliveries
            #expect(Set(copies.map(\.body)).count == 1)
            #expect(Set(copies.map { Self.unchanged($0.header) }).count == 1)
            let ids = Set(copies.compactMap { $0.field("X-Dispatch-ID") })
            #expect(ids.count == 3)
            let key = [(name: "Idempotency-Key", value: "once")]
            let one = try await node.send("POST", path, headers: key)
            let two = try await node.send("POST", path, headers: key)
            #expect(one.status == 202 && two.status == 200, "\(one.text) \(two.text)")
            #expect(one.json["id"] == two.json["id"])
        }

        @Test func `what is sent again has links of its own, and what was asked for the first time`()
            async throws
        {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Afresh", domain: "afresh.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let more: [String: JSONValue] = [
                "html": "<p><a href='https://shop.example/'>x</a> <a href='{{unsubscribe_url}}'>y</a></p>",
                "text": "Leave: {{unsubscribe_url}}", "track_opens": true, "track_clicks": true,
                "enable_unsubscribe": true, "headers": ["X-Dispatch-Stream": "bulk"],
            ]
            let first = try await node.must("POST", Self.path, Self.email(tenant, "afresh", more))
            let second = try await node.must("POST", "\(Self.path)/\(first["id"].text ?? "")/resend")
            // And once more of what was itself sent again.
            let third = try await cluster.api.with(token: tenant.apiKey).must(
                "POST", "\(Self.path)/\(second["id"].text ?? "")/resend")
            let copies = try await eventually("three copies") {
                let copies = cluster.sink.deliveries
                return copies.count == 3 ? copies : nil
            }
            #expect(second["track_opens"].bool == true && third["track_clicks"].bool == true)
            var links: Set<String> = []
            for copy in copies {
                let parsed = MIMEParser.parse(copy.message)
                let texts = [parsed.html, parsed.plainText, parsed.header("List-Unsubscribe")]
                    .compactMap(\.self)
                #expect(texts.count == 3)
                #expect(texts.allSatisfy { !$0.contains("unsubscribe_url") })
                #expect(parsed.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click")
                let found = texts.joined(separator: " ").split { " <>'\"\r\n".contains($0) }
                    .filter { $0.contains("/t/o/") || $0.contains("/t/c/") || $0.contains("/u/") }
                #expect(found.count == 5, "\(found)")
                links.formUnion(found.map(String.init))
            }
            // Open, click and leave, of each its own.
            #expect(links.count == 9)
            let leave = try #require(links.first { $0.contains("/u/") })
            let path = try #require(leave.firstRange(of: "/u/")).lowerBound
            #expect(try await cluster.node.caller().clickOnce(String(leave[path...])).status == 200)
        }

        /// The header without what a repetition may change.
        private static func unchanged(_ header: String) -> [String] {
            let changing = ["date", "message-id", "x-dispatch-id", "dkim-signature"]
            var fields: [String] = []
            for line in header.split(separator: "\r\n") {
                if line.first == " " || line.first == "\t", let last = fields.popLast() {
                    fields.append(last + "\r\n" + line)
                } else {
                    fields.append(String(line))
                }
            }
            return fields.filter { field in !changing.contains { field.lowercased().hasPrefix($0 + ":") } }
        }

        @Test func `each route asks for its scope at both planes, and the document says which`() async throws
        {
            let cluster = try await Cluster(settings: [
                "DISPATCH_TOKEN_HS256_SECRET": AccessCallers.secret,
                "DISPATCH_TOKEN_ISSUER": AccessCallers.issuer, "DISPATCH_TOKEN_AUDIENCE": "dispatch",
            ])
            let callers = try await AccessCallers(cluster)
            let document = APIDocument(try await cluster.api.must("GET", "/openapi/emails.json"))
            let rows = Dictionary(uniqueKeysWithValues: AccessTable.emails.map { ($0.route, $0.access) })
            #expect(Set(document.operations.map(\.name)) == Set(rows.keys))
            for operation in document.operations {
                #expect(operation.access == rows[operation.name], "\(operation.name)")
                for plane in [cluster.api.with(token: nil), try await cluster.node.caller()] {
                    for caller in callers.all {
                        let answer = try await plane.send(
                            operation.method, operation.filled([:]), [:], headers: caller.headers)
                        let what = "\(caller.name): \(operation.name) at \(plane.baseURL): \(answer.text)"
                        switch caller.standing {
                        case .notProven: #expect(answer.status == 401, "\(what)")
                        case .key(let scopes) where !scopes.contains("*") && !scopes.contains("emails:send"):
                            #expect(answer.status == 403, "\(what)")
                            #expect(answer.json["code"] == "scope_missing", "\(what)")
                        case .stranger, .role, .suspended:
                            // A user's token names its tenant, at both planes.
                            #expect(answer.status != 401 && answer.status < 500, "\(what)")
                        case .foreignKey, .key: #expect(![401, 403].contains(answer.status), "\(what)")
                        }
                        #expect(document.problems(of: answer, to: operation).isEmpty, "\(what)")
                    }
                }
            }
        }

        @Test func `of a batch all are sent or none, or those that can be`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Batch", domain: "batch.example")
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let control = cluster.api.with(token: tenant.apiKey)
            let path = "\(Self.path)/batch"
            let good = try await node.must(
                "POST", path, [Self.email(tenant, "batch 1"), Self.email(tenant, "batch 2")])
            #expect(good["data"].elements.count == 2)
            for number in 1...2 { _ = try await cluster.sink.wait(forSubject: "batch \(number)") }
            var foreign = tenant.message("batch 3").members
            foreign["from"] = "a@elsewhere.example"
            let mixed: JSONValue = [Self.email(tenant, "batch 4"), .object(foreign)]
            let strict = try await control.post(path, mixed)
            #expect(strict.status == 403 && strict.json["field"] == "[1].from", "\(strict.text)")
            let permissive = try await control.send(
                "POST", path, mixed, headers: [("x-batch-validation", "permissive")])
            #expect(permissive.status == 200)
            #expect(permissive.json["data"].elements.count == 1)
            #expect(permissive.json["errors"][0]["code"] == "domain_not_verified")
            _ = try await cluster.sink.wait(forSubject: "batch 4")
            #expect(cluster.sink.deliveries.count { $0.subject == "batch 4" } == 1)
        }
    }
}
