import MailFormat
import TestSupport
import Testing

/// `POST /v3/{domain}/messages`, as clients of Mailgun call it.
@Suite struct MailgunTests {
    private let node: HTTPNode
    private let path = "/v3/one.example/messages"

    init() throws { node = try HTTPNode(MemoryIntake()) }

    @Test func `a message is queued, and its Message-ID is the id`() async throws {
        let answer = try await node.form(
            path,
            [
                "from": "Zoë <a@one.example>", "to": "\"D, J\" <j@x.example>, k@x.example",
                "to": "l@x.example",
                "cc": "m@x.example", "bcc": "n@x.example", "subject": "Hi", "text": "x", "html": "<p>x</p>",
                "h:Reply-To": "r@y.example", "o:tag": "one", "o:tag": "two", "v:order": "{\"n\":1}",
                "h:X-Idempotency-Key": "abc",
            ])
        #expect(answer.status == 200, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(
            answer.json == ["id": .string(message.messageIDHeader), "message": "Queued. Thank you."])
        #expect(message.recipients == ["j", "k", "l", "m", "n"].map { "\($0)@x.example" })
        #expect(message.tags == ["one", "two"])
        #expect(message.metadata == ["order": "{\"n\":1}"])
        #expect(message.tracking == .off)
        #expect(message.origin.door == "mailgun")
        let headers = try MessageHeaders(message.message)
        #expect(headers.value("X-Idempotency-Key") == "abc")
        #expect(headers.value("Reply-To") == "r@y.example")
    }

    @Test func `the form field of an idempotency key is a header, so the same mail may go twice`()
        async throws
    {
        for _ in 0..<2 {
            let answer = try await node.form(
                path,
                [
                    "from": "a@one.example", "to": "j@x.example", "text": "Your code is 1234",
                    "h:X-Idempotency-Key": "same",
                ])
            #expect(answer.status == 200)
        }
        #expect(node.intake.kept.count == 2)
    }

    @Test func `the header Idempotency-Key is a key`() async throws {
        for replay in [nil, "true"] {
            let answer = try await node.form(
                path, ["from": "a@one.example", "to": "j@x.example", "text": "x"],
                headers: ["Idempotency-Key: k"])
            #expect(answer.status == 200)
            #expect(answer.headers["idempotent-replay"] == replay)
        }
        let other = try await node.form(
            path, ["from": "a@one.example", "to": "k@x.example", "text": "x"], headers: ["Idempotency-Key: k"]
        )
        #expect(other.status == 409)
        #expect(node.intake.kept.count == 1)
    }

    @Test func `options are done, and those that change nothing are passed over`() async throws {
        let answer = try await node.form(
            path,
            [
                "from": "a@one.example", "to": "j@x.example", "html": "<p>x</p>", "o:tracking": "htmlonly",
                "o:tracking-opens": "False", "o:deliverytime": "2027-01-15T09:00:00Z", "o:testmode": "yes",
                "o:require-tls": "True", "o:dkim": "yes", "o:sending-ip": "192.0.2.1",
                "amp-html": "<html amp>",
                "o:skip-verification": "no", "t:text": "yes",
            ])
        #expect(answer.status == 200, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(message.tracking == .init(opens: false, clicks: true))
        #expect(message.scheduledAt == 1_800_003_600_000)
        #expect(message.isTest)
        #expect(message.request?.requiresTLS == true)
        #expect(!message.text.contains("html amp"))
    }

    @Test func `files are attached, and an inline one is known by its name`() async throws {
        let answer = try await node.form(
            path,
            parts: [
                .init("from", "a@one.example"), .init("to", "j@x.example"), .init("subject", "Hi"),
                .init("html", "<img src=\"cid:logo.png\">"),
                .init("attachment", file: "a.txt", type: "text/plain", "A"),
                .init("attachment", file: "b.txt", "B"),
                .init("inline", file: "logo.png", type: "image/png", "PNG"),
            ])
        #expect(answer.status == 200, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(message.hasAttachments)
        #expect(message.text.contains("Content-ID: <logo.png>"))
        #expect(message.text.contains("multipart/related"))
        for name in ["a.txt", "b.txt"] { #expect(message.text.contains("filename=\(name)")) }
    }

    @Test func `an inline file is shown by a name with a space as well`() async throws {
        let answer = try await inline("my logo.png")
        #expect(answer.status == 200, "\(answer.body)")
        #expect(node.intake.kept.first?.text.contains("Content-ID: <my logo.png>") == true)
    }

    @Test(arguments: ["löwe.png", "<a>.png", " a.png"])
    func `an inline file that no reader would find is refused by its field`(name: String) async throws {
        let answer = try await inline(name)
        #expect(answer.status == 400)
        #expect(answer.json["field"].text == "inline", "\(answer.body)")
        #expect(node.intake.kept.isEmpty)
    }

    private func inline(_ name: String) async throws -> HTTPNode.Answer {
        try await node.form(
            path,
            parts: [
                .init("from", "a@one.example"), .init("to", "j@x.example"),
                .init("html", "<img src=\"cid:\(name)\">"),
                .init("inline", file: name, type: "image/png", "PNG"),
            ])
    }

    @Test(arguments: ["o:tracking", "o:tracking-opens", "o:tracking-clicks"])
    func `a finished message is not tracked, and who asks for it is told so`(field: String) async throws {
        func send(_ value: String) async throws -> HTTPNode.Answer {
            try await node.form(
                path + ".mime",
                parts: [
                    .init("to", "j@x.example"), .init(field, value),
                    .init("message", file: "m", "From: a@one.example\n\nLine\n"),
                ])
        }
        let refused = try await send("yes")
        #expect(refused.status == 400)
        #expect(refused.json["field"].text == field, "\(refused.body)")
        #expect(node.intake.kept.isEmpty)
        #expect(try await send("no").status == 200)
    }

    @Test func `a template is filled in, and the form's subject stands`() async throws {
        for subject in ["", "Ours {{name}}"] {
            let answer = try await node.form(
                path,
                [
                    "from": "a@one.example", "to": "j@x.example", "subject": subject, "template": "welcome",
                    "t:variables": "{\"name\":\"Ada\"}", "v:city": "Paris",
                    "h:X-Mailgun-Variables": "{\"name\":\"Nobody\",\"plan\":\"pro\"}",
                ])
            #expect(answer.status == 200, "\(answer.body)")
        }
        #expect(node.intake.kept.map(\.subject) == ["Welcome Ada", "Ours {{name}}"])
        let message = try #require(node.intake.kept.first)
        #expect(message.text.contains("Ada, Paris"))
        #expect(message.metadata == ["city": "Paris", "name": "Nobody", "plan": "pro"])
        #expect(!message.text.contains("X-Mailgun-Variables"))
    }

    @Test func `a finished message is sent to the envelope of the form`() async throws {
        let mail = "From: a@one.example\nTo: list@x.example\nSubject: S\nBcc: z@x.example\n\nLine\n"
        let answer = try await node.form(
            path + ".mime",
            parts: [
                .init("to", "j@x.example, k@x.example"), .init("o:tag", "one"), .init("v:a", "b"),
                .init("message", file: "message.mime", mail), .init("o:require-tls", "yes"),
                .init("subject", "not this"),
            ])
        #expect(answer.status == 200, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(answer.json["id"].text == message.messageIDHeader)
        #expect(message.recipients == ["j@x.example", "k@x.example"])
        #expect(message.envelopeSender == "a@one.example")
        #expect(message.subject == "S")
        #expect(message.tags == ["one"])
        #expect(message.metadata == ["a": "b"])
        #expect(message.request?.requiresTLS == true)
        #expect(message.text.hasSuffix("\r\n\r\nLine\r\n"))
        #expect(!message.text.contains("z@x.example"))
    }

    @Test(arguments: ["one.example", "ONE.example", "mg.one.example", "example"])
    func `the path's domain is the tenant's, or one above the sender's`(domain: String) async throws {
        let answer = try await node.form(
            "/v3/\(domain)/messages", ["from": "a@one.example", "to": "j@x.example", "text": "x"])
        #expect(answer.status == 200, "\(answer.body)")
    }

    @Test func `a bearer key is good as well`() async throws {
        let answer = try await node.ask(
            "POST", path, headers: ["Content-Type: application/x-www-form-urlencoded"],
            body: Array("from=a@one.example&to=j@x.example&text=x".utf8))
        #expect(answer.status == 200)
    }

    @Test func `a test key captures`() async throws {
        let answer = try await node.form(
            path, ["from": "a@one.example", "to": "j@x.example", "text": "x"], key: "dsp_test_one")
        #expect(answer.status == 200)
        #expect(node.intake.kept.first?.isTest == true)
    }
}
