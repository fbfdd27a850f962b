import Admission
import TestSupport
import Testing

@testable import Doors

/// What the Messages API says when it does not send: status, code and field of each refusal.
@Suite struct MessagesRefusalTests {
    private static let path = "/v1/messages/send"

    struct Case: Sendable, CustomTestStringConvertible {
        let changes: [String: JSONValue]
        let status: Int
        let code: String
        let field: String?

        init(_ changes: [String: JSONValue], _ status: Int, _ code: String, _ field: String?) {
            self.changes = changes
            self.status = status
            self.code = code
            self.field = field
        }

        var testDescription: String { "\(code) \(field ?? "")" }

        /// A message that would be sent, but for the changes; null takes a field away.
        var body: JSONValue {
            var members: [String: JSONValue] = [
                "from": "a@one.example", "to": "j@x.example", "subject": "Hi", "html": "<p>x</p>",
            ]
            members.merge(changes) { $1 }
            return .object(members.filter { $0.value != .null })
        }
    }

    private static let file: JSONValue = ["filename": "f", "content": "eA=="]
    private static let large: JSONValue = [
        "filename": "f", "content": .string(String(repeating: "A", count: 13_981_016)),
    ]

    static let cases = [
        Case(["from": .null], 400, "invalid_from_address", "from"),
        Case(["from": "nobody"], 400, "invalid_from_address", "from"),
        Case(["from": "a@two.example"], 403, "domain_not_verified", "from"),
        Case(["to": .null], 400, "invalid_to_address", "to"),
        Case(["to": []], 400, "invalid_to_address", "to"),
        Case(["to": "j@"], 400, "invalid_to_address", "to"),
        Case(["to": "", "cc": "c@x.example"], 400, "invalid_to_address", "to"),
        Case(["to": ",", "cc": "c@x.example"], 400, "invalid_to_address", "to"),
        Case(["to": ["", " , "], "bcc": "c@x.example"], 400, "invalid_to_address", "to"),
        Case(["to": ["j@x.example", "@"]], 400, "invalid_to_address", "to[1]"),
        Case(["cc": "j@"], 400, "invalid_to_address", "cc"),
        Case(["bcc": "j@"], 400, "invalid_to_address", "bcc"),
        Case(["reply_to": "j@"], 400, "invalid_field", "reply_to"),
        Case(["to": 7], 400, "invalid_field", "to"),
        Case(["subject": .null], 400, "missing_subject", "subject"),
        Case(["subject": ""], 400, "missing_subject", "subject"),
        Case(["html": .null], 400, "missing_body", "html"),
        Case(["html": "", "text": ""], 400, "missing_body", "html"),
        Case(["attachments": [large]], 413, "attachment_too_large", "attachments[0].content"),
        Case(
            ["attachments": .array(Array(repeating: file, count: 11))], 400, "too_many_attachments",
            "attachments"),
        Case(
            ["attachments": [["filename": "f", "content": "%"]]], 400, "invalid_field",
            "attachments[0].content"),
        Case(["template_id": "none"], 404, "invalid_template", "template_id"),
        Case(["html": "{{x}}", "template_data": [:]], 400, "missing_variable", "template_data.x"),
        Case(["html": "{{#if", "template_data": [:]], 400, "invalid_field", "html"),
        Case(["headers": ["Bcc": "j@x.example"]], 400, "header_not_allowed", "headers.Bcc"),
        Case(["headers": ["X-A": "a\r\nb"]], 400, "invalid_field", "headers.X-A"),
        Case(["to": "gone@x.example"], 400, "recipient_suppressed", "to"),
        Case(
            ["to": .array((0..<51).map { .string("j\($0)@x.example") })], 400, "too_many_recipients", "to"),
        Case(["stream": "odd"], 400, "invalid_field", "stream"),
        Case(["metadata": ["a": ["b": "c"]]], 400, "invalid_field", "metadata.a"),
        Case(["scheduled_at": "tomorrow"], 400, "invalid_field", "scheduled_at"),
        Case(["scheduled_at": "9999-01-01T00:00:00Z"], 400, "invalid_field", "scheduled_at"),
        Case(
            ["scheduled_at": "2027-02-01T00:00:00Z", "optimize_send_time": true], 400, "invalid_field",
            "optimize_send_time"),
        Case(["attachment": "x"], 400, "unknown_field", "attachment"),
        Case(["tags": .array(Array(repeating: "t", count: 21))], 400, "invalid_field", "tags"),
    ]

    @Test(arguments: cases)
    func `a message that cannot be sent is refused with its code`(_ refused: Case) async throws {
        let node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"]))
        let answer = try await node.ask("POST", Self.path, body: try refused.body.encoded())
        #expect(answer.status == refused.status, "\(answer.body)")
        let error = answer.json["error"]
        #expect(error["code"].text == refused.code, "\(answer.body)")
        #expect(error["field"].text == refused.field, "\(answer.body)")
        #expect(error["message"].text?.isEmpty == false)
        #expect(error["request_id"].text == answer.headers["x-request-id"])
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `callers who may not, or too often, are told so`() async throws {
        let node = try HTTPNode(MemoryIntake())
        let body = try Case([:], 0, "", nil).body.encoded()
        for (key, status, code) in [
            (nil, 401, "unauthenticated"), ("dsp_live_nobody", 401, "unauthenticated"),
            ("dsp_live_one_none", 403, "scope_missing"),
        ] {
            let answer = try await node.ask("POST", Self.path, key: key, body: body)
            #expect(answer.status == status)
            #expect(answer.json["error"]["code"].text == code)
        }
        for _ in 0..<2 {
            let answer = try await node.ask("POST", Self.path, key: "dsp_live_one_slow", body: body)
            #expect(answer.status == 202)
        }
        let tooMany = try await node.ask("POST", Self.path, key: "dsp_live_one_slow", body: body)
        #expect(tooMany.status == 429)
        #expect(tooMany.json["error"]["code"].text == "rate_limit_exceeded")
        #expect(tooMany.headers["retry-after"] != nil)
    }

    @Test(arguments: Refusal.Code.allCases)
    func `every refusal of the road has the status that it has at every door`(_ code: Refusal.Code) {
        let refusal = Refusal(code, "text", field: "from")
        #expect(refusal.messagesError.status == refusal.apiError.status)
    }
}
