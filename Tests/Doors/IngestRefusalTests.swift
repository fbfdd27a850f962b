import Testing

/// Every refusal of the ingestion API: the same by JSON and by form, where both can say it.
@Suite struct IngestRefusalTests {
    private static let form = "from=a@one.example&to=j@x.example&text=x"
    private static let json = #""from":"a@one.example","to":"j@x.example","text":"x""#

    private static func row(
        _ name: String, _ body: String, _ status: Int, _ code: String, _ field: String?, _ text: String,
        key: String? = "dsp_live_one"
    ) -> RefusalRow {
        RefusalRow(
            name: "\(body.hasPrefix("{") ? "JSON" : "form"): \(name)", path: "/api/v1/messages", key: key,
            type: body.hasPrefix("{") ? "application/json" : "application/x-www-form-urlencoded", body: body,
            status: status, code: code, field: field, text: text)
    }

    /// What both say: name, JSON, form, status, code, field, beginning of the text.
    private static let alike: [(String, String, String, Int, String, String?, String)] = [
        (
            "no from", #"{"to":"j@x.example","text":"x"}"#, "to=j@x.example&text=x", 400, "missing_field",
            "from", "`from` is required."
        ),
        (
            "no to", #"{"from":"a@one.example","text":"x"}"#, "from=a@one.example&text=x", 400,
            "missing_field", "to", "the message has no recipient"
        ),
        (
            "no body", #"{"from":"a@one.example","to":"j@x.example"}"#, "from=a@one.example&to=j@x.example",
            400, "missing_field", "html", "one of text and html is required"
        ),
        (
            "a recipient that is none", #"{"from":"a@one.example","to":["j@x.example","k"],"text":"x"}"#,
            form + "&to=k", 400, "invalid_field", "to[1]", "the address"
        ),
        (
            "an unknown field", "{\(json),\"attachment\":1}", form + "&attachments=1", 400, "unknown_field",
            nil, ""
        ),
        (
            "another tenant's sender", "{\(json)}".replacing("one", with: "two"),
            form.replacing("one", with: "two"), 403, "domain_not_verified", "from", "the domain two.example"
        ),
        (
            "everybody suppressed", "{\(json)}".replacing("j@", with: "gone@"),
            form.replacing("j@", with: "gone@"), 400, "recipient_suppressed", "to", "every recipient"
        ),
        (
            "a line end in the subject", #"{\#(json),"subject":"a\r\nb"}"#, form + "&subject=a%0D%0Ab", 400,
            "invalid_field", "subject", ""
        ),
        (
            "a line end in a header", #"{\#(json),"headers":{"X-A":"a\nb"}}"#, form + "&h:X-A=a%0Ab", 400,
            "invalid_field", "headers.X-A", ""
        ),
        (
            "a header that may not be set", #"{\#(json),"headers":{"Received":"x"}}"#, form + "&h:Received=x",
            400, "header_not_allowed", "headers.Received", "the header Received may not be set"
        ),
        (
            "an empty tag", #"{\#(json),"tags":[""]}"#, form + "&o:tag=" + String(repeating: "x", count: 129),
            400, "invalid_field", "tags", "at most 20 tags"
        ),
        (
            "a stream that is none", #"{\#(json),"stream":"flood"}"#, form + "&o:stream=flood", 400,
            "invalid_field", nil, ""
        ),
        (
            "a time that is none", #"{\#(json),"scheduled_at":"later"}"#, form + "&o:deliverytime=later", 400,
            "invalid_field", nil, ""
        ),
        (
            "a time too far ahead", #"{\#(json),"scheduled_at":"2030-01-01T00:00:00Z"}"#,
            form + "&o:deliverytime=2030-01-01T00:00:00Z", 400, "invalid_field", "scheduled_at", "a message"
        ),
        ("no key", "{\(json)}", form, 401, "unauthenticated", nil, "An Authorization header"),
        ("a key without the scope", "{\(json)}", form, 403, "scope_missing", nil, "this key"),
    ]

    /// Where each calls the field by its own name.
    private static let fields = [
        "an unknown field": ("attachment", "attachments"), "a stream that is none": ("stream", "o:stream"),
        "a time that is none": ("scheduled_at", "o:deliverytime"),
    ]

    private static let rows = alike.flatMap { name, json, form, status, code, field, text in
        let key = ["no key": nil, "a key without the scope": "dsp_live_one_none"][name] ?? "dsp_live_one"
        let own = fields[name]
        return [
            row(name, json, status, code, field ?? own?.0, text, key: key),
            row(name, form, status, code, field ?? own?.1, text, key: key),
        ]
    }

    private static let ofJSON = [
        row("no JSON", "{", 400, "invalid_json", nil, "The request body is not valid JSON"),
        row(
            "a file that is not base64", #"{\#(json),"attachments":[{"filename":"a","content":"*"}]}"#, 400,
            "invalid_field", "attachments[0].content", "The content of an attachment must be base64."),
        row(
            "tracking of another kind", #"{\#(json),"tracking":{"views":true}}"#, 400, "unknown_field",
            "tracking.views", ""),
    ]

    private static let ofForms = [
        row("a broken escape", form + "&a=%", 400, "invalid_form", nil, "The form is malformed"),
        row("two subjects", form + "&subject=a&subject=b", 400, "invalid_field", "subject", "`subject` is"),
        row("no UTF-8", form + "&subject=%FF", 400, "invalid_field", "subject", "`subject` must be UTF-8."),
        row("an odd flag", form + "&o:tracking=1", 400, "invalid_field", "o:tracking", "`o:tracking` must"),
    ]

    @Test(arguments: rows + ofJSON + ofForms)
    func `a refusal is told in the dialect's shape, and nothing is sent`(row: RefusalRow) async throws {
        let node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"]))
        try await row.check(node, member: "error")
    }
}
