import Testing

/// Every refusal of the tenants' API: codes in capitals, inside `error`.
@Suite struct SendRefusalTests {
    private static let good = #""from":"a@one.example","to":["j@x.example"],"subject":"s","text_body":"x""#
    private static let head = #""from":"a@one.example","to":["j@x.example"],"subject":"s""#

    private static func path(_ tenant: String = MemoryIntake.one) -> String {
        "/api/v1/dispatch/tenants/\(tenant)/send"
    }

    /// - Parameter members: of the body's object.
    private static func row(
        _ name: String, _ members: String, _ status: Int, _ code: String, _ field: String?, _ text: String,
        path: String = path(), key: String? = "dsp_live_one"
    ) -> RefusalRow {
        RefusalRow(
            name: name, path: path, key: key, type: "application/json", body: "{\(members)}",
            status: status, code: code, field: field, text: text)
    }

    private static let callers = [
        row("no key", good, 401, "UNAUTHENTICATED", nil, "An Authorization header", key: nil),
        row("unknown key", good, 401, "UNAUTHENTICATED", nil, "", key: "dsp_live_nobody"),
        row("key without the scope", good, 403, "SCOPE_MISSING", nil, "this key", key: "dsp_live_one_none"),
        row("another tenant's key", good, 403, "CREDENTIAL_MISMATCH", nil, "", key: "dsp_live_two"),
        row("another tenant", good, 403, "CREDENTIAL_MISMATCH", nil, "", path: path(MemoryIntake.two)),
        row(
            "a tenant that is none", good, 404, "TENANT_NOT_FOUND", nil, "There is no such tenant.",
            path: path("nonsense")),
        row(
            "a tenant that is none, without a key", good, 401, "UNAUTHENTICATED", nil, "",
            path: path("nonsense"), key: nil),
    ]

    private static let shapes = [
        RefusalRow(
            name: "no JSON", path: path(), type: "application/json", body: "{", status: 400,
            code: "INVALID_JSON", text: "The request body is not valid JSON"),
        row("an unknown field", good + #","html":"x""#, 400, "UNKNOWN_FIELD", "html", "The field `html`"),
        row(
            "a field of another type", head + #","text_body":7"#, 400, "INVALID_FIELD", "text_body",
            "`text_body` must be a string."),
        row(
            "a field twice", good + #","subject":"t""#, 400, "INVALID_JSON", "subject", "The field"),
        row(
            "tracking of another kind", good + #","tracking":{"views":true}"#, 400, "UNKNOWN_FIELD",
            "tracking.views", ""),
    ]

    private static let messages = [
        row(
            "no from", #""to":["j@x.example"],"subject":"","text_body":"x""#, 400, "MISSING_FIELD", "from",
            "`from`"),
        row(
            "no to", #""from":"a@one.example","subject":"","text_body":"x""#, 400, "MISSING_FIELD", "to",
            "`to`"),
        row(
            "nobody in to", good.replacing(#"["j@x.example"]"#, with: "[]"), 400, "MISSING_FIELD", "to",
            "the message has no recipient"),
        row(
            "no subject", #""from":"a@one.example","to":["j@x.example"],"text_body":"x""#, 400,
            "MISSING_FIELD", "subject", "`subject` is required."),
        row("no body", head, 400, "MISSING_FIELD", "html_body", "one of text_body and html_body is required"),
        row(
            "a sender that is none", good.replacing("a@one.example", with: "a"), 400, "INVALID_FIELD", "from",
            "the address"),
        row(
            "another tenant's sender", good.replacing("one.example", with: "two.example"), 403,
            "DOMAIN_NOT_VERIFIED", "from", "the domain two.example"),
        row(
            "a recipient that is none", good.replacing(#"example"],"#, with: #"example","k"],"#), 400,
            "INVALID_FIELD", "to[1]", "the address"),
        row("a copy to nobody", good + #","cc":"k""#, 400, "INVALID_FIELD", "cc", "the address"),
        row("a reply to nobody", good + #","reply_to":"k""#, 400, "INVALID_FIELD", "reply_to", "the address"),
        row(
            "everybody suppressed", good.replacing("j@", with: "gone@"), 400, "RECIPIENT_SUPPRESSED", "to",
            "every recipient"),
        row(
            "51 recipients",
            good.replacing(
                #"["j@x.example"]"#,
                with: "[\((0..<51).map { "\"j\($0)@x.example\"" }.joined(separator: ","))]"), 400,
            "TOO_MANY_RECIPIENTS", "to", ""),
        row(
            "a line end in the subject", good.replacing(#""s""#, with: #""a\r\nb""#), 400, "INVALID_FIELD",
            "subject", ""),
        row(
            "a line end in a header", good + #","headers":{"X-A":"a\nb"}"#, 400, "INVALID_FIELD",
            "headers.X-A", ""),
        row(
            "a header that may not be set", good + #","headers":{"Received":"x"}"#, 400,
            "HEADER_NOT_ALLOWED", "headers.Received", "the header Received may not be set"),
        row(
            "a file that is not base64", good + #","attachments":[{"filename":"a","content":"*"}]"#, 400,
            "INVALID_FIELD", "attachments[0].content", "The content of an attachment must be base64."),
        row("an empty tag", good + #","tags":[""]"#, 400, "INVALID_FIELD", "tags", "at most 20 tags"),
        row("a stream that is none", good + #","stream":"flood""#, 400, "INVALID_FIELD", "stream", ""),
    ]

    private static let templates = [
        row(
            "no such template", head + #","template_id":"none""#, 404, "TEMPLATE_NOT_FOUND", "template_id",
            ""),
        row(
            "a variable too few", head + #","template_id":"welcome","template_variables":{}"#, 400,
            "MISSING_VARIABLE", "template_variables.name", ""),
        row(
            "variables without a template", good + #","template_variables":{"a":1}"#, 400, "INVALID_FIELD",
            "template_variables", "variables are for a template"),
    ]

    private static let times = [
        row(
            "a time that is none", good + #","scheduled_at":"later""#, 400, "INVALID_FIELD", "scheduled_at",
            "`scheduled_at` must be a time such as"),
        row(
            "a number for a time", good + #","scheduled_at":1e300"#, 400, "INVALID_FIELD", "scheduled_at",
            "`scheduled_at` must be a time such as"),
        row(
            "a time too far ahead", good + #","scheduled_at":"2030-01-01T00:00:00Z""#, 400, "INVALID_FIELD",
            "scheduled_at", "a message"),
    ]

    @Test(arguments: callers + shapes + messages + templates + times)
    func `a refusal is told in the dialect's shape, and nothing is sent`(row: RefusalRow) async throws {
        let node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"]))
        try await row.check(node, member: "message", isNested: true)
    }

    @Test func `a message too large is 413, one too many in a minute or a day 429`() async throws {
        let body = Array("{\(Self.good)}".utf8)
        let small = try HTTPNode(MemoryIntake(limits: .init(maxMessageBytes: 1024)))
        let text = String(repeating: "x", count: 2000)
        let large = try await small.ask(
            "POST", Self.path(), json: "{\(Self.head),\"text_body\":\"\(text)\"}")
        #expect(large.status == 413)
        #expect(large.json["error"]["code"] == "MESSAGE_TOO_LARGE")
        let node = try HTTPNode(MemoryIntake())
        for status in [202, 202, 429] {
            let answer = try await node.ask("POST", Self.path(), key: "dsp_live_one_slow", body: body)
            #expect(answer.status == status, "\(answer.body)")
            #expect((Int(answer.headers["retry-after"] ?? "") != nil) == (status == 429))
            if status == 429 { #expect(answer.json["error"]["code"] == "RATE_LIMITED") }
        }
        let daily = try HTTPNode(MemoryIntake(limits: .init(dailyQuota: 0)))
        let today = try await daily.ask("POST", Self.path(), body: body)
        #expect(today.status == 429)
        #expect(today.json["error"]["code"] == "DAILY_QUOTA_EXCEEDED")
    }
}
