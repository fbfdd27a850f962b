import FoundationEssentials
import Testing

@testable import HTTP

private struct Recipient: TabledFields, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable { case address, name }
    static let fields = FieldTable(CodingKeys.self)

    let address: String
    let name: String?
}

private struct Letter: TabledFields, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case to, subject, metadata, owner
        case sendAt = "send_at"
    }
    static let fields = FieldTable(
        CodingKeys.self, open: [.metadata], inner: [.to: Recipient.fields, .owner: Recipient.fields])

    let to: [Recipient]
    let subject: String?
    let metadata: [String: String]?
    let owner: Recipient?
    let sendAt: Date?
}

/// The same type without a table.
private struct Plain<Value: Decodable>: Decodable {
    let value: Value

    init(from decoder: any Decoder) throws { value = try Value(from: decoder) }
}

/// A table makes decoding faster, and nothing else.
@Suite struct FieldTableTests {
    @Test(
        arguments: [
            #"{"to":[{"address":"a@b.example"}]}"#,
            #"{"to":[{"address":"a","name":"b"},{"address":"c"}],"send_at":"2026-01-31T12:00:00Z"}"#,
            #"{"to":[],"metadata":{"any":"thing","to":"x"},"owner":{"address":"a"}}"#,
            #"{"to":[],"metadata":{"any":{"deep":1}}}"#,
            #"{"to":[],"metadata":null,"owner":null,"subject":null}"#,
            #"{"to":[{"address":"a","extra":1}]}"#, #"{"to":[],"owner":{"address":"a","to":[]}}"#,
            #"{"to":[],"subjekt":"s"}"#, #"{"to":[],"subject":{"a":1}}"#, #"{"to":[],"subject":["a"]}"#,
            #"{"to":[],"sub\u006aect":"s"}"#, #"{"to":[],"subject":"s","subject":"t"}"#,
            #"{"to":[[{"address":"a","more":1}]]}"#, #"{"to":{"address":"a"}}"#, #"{"to":[{}]}"#, #"{}"#,
            #"[]"#,
            #"[{"to":[]}]"#, #"{"to":[],"send_at":"soon"}"#, #"{"to":[],}"#, #"{"to":[]"#, "", "null", "7",
            #"{"to":[{"address":"a"}],"owner":{"address":"b"},"stranger":{"address":"c"}}"#,
            #"{"metadata":{"to":[{"address":"a","extra":1}]},"to":[]}"#,
        ])
    func `a type with a table gives the same value or the same refusal as one without`(_ text: String) {
        let bytes = Array(text.utf8)
        let tabled = Result { () throws(APIError) in try StrictDecoding.decode(Letter.self, from: bytes) }
        let recorded = Result { () throws(APIError) in
            try StrictDecoding.decode(Plain<Letter>.self, from: bytes).value
        }
        switch (tabled, recorded) {
        case (.success(let one), .success(let other)): #expect(one == other)
        case (.failure(let one), .failure(let other)):
            #expect(one.code == other.code)
            #expect(one.field == other.field)
            #expect(one.message == other.message)
            #expect(one.details == other.details)
        default: Issue.record("\(text): \(tabled), but \(recorded)")
        }
    }

    @Test func `what is sound is decoded in one go, and nothing else, nor more objects than are wanted`()
        throws
    {
        let three = Array(#"{"to":[{"address":"a"},{"address":"b"}]}"#.utf8)
        let sound = try StrictDecoding.decodeIfSound(Letter.self, from: three, maxObjects: 3)
        #expect(sound?.to.map(\.address) == ["a", "b"])
        #expect(try StrictDecoding.decodeIfSound(Letter.self, from: three, maxObjects: 2) == nil)
        for text in [#"{"to":[{"address":7}]}"#, #"{"to":[],"subjekt":"s"}"#, #"{"subject":"s"}"#, "[]"] {
            #expect(try StrictDecoding.decodeIfSound(Letter.self, from: Array(text.utf8)) == nil, "\(text)")
        }
        #expect(throws: APIError.self) {
            try StrictDecoding.decodeIfSound(Letter.self, from: Array(#"{"to":[]"#.utf8))
        }
    }
}

private struct Note: TabledFields, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable { case title, text, owner }
    static let fields = FieldTable(
        CodingKeys.self, texts: [.title, .text], inner: [.owner: Recipient.fields])

    private(set) var title: String?
    private(set) var text: String?
    private(set) var owner: Recipient?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let known = KnownFields(decoder, Self.fields)
        for (place, key) in CodingKeys.allCases.enumerated() where known.mayHave(place) {
            switch key {
            case .title: title = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .text: text = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .owner: owner = try container.decodeIfPresent(Recipient.self, forKey: key)
            }
        }
    }
}

/// A type that forgets to give the words for its texts, or does it twice.
private struct Careless: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable { case title, text }
    static let fields = FieldTable(CodingKeys.self, texts: [.title, .text])

    let title: String?
    let text: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let known = KnownFields(decoder, Self.fields)
        title = try container.decodeIfPresent(String.self, forKey: .title)
        let text = try container.decodeIfPresent(String.self, forKey: .text)
        self.text = try known.text(text)
        _ = title == nil ? try known.text(text) : nil
    }
}

private enum Pile {
    enum CodingKeys: String, CodingKey, CaseIterable { case a, t }
}

/// Texts of some length, which the decoder does not see.
@Suite struct CutTextTests {
    private static let long = String(repeating: "words and words ü ", count: 40)

    @Test(arguments: ["a", "t"])
    func `what stands behind a field's value is no JSON, and is not remembered`(_ field: String) throws {
        let table = FieldTable(Pile.CodingKeys.self, texts: [.t], lists: [.a])
        let long = String(repeating: "x", count: AbridgedBody.minTextBytes)
        let values = String(repeating: "\"\(long)\"", count: 1_000)
        let known = try JSONScanner.check(
            Array("{\"\(field)\":\(values)}".utf8), maxDepth: 8, fields: table)
        #expect(known.changes.count == 1)
    }

    @Test(
        arguments: [
            #"{"title":"LONG","text":"LONG"}"#, #"{"text":"LONG\n\u00e9\uD83D\uDE00"}"#,
            #"{"text":"LONG\uD83D"}"#, #"{"text":"LONG\x"}"#, #"{"text":["LONG"]}"#,
            #"{"text":{"a":"LONG"}}"#,
            #"{"title":"short","text":null}"#, #"{"title":7,"text":"LONG"}"#, #"{"text":"LONG","other":1}"#,
            #"{"text":"LONG","owner":{"address":"LONG"}}"#, #"{"text":"LONG"#, #"{"text":"LONG\u0000"}"#,
            #"["LONG"]"#, #"[{"text":"LONG"}]"#, #"{"t\u0065xt":"LONG"}"#, #"{"text" "LONG"}"#,
            #"{"text":"LONG"]"#,
        ])
    func `a long text gives the same value or the same refusal as before the decoder`(_ text: String) {
        let bytes = Array(text.replacing("LONG", with: Self.long).utf8)
        let cut = Result { () throws(APIError) in try StrictDecoding.decode(Note.self, from: bytes) }
        let whole = Result { () throws(APIError) in
            try StrictDecoding.decode(Plain<Note>.self, from: bytes).value
        }
        switch (cut, whole) {
        case (.success(let one), .success(let other)): #expect(one == other)
        case (.failure(let one), .failure(let other)):
            #expect(one.message == other.message)
            #expect(one.field == other.field)
        default: Issue.record("\(text): \(cut), but \(whole)")
        }
    }

    @Test func `a long text that is not UTF-8 is refused`() {
        var bytes = Array(#"{"text":"\#(Self.long)"}"#.utf8)
        bytes[100] = 0xFF
        #expect(throws: APIError.self) { try StrictDecoding.decode(Note.self, from: bytes) }
    }

    @Test func `what no object of a body has is passed over, and nothing else`() throws {
        let body = #"[{"title":"a"},{"owner":{"address":"b"}},{},{"title":null}]"#
        let notes = try #require(try StrictDecoding.decodeIfSound([Note].self, from: Array(body.utf8)))
        #expect(notes.map(\.title) == ["a", nil, nil, nil])
        #expect(notes.map(\.owner?.address) == [nil, "b", nil, nil])
    }

    @Test func `the word for a text never stands in its place`() throws {
        for body in [#"{"title":"LONG"}"#, #"{"text":"LONG"}"#, #"{"title":"LONG","text":"LONG"}"#] {
            let bytes = Array(body.replacing("LONG", with: Self.long).utf8)
            #expect(try StrictDecoding.decodeIfSound(Careless.self, from: bytes) == nil)
            let read = try StrictDecoding.decode(Careless.self, from: bytes)
            #expect([nil, Self.long].contains(read.title) && [nil, Self.long].contains(read.text))
        }
    }
}

private struct File: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, content }
    static let fields = FieldTable(CodingKeys.self, long: [.content])

    let name: String
    let content: LongText
}

private struct Files: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable { case files, note }
    static let fields = FieldTable(CodingKeys.self, inner: [.files: File.fields])

    let files: [File]
    let note: String?
}

/// Texts that are as large as files.
@Suite struct LongTextTests {
    @Test func `long texts come out as they went in, escaped or not, among short ones`() throws {
        let plain = String(repeating: "QUJD", count: 10_000)
        let escaped = String(repeating: "QUJ\\/", count: 10_000)
        let body = """
            {"files":[{"name":"a","content":"\(plain)"},{"content":"QQ==","name":"b"},
            {"name":"c","content":"\(escaped)"},{"name":"d","content":"\(plain)x"}],"note":"\(plain)"}
            """
        let files = try StrictDecoding.decode(Files.self, from: Array(body.utf8))
        let texts = files.files.map { String(decoding: $0.content.utf8, as: UTF8.self) }
        #expect(texts == [plain, "QQ==", escaped.replacing("\\/", with: "/"), plain + "x"])
        #expect(files.files.map(\.name) == ["a", "b", "c", "d"])
        #expect(files.note == plain)
    }

    @Test func `a word that looks like a place of another text stands for itself`() throws {
        let plain = String(repeating: "QUJD", count: 10_000)
        let body = #"{"files":[{"name":"a","content":"\#(plain)"},{"name":"b","content":"cut-1-0"}]}"#
        let files = try StrictDecoding.decode(Files.self, from: Array(body.utf8)).files
        #expect(String(decoding: files[1].content.utf8, as: UTF8.self) == "cut-1-0")
    }

    @Test func `a long text that is none of the table's is refused by its name`() {
        let plain = String(repeating: "QUJD", count: 10_000)
        for body in [
            #"{"files":[{"name":"a","content":"\#(plain)","more":1}]}"#,
            #"{"files":[{"name":"a","content":["\#(plain)"]}]}"#, #"{"files":[{"content":"\#(plain)"}]}"#,
        ] {
            #expect(throws: APIError.self) { try StrictDecoding.decode(Files.self, from: Array(body.utf8)) }
        }
    }
}
