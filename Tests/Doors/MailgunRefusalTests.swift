import Testing

/// Every refusal of the alias of Mailgun's API.
@Suite struct MailgunRefusalTests {
    private static let good = "from=a@one.example&to=j@x.example&text=x"
    private static let mail = "From:+a@one.example%0D%0A%0D%0Ax"

    private static func row(
        _ name: String, _ body: String, _ status: Int, _ code: String, _ field: String?, _ text: String,
        path: String = "/v3/one.example/messages", key: String? = "dsp_live_one",
        type: String = "application/x-www-form-urlencoded"
    ) -> RefusalRow {
        RefusalRow(
            name: name, path: path, key: key, type: type, body: body, status: status, code: code,
            field: field,
            text: text)
    }

    private static let callers = [
        row("no key", good, 401, "unauthenticated", nil, "An Authorization header", key: nil),
        row("unknown key", good, 401, "unauthenticated", nil, "", key: "dsp_live_nobody"),
        row("key without the scope", good, 403, "scope_missing", nil, "this key", key: "dsp_live_one_none"),
        row(
            "a domain of nobody", good.replacing("one.example", with: "two.example"), 404, "domain_not_found",
            "domain", "Domain not found: nobody.example", path: "/v3/nobody.example/messages"),
        row(
            "another tenant's domain", good, 404, "domain_not_found", "domain", "Domain not found",
            path: "/v3/two.example/messages"),
        row(
            "another tenant's sender", good.replacing("one.example", with: "two.example"), 403,
            "domain_not_verified", "from", "the domain two.example"),
    ]

    private static let forms = [
        row(
            "JSON", "{}", 415, "unsupported_media_type", nil, "A form must be", type: "application/json"),
        row("a broken escape", "from=%4", 400, "invalid_form", nil, "The form is malformed"),
        row(
            "no boundary", good, 400, "invalid_form", nil, "The form is malformed: it has no boundary",
            type: "multipart/form-data"),
        row(
            "a form cut off", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx", 400, "invalid_form",
            nil,
            "The form is malformed: its last part does not end", type: "multipart/form-data; boundary=b"),
        row(
            "unknown fields", good + "&attachments=1&t:version=2", 400, "unknown_field", "attachments",
            "There are no fields `attachments`, `t:version`."),
        row(
            "an option that would move the time", good + "&o:time-zone-localize=09:00", 400, "unknown_field",
            "o:time-zone-localize", "There is no field `o:time-zone-localize`."),
        row("a value that is not UTF-8", good + "&subject=%FF", 400, "invalid_field", "subject", "`subject`"),
        row("two senders", good + "&from=b@one.example", 400, "invalid_field", "from", "`from` is given"),
        row("two subjects", good + "&subject=a&subject=b", 400, "invalid_field", "subject", "`subject` is"),
    ]

    private static let messages = [
        row("no from", "to=j@x.example&text=x", 400, "missing_field", "from", "from parameter is missing"),
        row("no to", "from=a@one.example&text=x", 400, "missing_field", "to", "to parameter is missing"),
        row(
            "no body", "from=a@one.example&to=j@x.example", 400, "missing_field", "html",
            "Need at least one of 'text', 'html' or 'template' parameters specified"),
        row(
            "a sender that is none", good.replacing("a@one.example", with: "a"), 400, "invalid_field", "from",
            "'from' parameter is not a valid address"),
        row(
            "a recipient that is none", good + "&to=b", 400, "invalid_field", "to[1]",
            "'to' parameter is not a valid address"),
        row("a copy to nobody", good + "&cc=b", 400, "invalid_field", "cc", "'cc' parameter is not a valid"),
        row(
            "everybody suppressed", good.replacing("j@", with: "gone@"), 400, "recipient_suppressed", "to",
            "every recipient"),
        row(
            "a line end in a header", good + "&h:X-A=a%0D%0ABcc:+b", 400, "invalid_field", "headers.X-A", ""),
        row(
            "a header that may not be set", good + "&h:Bcc=b@x.example", 400, "header_not_allowed",
            "headers.Bcc", ""),
        row("no template of that name", good + "&template=x", 404, "template_not_found", "template", ""),
        row(
            "a variable too few", good + "&template=welcome&t:variables={}", 400, "missing_variable",
            "t:variables.name", ""),
        row(
            "variables that are no JSON", good + "&template=welcome&t:variables=x", 400, "invalid_field",
            "t:variables", "`t:variables` must be a JSON object"),
        row(
            "variables without a template", good + "&t:variables={%22a%22:1}", 400, "invalid_field",
            "t:variables", "variables are for a template"),
        row(
            "a tag too long", good + "&o:tag=" + String(repeating: "x", count: 129), 400, "invalid_field",
            "tags", ""),
    ]

    private static let options = [
        row(
            "a time that is none", good + "&o:deliverytime=later", 400, "invalid_field", "o:deliverytime",
            ""),
        row(
            "a time too far ahead", good + "&o:deliverytime=2030-01-01T00:00:00Z", 400, "invalid_field",
            "scheduled_at", ""),
        row(
            "tracking neither on nor off", good + "&o:tracking=maybe", 400, "invalid_field", "o:tracking",
            ""),
        row(
            "opens in HTML only", good + "&o:tracking-opens=htmlonly", 400, "invalid_field",
            "o:tracking-opens",
            ""),
        row("an odd test mode", good + "&o:testmode=1", 400, "invalid_field", "o:testmode", "`o:testmode`"),
        row("a stream that is none", good + "&o:stream=flood", 400, "invalid_field", "o:stream", ""),
        row("metadata without a name", good + "&v:=1", 400, "invalid_field", "v:", "`v:` has no name"),
        row("metadata twice", good + "&v:a=1&v:a=2", 400, "invalid_field", "v:a", "`v:a` is given"),
        row(
            "recipient variables that are no JSON", good + "&recipient-variables=x", 400, "invalid_field",
            "recipient-variables", "`recipient-variables` must be"),
        row(
            "recipient variables of another shape", good + "&recipient-variables={%22a%22:1}", 400,
            "invalid_field", "recipient-variables", "`recipient-variables` must be"),
        row(
            "a recipient of a batch that is none", good + "&to=b&recipient-variables={}", 400,
            "invalid_field",
            "to", "'to' parameter is not a valid address"),
        row(
            "a batch to nobody", "from=a@one.example&text=x&recipient-variables={}", 400, "missing_field",
            "to",
            "to parameter is missing"),
        row(
            "a batch of suppressed ones", good.replacing("j@", with: "gone@") + "&recipient-variables={}",
            400,
            "recipient_suppressed", "to", ""),
    ]

    private static let mime = [
        row(
            "no message", "to=j@x.example", 400, "missing_field", "message", "message parameter is missing",
            path: "/v3/one.example/messages.mime"),
        row(
            "no envelope", "message=" + mail, 400, "missing_field", "to", "to parameter is missing",
            path: "/v3/one.example/messages.mime"),
        row(
            "an envelope that is none", "to=j&message=" + mail, 400, "invalid_field", "to",
            "'to' parameter is not a valid address", path: "/v3/one.example/messages.mime"),
        row(
            "two messages", "to=j@x.example&message=\(mail)&message=\(mail)", 400, "invalid_field", "message",
            "`message` is given", path: "/v3/one.example/messages.mime"),
        row(
            "a message without From", "to=j@x.example&message=Subject:+x%0D%0A%0D%0Ax", 400, "invalid_field",
            "From", "", path: "/v3/one.example/messages.mime"),
        row(
            "a field of the other route", "to=j@x.example&h:X-A=b&message=" + mail, 400, "unknown_field",
            "h:X-A", "There is no field", path: "/v3/one.example/messages.mime"),
        row(
            "another tenant's author", "to=j@x.example&message=" + mail.replacing("one", with: "two"), 403,
            "domain_not_verified", "From", "", path: "/v3/one.example/messages.mime"),
    ]

    @Test(arguments: callers + forms + messages + options + mime)
    func `a refusal is told in Mailgun's shape, and nothing is sent`(row: RefusalRow) async throws {
        let node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"]))
        try await row.check(node, member: "message")
    }

    @Test func `a path that cannot be read is refused in the shape of its dialect`() async throws {
        let node = try HTTPNode(MemoryIntake())
        for (path, member) in [("/v3/%ff/messages", "message"), ("/api/v1/messages/%zz", "error")] {
            let answer = try await node.ask("POST", path)
            #expect(answer.status == 400)
            #expect(answer.json["code"] == "bad_request")
            #expect(answer.json[member].text?.hasPrefix("The path") == true, "\(answer.body)")
        }
    }

    @Test func `a message too large is 413, and one too many in a minute 429`() async throws {
        let node = try HTTPNode(MemoryIntake(limits: .init(maxMessageBytes: 4096)))
        let text = String(repeating: "x", count: 5000)
        let large = try await node.form(
            "/v3/one.example/messages", ["from": "a@one.example", "to": "j@x.example", "text": text])
        #expect(large.status == 413)
        #expect(large.json["code"] == "message_too_large")
        for status in [200, 200, 429] {
            let answer = try await node.form(
                "/v3/one.example/messages", ["from": "a@one.example", "to": "j@x.example", "text": "x"],
                key: "dsp_live_one_slow")
            #expect(answer.status == status)
            #expect((Int(answer.headers["retry-after"] ?? "") != nil) == (status == 429))
        }
    }
}
