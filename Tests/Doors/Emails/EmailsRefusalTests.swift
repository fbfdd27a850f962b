import Crypto
import FoundationEssentials
import HTTP
import TestSupport
import Testing

@testable import Admission
@testable import Doors

/// What the emails API refuses: each with its status, its code and the field.
@Suite struct EmailsRefusalTests {
    private let path = "/api/v1/emails"
    private static let head = #"{"from":"a@one.example","to":["j@x.example"],"#

    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        let json: String
        let status: Int
        let code: String
        let field: String?
        var testDescription: String { what }

        /// - Parameter rest: what follows sender and recipient.
        init(_ what: String, _ rest: String, _ status: Int, _ code: String, _ field: String?) {
            self.init(what, whole: EmailsRefusalTests.head + rest + "}", status, code, field)
        }

        init(_ what: String, whole: String, _ status: Int, _ code: String, _ field: String?) {
            (self.what, json, self.status, self.code, self.field) = (what, whole, status, code, field)
        }
    }

    private static let body = #""subject":"s","text":"x""#

    static let cases: [Case] = [
        .init("no JSON", whole: "{", 400, "invalid_json", nil),
        .init(
            "no sender", whole: #"{"to":"j@x.example","subject":"","text":""}"#, 400, "missing_field",
            "from"),
        .init(
            "two senders", whole: #"{"from":"a@one.example","from_":"b@one.example","to":"j@x.example"}"#,
            400,
            "content_conflict", "from_"),
        .init("no recipient", whole: #"{"from":"a@one.example",\#(body)}"#, 400, "missing_field", "to"),
        .init(
            "an empty list", whole: #"{"from":"a@one.example","to":[],\#(body)}"#, 400, "missing_field",
            "to"),
        .init(
            "no address", whole: #"{"from":"a@one.example","to":"x",\#(body)}"#, 400, "invalid_field", "to"),
        .init(
            "another's domain", whole: #"{"from":"a@two.example","to":"j@x.example",\#(body)}"#, 403,
            "domain_not_verified", "from"),
        .init(
            "a suppressed recipient", whole: #"{"from":"a@one.example","to":"gone@x.example",\#(body)}"#, 400,
            "recipient_suppressed", "to"),
        .init("no subject", #""text":"x""#, 400, "missing_field", "subject"),
        .init("no content", #""subject":"s""#, 400, "missing_field", "html"),
        .init(
            "content and a template", #""template_id":"hello","html":"x""#, 400, "content_conflict",
            "html"),
        .init(
            "a subject and a template", #""template_id":"hello","subject":"x""#, 400, "content_conflict",
            "subject"),
        .init(
            "two templates", #""template_id":"hello","template":{"id":"hello"}"#, 400, "content_conflict",
            "template"),
        .init("no such template", #""template_id":"none""#, 404, "template_not_found", "template_id"),
        .init(
            "a missing variable", #""template_id":"hello""#, 400, "missing_variable", "template_vars.name"),
        .init(
            "variables and no template", body + #","template_vars":{"a":1}"#, 400, "invalid_field",
            "template_vars"),
        .init(
            "no such domain", body + #","domain_id":"33333333-2222-4222-8222-222222222201""#, 403,
            "domain_not_verified", "domain_id"),
        .init(
            "another's domain id", body + #","domain_id":"\#(MemoryIntake.domainOfTwo)""#, 403,
            "domain_not_verified", "domain_id"),
        .init("no domain id", body + #","domain_id":"x""#, 400, "invalid_field", "domain_id"),
        .init("an unknown field", body + #","attachment":[]"#, 400, "unknown_field", "attachment"),
        .init(
            "a header of ours", body + #","headers":{"DKIM-Signature":"x"}"#, 400, "header_not_allowed",
            "headers.DKIM-Signature"),
        .init(
            "a line end in a header", body + #","headers":{"X-A":"a\r\nb"}"#, 400, "invalid_field",
            "headers.X-A"),
        .init(
            "a time that has passed", body + #","scheduled_at":"2020-01-01T00:00:00Z""#, 400, "invalid_field",
            "scheduled_at"),
        .init(
            "words for a time", body + #","scheduled_at":"in 1 min""#, 400, "invalid_field", "scheduled_at"),
        .init(
            "a time too far ahead", body + #","scheduled_at":"2099-01-01T00:00:00Z""#, 400, "invalid_field",
            "scheduled_at"),
        .init(
            "a file that is no base64", body + #","attachments":[{"filename":"a","content_b64":"?"}]"#, 400,
            "invalid_field", "attachments[0].content_b64"),
        .init(
            "a file without bytes", body + #","attachments":[{"filename":"a"}]"#, 400, "missing_field",
            "attachments[0].content_b64"),
        .init(
            "a file twice", body + #","attachments":[{"filename":"a","content":"","content_b64":""}]"#, 400,
            "content_conflict", "attachments[0].content_b64"),
        .init(
            "a file to fetch", body + #","attachments":[{"filename":"a","path":"https://x.example/a"}]"#, 400,
            "invalid_field", "attachments[0].path"),
        .init(
            "two content ids",
            body
                + #","attachments":[{"filename":"a","content":"","content_id":"a","inline_content_id":"b"}]"#,
            400, "content_conflict", "attachments[0].inline_content_id"),
        .init(
            "six files",
            body + #","attachments":["#
                + Array(repeating: #"{"filename":"a","content":""}"#, count: 6).joined(separator: ",") + "]",
            400, "too_many_attachments", "attachments"),
        .init("a tag that is none", body + #","tags":[1]"#, 400, "invalid_field", "tags[0]"),
        .init(
            "a tag with two values",
            body + #","tags":[{"name":"a","value":"1"},{"name":"a","value":"2"}]"#, 400, "invalid_field",
            "tags[1].name"),
        .init("no such stream", body + #","stream":"x""#, 400, "invalid_field", "stream"),
    ]

    @Test(arguments: cases)
    func `each refusal has its status, code, field and text, and nothing is sent`(_ wrong: Case) async throws
    {
        let node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"]))
        let answer = try await node.ask("POST", path, json: wrong.json)
        #expect(answer.status == wrong.status, "\(answer.body)")
        let json = answer.json
        #expect(json["code"].text == wrong.code, "\(answer.body)")
        #expect(json["field"].text == wrong.field, "\(answer.body)")
        #expect(json["detail"].text?.isEmpty == false)
        // What clients of Resend read.
        #expect(json["statusCode"].integer == wrong.status)
        #expect(json["name"] == json["code"] && json["message"] == json["detail"])
        #expect(json["request_id"].text == answer.headers["x-request-id"])
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `five files of 5 MiB together pass, a byte more does not`() async throws {
        let node = try HTTPNode(MemoryIntake())
        func send(_ sizes: [Int]) async throws -> HTTPNode.Answer {
            let files = sizes.map {
                #"{"filename":"a.bin","content_b64":"\#(Base64.encode([UInt8](repeating: 7, count: $0)))"}"#
            }
            let rest = Self.body + #","attachments":[\#(files.joined(separator: ","))]}"#
            return try await node.ask("POST", path, json: Self.head + rest)
        }
        let mebibyte = 1024 * 1024
        #expect(try await send(Array(repeating: mebibyte, count: 5)).status == 202)
        let refused = try await send([mebibyte * 4, mebibyte, 1])
        #expect(refused.status == 413)
        #expect(refused.json["code"] == "attachments_too_large")
    }

    @Test func `the month's quota is 402, the day's and the rate are 429`() async throws {
        let monthly = try HTTPNode(MemoryIntake(limits: .init(monthlyQuota: 0)))
        let used = try await monthly.ask("POST", path, json: Self.head + Self.body + "}")
        #expect(used.status == 402)
        #expect(used.json["code"] == "quota_exceeded")
        let daily = try HTTPNode(MemoryIntake(limits: .init(dailyQuota: 0)))
        let today = try await daily.ask("POST", path, json: Self.head + Self.body + "}")
        #expect(today.status == 429)
        #expect(today.json["code"] == "daily_quota_exceeded")
        #expect(today.headers["retry-after"] != nil)
        for expected in [202, 202, 429] {
            let answer = try await daily.ask(
                "POST", path, key: "dsp_live_two_slow",
                json: #"{"from":"a@two.example","to":["j@x.example"],"subject":"s","text":"x"}"#)
            #expect(answer.status == expected, "\(answer.body)")
            #expect(answer.headers["ratelimit-limit"] == "2")
        }
    }

    @Test func `who may not send is told so before the body is looked at`() async throws {
        let node = try HTTPNode(MemoryIntake())
        for (key, status, code): (String?, Int, String) in [
            (nil, 401, "unauthenticated"), ("dsp_live_nobody", 401, "unauthenticated"),
            ("dsp_live_one_none", 403, "scope_missing"),
        ] {
            for (method, path) in [
                ("POST", path), ("POST", "\(path)/batch"), ("POST", "\(path)/x/cancel"),
                ("PATCH", "\(path)/x"),
            ] {
                let answer = try await node.ask(method, path, key: key, json: "{")
                #expect(answer.status == status, "\(method) \(path)")
                #expect(answer.json["code"].text == code)
                #expect(answer.json["detail"].text?.isEmpty == false)
            }
        }
    }
}
