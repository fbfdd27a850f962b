import Testing

/// Forms that are wrong as bytes or as fields: each gets a refusal with a name, at both dialects that take
/// forms, and the door goes on.
@Suite struct DialectFormTests {
    struct Wrong: Sendable {
        let what: String
        let status: Int
        let code: String
        let body: [UInt8]
        var type: String?
        var field: String?

        init(
            _ what: String, _ body: [UInt8], _ code: String = "invalid_form", field: String? = nil,
            status: Int = 400, type: String? = nil
        ) {
            (self.what, self.body, self.code, self.field) = (what, body, code, field)
            (self.status, self.type) = (status, type)
        }
    }

    private static let many = (0..<2_001).map { ("v:\($0)", "x") }

    /// What both kinds of form can say.
    private static func alike(_ dialect: HTTPDialect) -> [Wrong] {
        [
            Wrong(
                "nothing", dialect.form == .multipart ? Array("--b--\r\n".utf8) : [], "missing_field",
                field: "from"),
            Wrong(
                "an unknown field", dialect.body(with: [("attachments", "x")]), "unknown_field",
                field: "attachments"),
            Wrong(
                "two subjects", dialect.body(with: [("subject", "a"), ("subject", "b")]), "invalid_field",
                field: "subject"),
            Wrong(
                "two senders", dialect.body(with: [("from", "b@one.example")]), "invalid_field", field: "from"
            ),
            Wrong("too many fields", dialect.body(with: many)),
            Wrong("a long name", dialect.body(with: [(String(repeating: "v", count: 257), "x")])),
            Wrong(
                "a flag that is none", dialect.body(with: [("o:tracking", "9e999")]), "invalid_field",
                field: "o:tracking"),
            Wrong("JSON", Array("{}".utf8), "unsupported_media_type", status: 415, type: "text/json"),
            Wrong("a type that is none", dialect.body(), "unsupported_media_type", status: 415, type: "form"),
            Wrong(
                "a type of another form", dialect.body(), "unsupported_media_type", status: 415,
                type: "multipart/mixed; boundary=b"),
        ]
    }

    private static func urlencoded(_ dialect: HTTPDialect) -> [Wrong] {
        let good = dialect.body()
        func with(_ text: String) -> [UInt8] { good + Array(text.utf8) }
        return [
            Wrong("a NUL", with("&subject=a%00b")),
            Wrong("a NUL as a byte", good + Array("&subject=".utf8) + [0]),
            Wrong("a NUL in a name", with("&a%00=b")), Wrong("half an escape", with("&subject=%4")),
            Wrong("an escape that is none", with("&subject=%GG")),
            Wrong("a value that is not UTF-8", with("&subject=%ff"), "invalid_field", field: "subject"),
            Wrong("a surrogate", with("&subject=%ED%A0%80"), "invalid_field", field: "subject"),
            Wrong("a name that is not UTF-8", with("&%ff=x")),
            Wrong("a byte order mark", [0xEF, 0xBB, 0xBF] + good, "unknown_field", field: "\u{FEFF}from"),
            Wrong("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0]),
        ]
    }

    private static func multipart(_ dialect: HTTPDialect) -> [Wrong] {
        func part(_ header: String, _ value: [UInt8]) -> [UInt8] {
            Array(dialect.body().dropLast(7)) + Array("--b\r\n\(header)\r\n\r\n".utf8) + value
                + Array("\r\n--b--\r\n".utf8)
        }
        let subject = "Content-Disposition: form-data; name=\"subject\""
        return [
            Wrong("a NUL", part(subject, [0x61, 0, 0x62])),
            Wrong(
                "a long field with a NUL at its end",
                part(subject, [UInt8](repeating: 0x61, count: 70_000) + [0])),
            Wrong("a NUL in a name", part("Content-Disposition: form-data; name=\"a\0b\"", [])),
            Wrong("a value that is not UTF-8", part(subject, [0xFF]), "invalid_field", field: "subject"),
            Wrong("nothing at all", []),
            Wrong("cut off", Array(dialect.body().dropLast(8))),
            Wrong("another boundary", dialect.body(), type: "multipart/form-data; boundary=c"),
            Wrong("no boundary", dialect.body(), type: "multipart/form-data"),
            Wrong("an empty boundary", dialect.body(), type: "multipart/form-data; boundary=\"\""),
            Wrong("a boundary twice", dialect.body(), type: "multipart/form-data; boundary=b; boundary=b"),
            Wrong("no name", part("Content-Disposition: form-data", [])),
            Wrong("no disposition", part("Content-Type: text/plain", [])),
            Wrong("two dispositions", part("\(subject)\r\n\(subject)", [])),
            Wrong("a part in base64", part("\(subject)\r\nContent-Transfer-Encoding: base64", [0x61])),
            Wrong(
                "a header without end", part("\(subject)\r\nX: \(String(repeating: "x", count: 9_000))", [])),
            Wrong(
                "a file's name with a line end",
                part(
                    "Content-Disposition: form-data; name=attachment; filename*=UTF-8''a%0Ab", [])),
        ]
    }

    @Test(arguments: HTTPDialect.forms)
    func `a form that is wrong is refused by name, and the next one is sent`(dialect: HTTPDialect)
        async throws
    {
        let node = try HTTPNode(MemoryIntake())
        let own = dialect.form == .multipart ? Self.multipart(dialect) : Self.urlencoded(dialect)
        for wrong in Self.alike(dialect) + own {
            let answer = try await dialect.post(wrong.body, to: node, type: wrong.type)
            let refusal = dialect.refusal(answer)
            #expect(answer.status == wrong.status, "\(wrong.what): \(answer.body)")
            #expect(refusal.code == dialect.spells(wrong.code), "\(wrong.what): \(answer.body)")
            #expect(refusal.field == wrong.field, "\(wrong.what): \(answer.body)")
            #expect(node.intake.kept.isEmpty, "\(wrong.what)")
        }
        #expect(try await dialect.post(dialect.body(), to: node).status == dialect.acceptedStatus)
    }

    @Test(arguments: HTTPDialect.forms)
    func `a form is taken with a charset, and a file with any byte`(dialect: HTTPDialect) async throws {
        let node = try HTTPNode(MemoryIntake())
        let type = dialect.contentType + "; charset=utf-8"
        #expect(try await dialect.post(dialect.body(), to: node, type: type).status == dialect.acceptedStatus)
        guard dialect.form == .multipart else { return }
        let header = "--b\r\nContent-Disposition: form-data; name=attachment; filename=a.bin\r\n\r\n"
        let body =
            Array(dialect.body().dropLast(7)) + Array(header.utf8) + Array(0...255)
            + Array("\r\n--b--\r\n".utf8)
        #expect(try await dialect.post(body, to: node).status == dialect.acceptedStatus)
    }

    @Test(arguments: [HTTPDialect.mailgunForm, .mailgunMultipart])
    func `a field that holds JSON is refused by its name when it holds something else`(
        dialect: HTTPDialect
    ) async throws {
        let node = try HTTPNode(MemoryIntake())
        let values = [
            "x", "1", "[]", "null1", "{", "{}}", #"{"a":1,"a":2}"#, #"{"a":1e999}"#, #"{"a":"\u0000"}"#,
            #"{"a":"\ud800"}"#, String(repeating: "[", count: 100_000),
            String(repeating: #"{"a":"#, count: 100_000),
        ]
        for name in ["t:variables", "h:X-Mailgun-Variables", "recipient-variables"] {
            for value in values {
                let answer = try await dialect.post(dialect.body(with: [(name, value)]), to: node)
                #expect(answer.status == 400, "\(name): \(value.prefix(40)): \(answer.body)")
                #expect(dialect.refusal(answer).code == "invalid_field", "\(name): \(value.prefix(40))")
                #expect(dialect.refusal(answer).field == name, "\(name): \(value.prefix(40))")
            }
        }
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `a form without a type is JSON at the ingestion API and refused by Mailgun's`() async throws {
        let node = try HTTPNode(MemoryIntake())
        for (dialect, status, code) in [
            (HTTPDialect.ingestForm, 400, "invalid_json"), (.mailgunForm, 415, "unsupported_media_type"),
        ] {
            let answer = try await node.ask("POST", dialect.path, body: dialect.body())
            #expect(answer.status == status)
            #expect(dialect.refusal(answer).code == code)
        }
    }
}
