import TestSupport
import Testing

/// Bodies that are wrong as bytes or as JSON: each gets a refusal with a name, at every JSON dialect, and the
/// door goes on.
@Suite struct DialectBodyTests {
    struct Wrong: Sendable, CustomTestStringConvertible {
        let what: String
        let body: @Sendable (HTTPDialect) -> [UInt8]
        let codes: [String]
        var field: String?

        var testDescription: String { what }

        /// - Parameter codes: those that may be the answer, of all dialects.
        init(_ what: String, _ codes: String..., body: @escaping @Sendable (HTTPDialect) -> [UInt8]) {
            (self.what, self.codes, self.body) = (what, codes, body)
        }

        /// A body of which nothing depends on the dialect.
        init(_ what: String, bytes: [UInt8]) { self.init(what, "invalid_json") { _ in bytes } }

        /// A good body with one member more, or with another value for it.
        init(_ what: String, _ name: String, _ value: String, _ codes: String...) {
            (self.what, self.codes) = (what, codes)
            body = { DialectBodyTests.body($0, name, value) }
        }
    }

    /// The good body with this member in place of any of its name.
    private static func body(_ dialect: HTTPDialect, _ name: String, _ value: String) -> [UInt8] {
        var members = dialect.fields.filter { $0.key != name }.map { #""\#($0.key)":"\#($0.value)""# }
        members.append(#""\#(name)":\#(value)"#)
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    private static func nested(_ levels: Int) -> String {
        String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }

    private static let noJSON: [Wrong] = [
        Wrong("nothing", bytes: []),
        Wrong("spaces", bytes: Array(" \r\n\t".utf8)),
        Wrong("a word", bytes: Array("message".utf8)),
        Wrong("a form", bytes: Array("from=a@one.example&to=j@x.example&text=x".utf8)),
        Wrong("half an object", bytes: Array(#"{"from":"a@one.example","#.utf8)),
        Wrong("a bracket too many", "invalid_json") { $0.body() + Array("}".utf8) },
        Wrong("two documents", "invalid_json") { $0.body() + $0.body() },
        Wrong("a word behind it", "invalid_json") { $0.body() + Array(" x".utf8) },
        Wrong("a comma at the end", "invalid_json") { Array($0.body().dropLast()) + Array(",}".utf8) },
        Wrong("a comment", "invalid_json") { Array("/**/".utf8) + $0.body() },
        Wrong("a byte order mark", "invalid_json") { [0xEF, 0xBB, 0xBF] + $0.body() },
        Wrong("UTF-16, little end first", "invalid_json") { dialect in
            [0xFF, 0xFE] + dialect.body().flatMap { [$0, 0] }
        },
        Wrong("UTF-16 without a mark", "invalid_json") { dialect in dialect.body().flatMap { [0, $0] } },
        Wrong("UTF-32", "invalid_json") { dialect in dialect.body().flatMap { [0, 0, 0, $0] } },
        Wrong("zero bytes", bytes: [UInt8](repeating: 0, count: 100)),
        Wrong("every byte", bytes: Array(0...255)),
        Wrong("a gzip member", bytes: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        Wrong("100,000 open lists", bytes: Array(String(repeating: "[", count: 100_000).utf8)),
        Wrong("100,000 lists", bytes: Array(nested(100_000).utf8)),
        Wrong("100,000 objects", bytes: Array(String(repeating: #"{"a":"#, count: 100_000).utf8)),
    ]

    private static let otherJSON: [Wrong] = [
        Wrong("null", "invalid_field", "missing_field", "invalid_json") { _ in Array("null".utf8) },
        Wrong("a list", "invalid_field") { _ in Array("[]".utf8) },
        Wrong("a list of messages", "invalid_field") { Array("[".utf8) + $0.body() + Array("]".utf8) },
        Wrong("a number", "invalid_field") { _ in Array("1".utf8) },
        Wrong("a text", "invalid_field") { _ in Array(#""x""#.utf8) },
        Wrong("an empty object", "missing_field", "invalid_from_address") { _ in Array("{}".utf8) },
    ]

    private static let texts: [Wrong] = [
        Wrong("a byte that is not UTF-8", "invalid_json", "invalid_field") {
            splice($0, [UInt8(ascii: "a"), 0xFF])
        },
        Wrong("half a character", "invalid_json", "invalid_field") { splice($0, [0xE2, 0x82]) },
        Wrong("a letter in two bytes", "invalid_json", "invalid_field") { splice($0, [0xC1, 0x81]) },
        Wrong("a surrogate as bytes", "invalid_json", "invalid_field") { splice($0, [0xED, 0xA0, 0x80]) },
        Wrong("a high surrogate alone", "subject", #""\ud800""#, "invalid_json", "invalid_field"),
        Wrong("a low surrogate alone", "subject", #""\udc00""#, "invalid_json", "invalid_field"),
        Wrong("surrogates the wrong way", "subject", #""\udc00\ud800""#, "invalid_json", "invalid_field"),
        Wrong("a surrogate and a letter", "subject", #""\ud800a""#, "invalid_json", "invalid_field"),
        Wrong(
            "a lone surrogate as a name", #"\ud800"#, "1", "invalid_json", "invalid_field", "unknown_field"),
        Wrong("an escape of three digits", "subject", #""\u12""#, "invalid_json", "invalid_field"),
        Wrong("an escape that is none", "subject", #""\x41""#, "invalid_json", "invalid_field"),
        Wrong("a NUL", "subject", #""a\u0000b""#, "invalid_json"),
        Wrong("a NUL as a byte", "invalid_json") { splice($0, [0]) },
        Wrong("a line end in a text", "subject", "\"a\nb\"", "invalid_json"),
        Wrong("a text that does not end", "subject", #""x"#, "invalid_json"),
    ]

    /// These bytes inside a text.
    private static func splice(_ dialect: HTTPDialect, _ bytes: [UInt8]) -> [UInt8] {
        Array(body(dialect, "subject", "\"").dropLast()) + bytes + Array("\"}".utf8)
    }

    private static let members: [Wrong] = [
        Wrong("an unknown field", "attachment", "[]", "unknown_field"),
        Wrong(
            "an unknown field, long", String(repeating: "x", count: 100_000), "1", "unknown_field"),
        Wrong("a name in capitals", "From", #""a@one.example""#, "unknown_field"),
        Wrong("an empty name", "", "1", "unknown_field"),
        Wrong("a field twice", "invalid_json") { dialect in
            dialect.body(with: [("to", #""k@x.example""#)])
        },
        Wrong("a field twice, once escaped", "invalid_json") { dialect in
            dialect.body(with: [(#"t\u006f"#, #""k@x.example""#)])
        },
        Wrong("a header twice", "headers", #"{"X-A":"1","X-A":"2"}"#, "invalid_json"),
        Wrong("65 levels", "to", nested(65), "invalid_json"),
        Wrong("64 levels", "to", nested(63), "invalid_field"),
        Wrong(
            "a file with an unknown field", "attachments", #"[{"filename":"a","data":"eA=="}]"#,
            "unknown_field", "missing_field"),
    ]

    /// Values that no field of its name takes, in any dialect.
    private static let values: [Wrong] = [
        ("from", ["7", "[]", "{}", "true", #"["a@one.example"]"#, "1e999", #""""#]),
        (
            "to",
            [
                "7", "{}", "true", "[7]", "[null]", #"[["j@x.example"]]"#, #"{"a":"j@x.example"}"#, "-0",
                "1e999",
            ]
        ),
        ("cc", ["7", "{}", "[7]"]), ("bcc", ["7", "{}", "[{}]"]),
        ("subject", ["7", "[]", "{}", "false"]),
        (
            "headers",
            [
                "7", #""X-A: b""#, "[]", #"[{"name":"X-A","value":"b"}]"#, #"{"X-A":1}"#, #"{"X-A":["b"]}"#,
                #"{"X-A":null}"#,
            ]
        ),
        (
            "attachments",
            [
                "7", #""eA==""#, "{}", "[7]", "[[]]", #"[{"filename":7,"content":"eA=="}]"#,
                #"[{"filename":"a","content":7}]"#, #"[{"filename":"a","content":{}}]"#,
                #"[{"filename":"a","content":[256]}]"#, #"[{"filename":"a","content":[-1]}]"#,
                #"[{"filename":"a","content":[1.5]}]"#, #"[{"filename":"a","content":[1e999]}]"#,
                #"[{"filename":"a","content":"*"}]"#, #"[{"filename":"a"}]"#, #"[{"content":"eA=="}]"#,
            ]
        ),
        ("tags", ["7", #"{"a":"b"}"#, "[[]]", "[null]", #"[{"name":1,"value":"x"}]"#]),
        ("metadata", ["7", #""a""#, "[]", #"{"a":[]}"#, #"{"a":{}}"#, #"{"a":null}"#, #"{"a":1e999}"#]),
        ("stream", ["7", #""flood""#, "[]"]),
        ("scheduled_at", ["1", "true", "[]", "{}", "99999999999999999999999", "1e400", "-1e400", "null1"]),
    ].flatMap { (name, values) in
        values.map { value in
            Wrong(
                "\(name): \(value.prefix(60))", name, value, "invalid_field", "missing_field",
                "invalid_json", "unknown_field", "invalid_from_address", "invalid_to_address")
        }
    }

    private static let all = noJSON + otherJSON + texts + members + values

    @Test(arguments: HTTPDialect.json)
    func `a body that is wrong is refused by name, and the next one is sent`(dialect: HTTPDialect)
        async throws
    {
        var node = try HTTPNode(MemoryIntake())
        for (index, wrong) in Self.all.enumerated() {
            // A key may make 100 requests in a minute.
            if index % 90 == 89 { node = try HTTPNode(MemoryIntake()) }
            let answer = try await dialect.post(wrong.body(dialect), to: node)
            let context = "\(dialect.name): \(wrong.what): \(answer.status) \(answer.body)"
            #expect([400, 422].contains(answer.status), "\(context)")
            let (code, _) = dialect.refusal(answer)
            #expect(wrong.codes.map(dialect.spells).contains(code ?? ""), "\(context)")
            #expect(answer.headers["content-type"] == "application/json", "\(context)")
            #expect(answer.headers["x-request-id"]?.isEmpty == false, "\(context)")
            #expect(node.intake.kept.isEmpty, "\(context)")
        }
        #expect(try await dialect.post(dialect.body(), to: node).status == dialect.acceptedStatus)
    }

    @Test(arguments: [
        (HTTPDialect.tenants, "\(HTTPDialect.tenants.path)-bulk"), (.messages, "/v1/messages/batch"),
        (.emails, "/api/v1/emails/batch"),
    ])
    func `a batch that is no JSON is refused by name, and so is any other envelope`(
        dialect: HTTPDialect, path: String
    ) async throws {
        let node = try HTTPNode(MemoryIntake())
        for (index, wrong) in (Self.noJSON + Self.otherJSON).enumerated() {
            // The emails API takes a bare list.
            if wrong.what == "a list of messages", dialect.name == HTTPDialect.emails.name { continue }
            let answer = try await node.ask("POST", path, body: wrong.body(dialect))
            let context = "\(dialect.name): \(wrong.what): \(answer.status) \(answer.body)"
            #expect(answer.status == 400, "\(context)")
            let code = dialect.refusal(answer).code ?? ""
            let isNamed = [
                "invalid_json", "invalid_field", "missing_field", "unknown_field", "missing_subject",
            ].map(dialect.spells).contains(code)
            #expect(isNamed, "\(context)")
            if index < Self.noJSON.count { #expect(code == dialect.spells("invalid_json"), "\(context)") }
        }
        #expect(node.intake.kept.isEmpty)
    }

    @Test(arguments: HTTPDialect.json)
    func `JSON is taken with any charset that is UTF-8, and in any wrapping of spaces`(
        dialect: HTTPDialect
    ) async throws {
        let node = try HTTPNode(MemoryIntake())
        for type in [
            "application/json; charset=utf-8", "application/json;charset=UTF-8",
            #"application/json; charset="utf-8""#, "Application/JSON", "application/json ;",
        ] {
            let body = Array("\r\n\t ".utf8) + dialect.body() + Array(" \n".utf8)
            let answer = try await dialect.post(body, to: node, type: type)
            #expect(answer.status == dialect.acceptedStatus, "\(type): \(answer.body)")
        }
    }

    @Test(arguments: HTTPDialect.all)
    func `a body in a coding that is not read is 415, and none is sent`(dialect: HTTPDialect) async throws {
        let node = try HTTPNode(MemoryIntake())
        for coding in ["gzip", "deflate", "br", "zstd", "GZIP", "identity, gzip", "gzip, gzip", "x"] {
            let answer = try await dialect.post(
                dialect.body(), to: node, headers: ["Content-Encoding: \(coding)"])
            #expect(answer.status == 415, "\(coding): \(answer.body)")
            #expect(dialect.refusal(answer).code == dialect.spells("unsupported_content_encoding"))
        }
        #expect(node.intake.kept.isEmpty)
        for coding in ["identity", "Identity", ""] {
            let answer = try await dialect.post(
                dialect.body(), to: node, headers: ["Content-Encoding: \(coding)"])
            #expect(answer.status == dialect.acceptedStatus, "\(coding): \(answer.body)")
        }
    }
}
