import FoundationEssentials
import HTTP
import NodeProtocol
import TestSupport
import Testing

@testable import Admission
@testable import Doors

/// `POST /api/v1/emails`.
@Suite struct EmailsSendTests {
    private let node: HTTPNode
    private let path = "/api/v1/emails"
    private let small = #"{"from":"a@one.example","to":["j@x.example"],"subject":"Hi","text":"Hello."}"#

    init() throws { node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"])) }

    private func send(_ json: String, headers: [String] = [], key: String = "dsp_live_one") async throws
        -> HTTPNode.Answer
    {
        try await node.ask("POST", path, key: key, headers: headers, json: json)
    }

    /// The small e-mail with more fields.
    private func with(_ fields: String) -> String { small.dropLast() + ",\(fields)}" }

    @Test func `an accepted email is answered with all of it, what is not known yet as null`() async throws {
        let answer = try await send(
            #"""
            {"from_":"Ä <a@one.example>","to":["J <j@x.example>","k@x.example"],"cc":"c@x.example",
             "bcc":["b@x.example"],"reply_to":"r@x.example","subject":"Grüße","html":"<p>x</p>","text":"x",
             "tags":["receipt"],"metadata":{"order":"17"},"track_opens":true,"template_id":null,
             "template_vars":{},"domain_id":"22222222-2222-4222-8222-222222222201",
             "enable_unsubscribe":true}
            """#)
        #expect(answer.status == 202, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        let json = answer.json
        #expect(json["id"].text == message.id.description)
        #expect(json["status"] == "queued")
        #expect(json["object"] == "email")
        #expect(json["from_"].text == "Ä <a@one.example>" || json["from_"].text == "\"Ä\" <a@one.example>")
        #expect(json["from"] == json["from_"])
        #expect(json["to"] == ["j@x.example", "k@x.example"])
        #expect(json["cc"] == ["c@x.example"])
        #expect(json["bcc"] == ["b@x.example"])
        #expect(json["subject"] == "Grüße")
        #expect(json["tags"] == ["receipt"])
        #expect(json["metadata"] == ["order": "17"])
        #expect(json["track_opens"].bool == true && json["track_clicks"].bool == false)
        #expect(json["attempts"] == [])
        #expect(json["created_at"] == "2027-01-15T08:00:00.000Z" && json["queued_at"] == json["created_at"])
        for name in ["template_id", "scheduled_at", "sent_at", "delivered_at", "resent_from"] {
            #expect(json.names.contains(name) && json[name] == .null, "\(name)")
        }
        #expect(message.origin.door == "emails")
        #expect(message.offersUnsubscribe && message.tracking == .init(opens: true, clicks: false))
        let links = try #require(message.links.places(in: message.message.count)).map(\.kind)
        #expect(Set(links) == [.listUnsubscribe, .unsubscribeLine, .unsubscribeParagraph, .pixel])
        #expect(message.text.contains("Reply-To: r@x.example"))
        #expect(!message.text.contains("b@x.example"))
    }

    @Test func `a client of Resend is understood`() async throws {
        let answer = try await send(
            #"""
            {"from":"a@one.example","to":"j@x.example","subject":"s","html":"<img src='cid:logo'>",
             "tags":[{"name":"campaign","value":"spring"}],"headers":{"X-Metadata":"{\"a\":1}"},
             "attachments":[
                {"filename":"a.txt","content":"aGVsbG8="},
                {"filename":"b.bin","content":[104,105],"content_type":"application/x-b"},
                {"filename":"l.png","content_b64":"aGk=","content_id":"logo"}]}
            """#)
        #expect(answer.status == 202, "\(answer.body)")
        #expect(answer.json["metadata"] == ["campaign": "spring"])
        #expect(answer.json["tags"] == [])
        let message = try #require(node.intake.kept.first)
        #expect(message.text.contains("aGVsbG8="))
        #expect(message.text.contains("application/x-b"))
        #expect(message.text.contains("<logo>"))
        #expect(message.text.contains("X-Metadata: {\"a\":1}"))
        #expect(message.metadata == ["campaign": "spring"])
    }

    @Test func `empty parts are none: beside a template no conflict, beside a text no second body`()
        async throws
    {
        let head = #"{"from":"a@one.example","to":"j@x.example","#
        let templated = try await send(
            head + #""subject":"","html":"","text":"","template_id":"hello","template_vars":{"name":"A"}}"#)
        #expect(templated.status == 202, "\(templated.body)")
        #expect(try await send(head + #""subject":"s","html":"","text":"x"}"#).status == 202)
        #expect(node.intake.kept.last?.text.contains("multipart") == false)
        let blank = try await send(head + #""subject":"s","html":"","text":""}"#)
        #expect(blank.status == 400 && blank.json["field"].text == "html", "\(blank.body)")
    }

    @Test func `who stands in to and in cc is answered in to`() async throws {
        let answer = try await send(
            #"""
            {"from":"a@one.example","to":"j@x.example","cc":["j@x.example","c@x.example"],
             "bcc":"j@x.example","subject":"s","text":"x"}
            """#)
        #expect(answer.json["to"] == ["j@x.example"])
        #expect(answer.json["cc"] == ["c@x.example"])
        #expect(answer.json["bcc"] == [])
    }

    @Test(arguments: [
        #""template_id":"hello","template_vars":{"name":"Ada"}"#,
        #""template":{"id":"hello","variables":{"name":"Ada"}}"#,
    ])
    func `a template gives subject and content`(fields: String) async throws {
        let answer = try await send(#"{"from":"a@one.example","to":["j@x.example"],\#(fields)}"#)
        #expect(answer.status == 202, "\(answer.body)")
        #expect(answer.json["subject"] == "Hello Ada")
        #expect(answer.json["template_id"].text == MemoryIntake.domainOfOne)
        #expect(node.intake.kept.first?.text.contains("Hi Ada.") == true)
    }

    @Test(arguments: [
        ("2027-01-16T00:00:00Z", "2027-01-16T00:00:00.000Z"),
        ("2027-01-16T00:00:00.250Z", "2027-01-16T00:00:00.250Z"),
        ("2027-01-16T00:00:00+00:00", "2027-01-16T00:00:00.000Z"),
        ("2027-01-16T02:30:00+02:30", "2027-01-16T00:00:00.000Z"),
        ("2027-01-16T00:00:00.123456+00:00", "2027-01-16T00:00:00.123Z"),
    ])
    func `a time ahead makes it scheduled, however it is written`(given: String, shown: String) async throws {
        let answer = try await send(with(#""scheduled_at":"\#(given)""#))
        #expect(answer.status == 202, "\(answer.body)")
        #expect(answer.json["status"] == "scheduled")
        #expect(answer.json["scheduled_at"].text == shown)
        #expect(answer.json["queued_at"] == .null)
    }

    @Test func `a repetition with its key answers 200 with the original, another body 409`() async throws {
        let headers = ["Idempotency-Key: k1"]
        let first = try await send(small, headers: headers)
        let second = try await send(small, headers: headers)
        #expect(first.status == 202 && second.status == 200)
        #expect(first.body == second.body)
        #expect(second.headers["idempotent-replay"] == "true")
        #expect(node.intake.kept.count == 1)
        let other = try await send(with(#""cc":"c@x.example""#), headers: headers)
        #expect(other.status == 409)
        #expect(other.json["code"] == "idempotency_key_reused")
    }

    @Test func `some suppressed recipients are told of, and the others are sent to`() async throws {
        let answer = try await send(with(#""cc":["gone@x.example"]"#))
        #expect(answer.status == 202)
        #expect(answer.json["suppressed"] == ["gone@x.example"])
        #expect(answer.json["to"] == ["j@x.example"])
    }
}
