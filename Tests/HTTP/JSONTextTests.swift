import FoundationEssentials
import TestSupport
import Testing

@testable import HTTP

/// JSON that is written down as it comes.
@Suite struct JSONTextTests {
    private func written(_ text: String) -> [UInt8] {
        var json = JSONText()
        json.object { $0.field("t", text) }
        return json.bytes
    }

    private func agrees(_ text: String) throws -> Bool {
        try written(text) == JSON.encode(["t": text])
    }

    @Test func `every character up to U+0800 is written as the encoder writes it`() throws {
        for value in 0..<0x800 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect(try agrees("a\(scalar)b"), "U+\(String(value, radix: 16))")
        }
        for text in ["", "\u{2028}\u{2029}", "\u{FEFF}", "\u{FFFF}", "😀é\u{301}", "</script>", "\r\n"] {
            #expect(try agrees(text))
        }
    }

    @Test func `made texts are written as the encoder writes them, and read as they were`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let parts = ["\"", "\\", "/", "\n", "\u{1}", "\u{7F}", "plain words ", "ü", "😀", "\u{1F}", "x"]
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                parts.randomElement(using: &random) ?? ""
            }.joined()
            #expect(try agrees(text), "seed \(seed)")
            let read = try JSONDecoder().decode([String: String].self, from: Data(written(text)))
            #expect(read == ["t": text], "seed \(seed)")
        }
    }

    @Test func `fields stand in their order, and what is nil is not there`() {
        var json = JSONText()
        json.object { json in
            json.field("number", -7)
            json.field("none", nil as String?)
            json.field("flag", true)
            json.field("no_flag", nil as Bool?)
            json.field("off", false)
            json.object("inner") { _ in }
            json.field("texts", ["a", "b"])
            json.field("no_texts", nil as [String]?)
            json.field("empty", [] as [String]?)
            json.field("pairs", ["k\"": "v"])
            json.list("list") { json in
                json.object { $0.field("x", "1") }
                json.object { $0.field("y", "2") }
            }
            json.field("last", "z")
        }
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"number":-7,"flag":true,"off":false,"inner":{},"texts":["a","b"],"empty":[],"#
                + #""pairs":{"k\"":"v"},"list":[{"x":"1"},{"y":"2"}],"last":"z"}"#)
    }
}
