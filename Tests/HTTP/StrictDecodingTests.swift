import FoundationEssentials
import TestSupport
import Testing

@testable import HTTP

private struct Attachment: Decodable, Equatable {
    let filename: String
    let content: String?
}

private enum Kind: String, Decodable, CaseIterable { case plain, rich }

private struct Mail: Decodable, Equatable {
    let to: [String]
    var subject: String?
    var attachments: [Attachment]?
    var kind: Kind?
    var count: Int?
    var ratio: Double?
    var flags: [Bool]?
    var sendAt: Date?
    var metadata: [String: String]?
    var nested: [String: [String: Attachment]]?

    enum CodingKeys: String, CodingKey {
        case to, subject, attachments, kind, count, ratio, flags, metadata, nested
        case sendAt = "send_at"
    }
}

/// A string or a list of strings, as some dialects take addresses; it tries one shape after the other.
private struct OneOrMany: Decodable, FieldDescribed, Equatable {
    static var fieldDescription: String { "a string or a list of strings" }
    let values: [String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let one = try? container.decode(String.self) {
            values = [one]
        } else {
            values = try container.decode([String].self)
        }
    }
}

private struct Flexible: Decodable {
    let to: OneOrMany
    let either: Either?

    enum Either: Decodable {
        case a(x: Int)
        case b(y: Int)
        private enum CodingKeys: CodingKey { case x, y }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            if let x = try container.decodeIfPresent(Int.self, forKey: .x) {
                self = .a(x: x)
            } else {
                self = .b(y: try container.decode(Int.self, forKey: .y))
            }
        }
    }
}

@Suite struct StrictDecodingTests {
    private func decode<Value: Decodable>(
        _ type: Value.Type, _ text: String, _ unknown: StrictDecoding.UnknownFields = .refuse
    ) throws(APIError) -> Value {
        try StrictDecoding.decode(type, from: Array(text.utf8), unknownFields: unknown)
    }

    /// Code, field and message of the refusal.
    private func refusal(_ text: String) -> [String] {
        do throws(APIError) {
            _ = try decode(Mail.self, text)
            return []
        } catch {
            return [error.code, error.field ?? "", error.message]
        }
    }

    @Test func `a whole value is decoded`() throws {
        let text = """
            {"to":["a"],"subject":"s","attachments":[{"filename":"f","content":"Yg=="}],"kind":"rich",
            "count":3,"ratio":1.5,"flags":[true],"send_at":"2026-01-31T12:00:00Z","metadata":{"any":"thing"},
            "nested":{"k":{"l":{"filename":"g"}}}}
            """
        let mail = try decode(Mail.self, text)
        #expect(mail.attachments == [Attachment(filename: "f", content: "Yg==")])
        #expect(mail.sendAt == Date(timeIntervalSince1970: 1_769_860_800))
        #expect(mail.metadata == ["any": "thing"])
        #expect(mail.nested?["k"]?["l"]?.filename == "g")
    }

    @Test func `an unknown field is named with its path on every level`() {
        #expect(refusal(#"{"to":[],"too":1}"#) == ["unknown_field", "too", "The field `too` is not known."])
        #expect(
            refusal(#"{"to":[],"attachments":[{"filename":"f"},{"filename":"f","contentx":"y"}]}"#).prefix(2)
                == ["unknown_field", "attachments[1].contentx"])
        #expect(
            refusal(#"{"to":[],"nested":{"k":{"l":{"filename":"g","z":{"deep":1}}}}}"#).prefix(2)
                == ["unknown_field", "nested.k.l.z"])
        #expect(
            refusal(#"{"to":[],"b":1,"a":2}"#)
                == ["unknown_field", "a", "The fields `a`, `b` are not known."])
    }

    @Test func `unknown fields may be accepted by name or altogether`() throws {
        let text = #"{"to":[],"extra":1,"other":2}"#
        #expect(throws: APIError.self) { try decode(Mail.self, text, .refuseExcept(["extra"])) }
        #expect(try decode(Mail.self, text, .refuseExcept(["extra", "other"])).to == [])
        #expect(try decode(Mail.self, text, .ignore).to == [])
    }

    @Test func `a wrong type is told in plain words`() {
        let cases = [
            (#"{"to":"a"}"#, "to", "`to` must be a list of strings."),
            (#"{"to":[1]}"#, "to[0]", "`to[0]` must be a string."),
            (#"{"to":[],"subject":1}"#, "subject", "`subject` must be a string."),
            (#"{"to":[],"count":"1"}"#, "count", "`count` must be a whole number."),
            (#"{"to":[],"count":1.5}"#, "count", "`count` must be a whole number."),
            (#"{"to":[],"count":9223372036854775808}"#, "count", "`count` must be a whole number."),
            (#"{"to":[],"ratio":"x"}"#, "ratio", "`ratio` must be a number."),
            (#"{"to":[],"ratio":1e400}"#, "ratio", "`ratio` must be a number."),
            (#"{"to":[],"flags":[1]}"#, "flags[0]", "`flags[0]` must be true or false."),
            (#"{"to":[],"kind":"poor"}"#, "kind", "`kind` must be one of plain, rich."),
            (#"{"to":[],"attachments":{}}"#, "attachments", "`attachments` must be a list of objects."),
            (#"{"to":[],"attachments":[1]}"#, "attachments[0]", "`attachments[0]` must be an object."),
            (
                #"{"to":[],"send_at":"soon"}"#, "send_at",
                "`send_at` must be a time such as 2026-01-31T12:00:00Z."
            ),
            (
                #"{"to":[],"send_at":"2026-02-30T12:00:00Z"}"#, "send_at",
                "`send_at` must be a time such as 2026-01-31T12:00:00Z."
            ),
            (
                #"{"to":[],"send_at":1e300}"#, "send_at",
                "`send_at` must be a time such as 2026-01-31T12:00:00Z."
            ),
            (#"{"to":[],"metadata":{"a":1}}"#, "metadata.a", "`metadata.a` must be a string."),
        ]
        for (text, field, message) in cases {
            #expect(refusal(text) == ["invalid_field", field, message], "\(text)")
        }
        #expect(refusal("[]") == ["invalid_field", "", "The request body must be an object."])
        #expect(refusal("1") == ["invalid_field", "", "The request body must be an object."])
    }

    @Test func `a missing field is told to be required`() {
        #expect(refusal("{}") == ["missing_field", "to", "`to` is required."])
        #expect(
            refusal(#"{"to":[],"attachments":[{"content":"x"}]}"#)
                == ["missing_field", "attachments[0].filename", "`attachments[0].filename` is required."])
        #expect(refusal(#"{"to":null}"#).first == "invalid_field")
    }

    @Test func `types that try several shapes work and are strict as well`() throws {
        #expect(try decode(Flexible.self, #"{"to":"a"}"#).to.values == ["a"])
        #expect(try decode(Flexible.self, #"{"to":["a","b"]}"#).to.values == ["a", "b"])
        let wrong = #expect(throws: APIError.self) { try decode(Flexible.self, #"{"to":1}"#) }
        #expect(wrong?.message == "`to` must be a string or a list of strings.")
        #expect(throws: Never.self) { try decode(Flexible.self, #"{"to":"a","either":{"y":1}}"#) }
        let unknown = #expect(throws: APIError.self) {
            try decode(Flexible.self, #"{"to":"a","either":{"y":1,"z":1}}"#)
        }
        #expect(unknown?.field == "either.z")
    }

    @Test func `what is no JSON is refused`() {
        for text in [
            "", " ", "{", "}", "[", "{]", #"{"to":[]"#, #"{"to":[]}}"#, #"{"to" []}"#, #"{'to':[]}"#,
            #"{"to":[],}"#,
            #"{"to":[]} x"#, #"{"to":["a]}"#, "{\"to\":[\"\n\"]}", "\u{FEFF}{}", #"{"to":[NaN]}"#,
            #"{"to":["\x"]}"#,
            #"{to:[]}"#, "// c\n{}", #"{"to":["\ud800"]}"#,
        ] {
            let found = refusal(text)
            #expect(
                found.first == "invalid_json" || found.first == "invalid_field",
                "\(text.debugDescription) \(found)")
        }
        let utf16 = Array("{\"to\":[]}".utf16).flatMap { [UInt8(0), UInt8($0)] }
        #expect(throws: APIError.self) { try StrictDecoding.decode(Mail.self, from: utf16) }
        #expect(throws: APIError.self) {
            try StrictDecoding.decode(
                Mail.self, from: Array("{\"to\":[\"".utf8) + [0xFF, 0xFE] + Array("\"]}".utf8))
        }
    }

    @Test func `depth is bounded before anything is decoded`() {
        for depth in [65, 1_000, 100_000] {
            let text = #"{"to":[],"nested":"# + String(repeating: "[", count: depth - 1) + "}"
            #expect(refusal(text) == ["invalid_json", "", "The JSON is nested deeper than 64 levels."])
        }
        let objects = String(repeating: #"{"a":"#, count: 100_000)
        #expect(refusal(objects).first == "invalid_json")
        let brackets = #"{"to":[""# + String(repeating: "[", count: 100) + #""]}"#
        #expect(refusal(brackets) == [])
    }

    @Test func `a key that comes twice and NUL are refused`() {
        #expect(refusal(#"{"to":[],"to":[]}"#) == ["invalid_json", "to", "The field `to` is given twice."])
        #expect(refusal(#"{"to":[],"t\u006f":[]}"#).first == "invalid_json")
        #expect(refusal(#"{"to":[],"metadata":{"a":"1","a":"2"}}"#).prefix(2) == ["invalid_json", "a"])
        #expect(refusal(#"{"to":["to"],"subject":"to","metadata":{"to":"to"}}"#) == [])
        #expect(refusal(#"{"to":["\u0000"]}"#).first == "invalid_json")
        #expect(refusal(#"{"to":["\\u0000"]}"#) == [])
        let many = (0..<5_000).map { #""k\#($0)":"v""# }.joined(separator: ",")
        #expect(refusal(#"{"to":[],"metadata":{\#(many)}}"#) == [])
        #expect(refusal(#"{"to":[],"metadata":{\#(many),"k7":"v"}}"#).first == "invalid_json")
    }

    @Test func `names from outside are cut and cleaned in messages`() {
        let found = refusal(#"{"to":[],"\#(String(repeating: "x", count: 1000))\n`":1}"#)
        #expect(found.first == "unknown_field")
        #expect((found.last ?? "").utf8.count < 300)
    }

    @Test func `ten thousand mutated bodies are decoded or refused`() {
        let seed: UInt64 = .random(in: 0 ... .max)
        print("JSON fuzz seed \(seed)")
        var random = SeededRandom(seed: seed)
        let start = Array(
            (#"{"to":["a","\u00e9\n"],"attachments":[{"filename":"f"}],"#
                + #""count":-1.5e3,"nested":{"k":{}},"x":null}"#).utf8)
        let pieces = [
            "{", "}", "[", "]", "\"", "\\", ",", ":", "\\u", "1e999", "9223372036854775808", "\\ud800",
            "null", "-",
        ]
        for _ in 0..<10_000 {
            var bytes = start
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: place)
                default: bytes.insert(contentsOf: bytes[..<place].suffix(12), at: place)
                }
            }
            _ = try? StrictDecoding.decode(Mail.self, from: bytes)
            _ = try? StrictDecoding.decode(Flexible.self, from: bytes, unknownFields: .ignore)
        }
    }
}
