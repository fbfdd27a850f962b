import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// The emails API where the control plane answers it.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct EmailsAPITests {
    private static let path = "/api/v1/emails"
    private static let raw =
        "X-Dispatch-ID: x\r\nFrom: me@sender.example\r\nReply-To: Re <re@sender.example>\r\n"
        + "Subject: Welcome\r\nMIME-Version: 1.0\r\n"
        + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        + "<p>Hello</p>\r\n--b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\n"
        + "Content-Disposition: attachment; filename=\"a.pdf\"\r\n"
        + "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n"

    /// A control plane with a node and a tenant with a key.
    private struct Stage {
        let control: ServiceFixture
        let node: FakeNode
        let token: String
        let tenant: TenantID
        let key: String

        init() async throws {
            control = try await ServiceFixture.make()
            token = try await control.operatorToken()
            node = try await control.node(token)
            tenant = try await control.tenant(token)
            key = try await Self.key(["*"], tenant, control, token)
        }

        static func key(
            _ scopes: [String], _ tenant: TenantID, _ control: ServiceFixture, _ token: String
        ) async throws -> String {
            let list = scopes.map { "\"\($0)\"" }.joined(separator: ",")
            let made = try await control.call(
                "POST", "/api/v1/dispatch/tenants/\(tenant)/api-keys", token: token,
                json: #"{"name":"k","scopes":[\#(list)],"rate_limit_per_minute":10000}"#)
            return try #require(made.data["key"].text)
        }

        /// The message as a node seals it for this tenant.
        func sealed(_ kept: KeptMessage, _ message: MessageID) async throws -> [UInt8] {
            try SealedBox.seal(
                kept.encoded(), to: try await bodyKey(),
                context: KeptMessage.sealContext(message))
        }

        /// The same as earlier versions sealed it.
        func sealed(_ raw: String, _ message: MessageID) async throws -> [UInt8] {
            try SealedBox.seal(
                Array(raw.utf8), to: try await bodyKey(),
                context: Array(EventRecord.sealContext(message).utf8))
        }

        private func bodyKey() async throws -> X25519PublicKey {
            let tenant = tenant
            let snapshot = try await node.snapshot { $0.tenant(tenant) != nil }
            return try X25519PublicKey(raw: Array(try #require(snapshot.tenant(tenant)?.bodyKey)))
        }

        func ask(_ method: String, _ path: String, key other: String? = nil, json: String? = nil) async throws
            -> ServiceFixture.Answer
        {
            try await control.call(method, path, token: other ?? key, json: json)
        }

        func stop() async {
            await node.stop()
            await control.stop()
        }
    }

    @Test func `one email is shown with its bodies, attachments and attempts, which the audit log tells`()
        async throws
    {
        let stage = try await Stage()
        let story = Story(tenant: stage.tenant, node: stage.node.number)
        var records = story.deliveredAndBounced(sealedBody: try await stage.sealed(Self.raw, story.message))
        records[0].record.event.accepted?.bcc = ["gone@example.org"]
        records[0].record.event.accepted?.tracksOpens = true
        #expect(try await stage.node.report(records).status == 200)
        let answer = try await stage.ask("GET", "\(Self.path)/\(story.message)")
        #expect(answer.status == 200, "\(answer.body)")
        let email = answer.body
        #expect(email["object"] == "email" && email["id"].text == story.message.description)
        #expect(email["status"] == "bounced" && email["last_event"] == "bounced")
        #expect(email["from"] == "me@sender.example" && email["from_"] == email["from"])
        #expect(email["to"] == ["alice@example.org"] && email["bcc"] == ["gone@example.org"])
        #expect(email["html"] == "<p>Hello</p>" && email["text"] == .null)
        #expect(email["reply_to"] == ["Re <re@sender.example>"])
        #expect(email["track_opens"].bool == true && email["track_clicks"].bool == false)
        #expect(email["message_id"] == "<abc@sender.example>")
        #expect(email["metadata"] == ["order": "17"] && email["tags"] == ["welcome"])
        #expect(
            email["attachments"] == [
                [
                    "filename": "a.pdf", "content_type": "application/pdf", "size_bytes": 5, "inline": false,
                    "content_id": .null,
                ]
            ])
        let attempts = email["attempts"].elements
        #expect(attempts.map { $0["outcome"].text } == ["deferred", "delivered", "bounced"])
        #expect(attempts[1]["response_code"].integer == 250 && attempts[1]["provider"] == "mx.example.org")
        #expect(attempts[0]["next_attempt_at"].text != nil)
        #expect(email["recipients"].elements.map { $0["status"].text } == ["delivered", "bounced"])
        #expect(email["delivered_at"].text != nil && email["bounced_at"].text != nil)
        #expect(
            try await stage.control.count("SELECT count(*) AS n FROM audit_log WHERE action = 'email.opened'")
                == 1)
        await stage.stop()
    }

    @Test func `the list has the words of this API, pages by number and by email`() async throws {
        let stage = try await Stage()
        var ids: [String] = []
        var next: UInt64 = 1
        for number in 1...5 {
            let story = Story(tenant: stage.tenant, node: stage.node.number)
            var records = [story.accepted(to: ["alice@example.org"])]
            if number == 2 { records.append(EventRecord(story.event(.delivered, to: "alice@example.org"))) }
            if number == 3 { records = [story.accepted(scheduledAt: story.start + 3_600_000, to: ["a@b.c"])] }
            if number == 4 { records.append(EventRecord(story.event(.deferred, to: "alice@example.org"))) }
            if number == 5 { records.append(EventRecord(story.event(.expired, to: "alice@example.org"))) }
            let numbered = records.enumerated().map { (seq: next + UInt64($0.offset), record: $0.element) }
            next += UInt64(records.count)
            #expect(try await stage.node.report(numbered).status == 200)
            ids.insert(story.message.description, at: 0)
        }
        let all = try await stage.ask("GET", Self.path)
        #expect(all.body["object"] == "list" && all.body["has_more"].bool == false)
        #expect(all.body["total"].integer == 5 && all.body["limit"].integer == 50)
        #expect(Set(all.data.elements.compactMap { $0["id"].text }) == Set(ids))
        #expect(all.data.elements.allSatisfy { !$0.names.contains("html") && !$0.names.contains("attempts") })
        let order = all.data.elements.compactMap { $0["id"].text }
        try #require(order.count == 5)
        for (query, count) in [
            ("status=queued", 2), ("status=delivered", 1), ("status=scheduled", 1), ("status=failed", 1),
            ("status=sent", 0), ("status=sent,failed,queued", 3), ("status=bounced", 0),
            ("status=cancelled", 0),
            ("status=delivering", 0),
        ] {
            let found = try await stage.ask("GET", "\(Self.path)?\(query)")
            #expect(found.data.elements.count == count, "\(query)")
            #expect(found.body["total"].integer == count, "\(query)")
        }
        let scheduled = try await stage.ask("GET", "\(Self.path)?status=scheduled").data[0]
        #expect(scheduled["queued_at"] == .null && scheduled["scheduled_at"].text != nil)
        for (query, expected, more) in [
            ("limit=2", order[0...1], true), ("limit=2&offset=3", order[3...4], false),
            ("limit=2&after=\(order[1])", order[2...3], true), ("after=\(order[4])", [], false),
            ("limit=2&before=\(order[4])", order[2...3], true), ("before=\(order[1])", order[0...0], false),
        ] {
            let page = try await stage.ask("GET", "\(Self.path)?\(query)")
            #expect(page.data.elements.compactMap { $0["id"].text } == Array(expected), "\(query)")
            #expect(page.body["has_more"].bool == more, "\(query)")
        }
        for query in ["status=odd", "limit=0", "limit=101", "offset=-1", "after=x", "before=1"] {
            let wrong = try await stage.ask("GET", "\(Self.path)?\(query)")
            #expect(wrong.status == 400, "\(query)")
            #expect(wrong.body["detail"].text?.isEmpty == false && wrong.body["statusCode"].integer == 400)
        }
        await stage.stop()
    }

    @Test func `another tenant's email, and one that does not exist, are not there`() async throws {
        let stage = try await Stage()
        let other = try await stage.control.tenant(stage.token)
        let story = Story(tenant: other, node: stage.node.number)
        #expect(try await stage.node.report([(1, story.accepted())]).status == 200)
        let time = #"{"scheduled_at":"2099-01-01T00:00:00Z"}"#
        for id in [story.message.description, "11111111-1111-4111-8111-111111111111", "none"] {
            for (method, path, json) in [
                ("GET", id, nil), ("POST", "\(id)/cancel", nil), ("PATCH", id, time),
                ("POST", "\(id)/resend", nil),
            ] {
                let answer = try await stage.ask(method, "\(Self.path)/\(path)", json: json)
                #expect(answer.status == 404, "\(method) \(path)")
                #expect(answer.code == "email_not_found")
            }
        }
        #expect(try await stage.ask("GET", Self.path).body["total"].integer == 0)
        await stage.stop()
    }

    @Test func `what no node holds any more is not scheduled`() async throws {
        let stage = try await Stage()
        let story = Story(tenant: stage.tenant, node: stage.node.number)
        #expect(try await stage.node.report([(1, story.accepted())]).status == 200)
        let path = "\(Self.path)/\(story.message)"
        let cancelled = try await stage.ask("POST", "\(path)/cancel", json: "{}")
        let moved = try await stage.ask("PATCH", path, json: #"{"scheduled_at":"2099-01-01T00:00:00Z"}"#)
        for answer in [cancelled, moved] {
            #expect(answer.status == 409, "\(answer.body)")
            #expect(answer.code == "not_scheduled")
        }
        for json in [#"{"scheduled_at":"2020-01-01T00:00:00Z"}"#, "{}", #"{"scheduled_at":"x"}"#] {
            #expect(try await stage.ask("PATCH", path, json: json).status == 400)
        }
        await stage.stop()
    }

    @Test func `to send again, a node gets what was kept with the caller's own key`() async throws {
        let stage = try await Stage()
        let story = Story(tenant: stage.tenant, node: stage.node.number)
        var again = KeptMessage.Again(envelopeSender: "bounce@sender.example")
        (again.links, again.isBulk) = ([1, 2], true)
        let stored = KeptMessage(Array(Self.raw.utf8), again: again, captured: Array("shown".utf8))
        var record = story.accepted(sealedBody: try await stage.sealed(stored, story.message))
        record.event.accepted?.cc = ["gone@example.org"]
        record.event.accepted?.offersUnsubscribe = true
        #expect(try await stage.node.report([(1, record)]).status == 200)
        let answer = try await stage.control.send(
            "POST", "\(Self.path)/\(story.message)/resend",
            headers: [("Authorization", "Bearer \(stage.key)"), ("Idempotency-Key", "k")],
            body: Array(#"{"to":["else@example.org"]}"#.utf8))
        #expect(answer.status == 202, "\(answer.body)")
        let headers = answer.body["headers"].elements.map(\.text)
        #expect(headers == ["127.0.0.1", "Bearer \(stage.key)", "k", ""])
        let kept = JSONValue(reading: Array((answer.body["body"][0].text ?? "").utf8))
        #expect(kept["original"].text == story.message.description)
        #expect(kept["to"] == ["alice@example.org"] && kept["cc"] == ["gone@example.org"])
        #expect(kept["message"].text == Base64.encode(Array(Self.raw.utf8)))
        #expect(kept["again"].text == Base64.encode(again.encoded()))
        #expect(kept["offers_unsubscribe"].bool == true && kept["track_opens"].bool == false)
        #expect(kept["is_composed"].bool == true && kept["is_test"].bool == false)
        #expect(kept["tags"] == ["welcome"] && kept["metadata"] == ["order": "17"])
        #expect(
            try await stage.control.count("SELECT count(*) AS n FROM audit_log WHERE action = 'email.resent'")
                == 1)

        // A node that cannot be reached sends nothing.
        await stage.node.stop()
        let away = try await stage.ask("POST", "\(Self.path)/\(story.message)/resend")
        #expect(away.status == 503)
        #expect(
            try await stage.control.count("SELECT count(*) AS n FROM audit_log WHERE action = 'email.resent'")
                == 1)

        let reader = try await Stage.key(["emails:read"], stage.tenant, stage.control, stage.token)
        let path = "\(Self.path)/\(story.message)"
        let refused = try await stage.ask("POST", "\(path)/resend", key: reader)
        #expect(refused.status == 403 && refused.code == "scope_missing")
        let member = try await stage.control.memberToken(of: stage.tenant, role: "owner")
        #expect(try await stage.ask("POST", "\(path)/resend", key: member).status == 403)
        await stage.stop()
    }

    @Test func `what an earlier version kept is shown, and sent again as far as it is known`() async throws {
        let stage = try await Stage()
        let story = Story(tenant: stage.tenant, node: stage.node.number)
        let record = story.accepted(sealedBody: try await stage.sealed(Self.raw, story.message))
        #expect(try await stage.node.report([(1, record)]).status == 200)
        let path = "\(Self.path)/\(story.message)"
        #expect(try await stage.ask("GET", path).body["html"] == "<p>Hello</p>")
        let answer = try await stage.ask("POST", "\(path)/resend")
        #expect(answer.status == 202, "\(answer.body)")
        let kept = JSONValue(reading: Array((answer.body["body"][0].text ?? "").utf8))
        #expect(kept["message"].text == Base64.encode(Array(Self.raw.utf8)))
        #expect(!kept.names.contains("again"))
        await stage.stop()
    }

    @Test func `what the log does not keep cannot be sent again, and what was erased is not there`()
        async throws
    {
        let stage = try await Stage()
        let bare = Story(tenant: stage.tenant, node: stage.node.number)
        let erased = Story(tenant: stage.tenant, node: stage.node.number)
        let sealed = try await stage.sealed(Self.raw, erased.message)
        #expect(
            try await stage.node.report([(1, bare.accepted()), (2, erased.accepted(sealedBody: sealed))])
                .status
                == 200)
        let log = "/api/v1/dispatch/tenants/\(stage.tenant)/emails/\(erased.message)"
        #expect(try await stage.ask("DELETE", log, key: stage.token).status == 200)
        let unkept = try await stage.ask("POST", "\(Self.path)/\(bare.message)/resend")
        #expect(unkept.status == 409 && unkept.code == "body_not_kept")
        let gone = try await stage.ask("POST", "\(Self.path)/\(erased.message)/resend")
        #expect(gone.status == 404 && gone.code == "email_not_found")
        #expect(
            try await stage.control.count("SELECT count(*) AS n FROM audit_log WHERE action = 'email.resent'")
                == 0)
        #expect(try await stage.ask("GET", "\(Self.path)/\(erased.message)").status == 404)
        await stage.stop()
    }

    @Test func `sends are passed to a node, a batch with its way of checking`() async throws {
        let stage = try await Stage()
        for path in [Self.path, "\(Self.path)/batch"] {
            let answer = try await stage.control.send(
                "POST", path,
                headers: [("Authorization", "Bearer \(stage.key)"), ("x-batch-validation", "permissive")],
                body: Array("[]".utf8))
            #expect(answer.status == 202)
            #expect(answer.body["body"] == ["[]"])
            #expect(
                answer.body["headers"].elements.map(\.text)
                    == ["127.0.0.1", "Bearer \(stage.key)", "", "permissive"])
        }
        await stage.stop()
    }
}
