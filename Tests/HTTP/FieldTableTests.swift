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
