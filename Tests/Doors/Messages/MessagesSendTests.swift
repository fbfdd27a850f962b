import NodeProtocol
import TestSupport
import Testing

/// `POST /v1/messages/send`.
@Suite struct MessagesSendTests {
    private let node: HTTPNode
    private static let path = "/v1/messages/send"
    private static let small =
        #"{"from":"App <a@one.example>","to":"J <j@x.example>","subject":"Hi","html":"<p>x</p>"}"#

    init() throws { node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"])) }

    private func send(_ json: String, headers: [String] = []) async throws -> HTTPNode.Answer {
        try await node.ask("POST", Self.path, headers: headers, json: json)
    }

    @Test func `the example of the document is sent, with its placeholders filled`() async throws {
        let answer = try await send(
            ##"""
            {"from":"Your Company <hello@one.example>","to":"John Doe <john@example.com>",
             "subject":"Your order {{order_id}} has shipped",
             "html":"<p>Hi {{name}}, your order #{{order_id}} is on the way!</p>",
             "text":"Hi {{name}}, your order #{{order_id}} is on the way!",
             "template_data":{"name":"John","order_id":"12345"},
             "tags":["transactional","shipping"],
             "metadata":{"user_id":"usr_123","count":3,"vip":true,"share":0.5}}
            """##)
        #expect(answer.status == 202, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(
            answer.json["data"]
                == [
                    "id": .string(message.id.description),
                    "message_id": .string(message.messageIDHeader), "from": "hello@one.example",
                    "to": "john@example.com", "subject": "Your order 12345 has shipped", "status": "queued",
                    "tags": ["transactional", "shipping"],
                    "metadata": ["user_id": "usr_123", "count": "3", "vip": "true", "share": "0.5"],
                    "created_at": "2027-01-15T08:00:00Z",
                ])
        #expect(message.text.contains("Hi John, your order #12345 is on the way!"))
        #expect(message.origin.door == "messages")
        #expect(message.tracking == .on && message.offersUnsubscribe)
    }

    @Test func `tracking is on unless it is declined, and without it no one-click unsubscribe is offered`()
        async throws
    {
        for (tracking, opens, clicks) in [
            ("{}", true, true), (#"{"opens":false}"#, false, true), (#"{"clicks":false}"#, true, false),
            (#"{"opens":false,"clicks":false}"#, false, false),
        ] {
            let answer = try await send(Self.small.dropLast() + #","tracking":\#(tracking)}"#)
            #expect(answer.status == 202, "\(answer.body)")
            let message = try #require(node.intake.kept.last)
            #expect(message.tracking == .init(opens: opens, clicks: clicks))
            #expect(message.offersUnsubscribe == (opens || clicks))
        }
    }

    @Test func `braces stay as they are where nothing is to be filled in`() async throws {
        let json = #"{"from":"a@one.example","to":"j@x.example","subject":"{{x}}","text":"{{y}}"}"#
        #expect(try await send(json).status == 202)
        #expect(node.intake.kept.first?.subject == "{{x}}")
    }

    @Test func `all ways to name people, files, headers and a time are taken`() async throws {
        let answer = try await send(
            #"""
            {"from":"a@one.example","to":["j@x.example","K <k@x.example>"],"cc":["c@x.example"],
             "bcc":"b@x.example","reply_to":"r@x.example","subject":"s","html":"<img src=\"cid:logo\">",
             "headers":{"X-Own":"1"},"stream":"bulk","scheduled_at":"2027-01-15T09:00:00.250Z",
             "attachments":[
               {"filename":"a.pdf","content":"JVBERg==","content_type":"application/pdf"},
               {"filename":"l.png","content":"iVBO","content_type":"image/png","content_id":"logo"}]}
            """#)
        #expect(answer.status == 202, "\(answer.body)")
        #expect(answer.json["data"]["to"] == ["j@x.example", "k@x.example"])
        #expect(answer.json["data"]["status"] == "scheduled")
        #expect(answer.json["data"]["scheduled_at"] == "2027-01-15T09:00:00Z")
        let message = try #require(node.intake.kept.first)
        #expect(message.recipients == ["j@x.example", "k@x.example", "c@x.example", "b@x.example"])
        #expect(message.scheduledAt == 1_800_003_600_250)
        #expect(message.stream == .bulk && message.hasAttachments)
        #expect(message.text.contains("Content-ID: <logo>") && message.text.contains("X-Own: 1"))
        #expect(message.text.contains("Reply-To: r@x.example"))
    }

    @Test func `who is suppressed is left out and named`() async throws {
        let answer = try await send(
            #"{"from":"a@one.example","to":["j@x.example","gone@x.example"],"subject":"s","text":"x"}"#)
        #expect(answer.json["data"]["suppressed"] == ["gone@x.example"])
    }

    @Test func `a repetition by its key gets the first answer again`() async throws {
        let header = "Idempotency-Key: once"
        let first = try await send(Self.small, headers: [header])
        let second = try await send(Self.small, headers: [header])
        #expect(second.body == first.body && second.headers["idempotent-replay"] == "true")
        #expect(node.intake.kept.count == 1)
    }

    @Test(arguments: [
        (#""template_data":{"name":"J"}"#, "Hello J"),
        (#""subject":"","template_data":{"name":"J"}"#, "Hello J"),
        (#""subject":"Dear {{name}}","template_data":{"name":"J"}"#, "Dear J"),
        (#""subject":"Dear","html":"<p>ignored</p>","template_data":{"name":"J"}"#, "Dear"),
    ])
    func `a subject given beside a template takes the place of its own`(
        fields: String, subject: String
    ) async throws {
        let answer = try await send(
            #"{"from":"a@one.example","to":"j@x.example","template_id":"hello",\#(fields)}"#)
        #expect(answer.status == 202, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(message.subject == subject)
        #expect(message.text.contains("Hi J.") && !message.text.contains("ignored"))
    }

    @Test func `a subject beside a template is refused by its name when it cannot be read`() async throws {
        let answer = try await send(
            #"{"from":"a@one.example","to":"j@x.example","template_id":"hello","subject":"{{#if","#
                + #""template_data":{"name":"J"}}"#)
        #expect(answer.status == 400)
        #expect(answer.json["error"]["field"] == "subject", "\(answer.body)")
    }

    @Test func `a batch may give the subject that each recipient gets filled in`() async throws {
        let answer = try await node.ask(
            "POST", "/v1/messages/batch",
            json: #"{"from":"a@one.example","template_id":"hello","subject":"For {{name}}","#
                + #""recipient_variables":{"j@x.example":{"name":"J"},"k@x.example":{"name":"K"}}}"#)
        #expect(answer.status == 200, "\(answer.body)")
        #expect(node.intake.kept.map(\.subject) == ["For J", "For K"])
    }
}
