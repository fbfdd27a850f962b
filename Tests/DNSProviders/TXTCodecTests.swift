import TestSupport
import Testing

@testable import DNSProviders

@Suite struct TXTCodecTests {
    private func text(_ raw: String, _ escapes: TXTCodec.Escapes = .decimal) -> String {
        String(decoding: TXTCodec.decode(raw, escapes), as: UTF8.self)
    }

    @Test(arguments: [
        (#""a" "b""#, "ab"), (#""a""b""#, "ab"), (#""v=spf1 include:x ~all""#, "v=spf1 include:x ~all"),
        (#"bare words"#, "barewords"), (#""a\"b\\c""#, #"a"b\c"#), (#""\065\066""#, "AB"), (#""""#, ""),
        (#""open"#, #""open"#), (#""ends\"#, #""ends\"#), ("", ""), (#"a"b"#, #"a"b"#), (#"  "x"  "#, "x"),
    ])
    func `every spelling that providers use is read`(_ raw: String, _ expected: String) {
        #expect(text(raw) == expected)
    }

    @Test func `digits behind a backslash are octal at Route 53 and decimal elsewhere`() {
        #expect(TXTCodec.decode(#""\101""#, .octal) == [65])
        #expect(TXTCodec.decode(#""\101""#, .decimal) == [101])
        #expect(TXTCodec.encode([0x22, 0x5C, 0x07, 0xC3, 0xA9], .octal) == #""\"\\\007\303\251""#)
        #expect(TXTCodec.encode([0x07, 0xFF], .decimal) == #""\007\255""#)
    }

    @Test(arguments: [(0, [0]), (255, [255]), (256, [255, 1]), (410, [255, 155]), (754, [255, 255, 244])])
    func `a text is split at 255 bytes`(_ length: Int, _ expected: [Int]) {
        let bytes = [UInt8](repeating: 0x61, count: length)
        #expect(TXTCodec.strings(bytes).map(\.count) == expected)
    }

    @Test func `a character of several bytes is not split`() {
        let bytes = [UInt8](repeating: 0x61, count: 254) + Array("é€".utf8)
        #expect(TXTCodec.strings(bytes).map(\.count) == [254, 5])
    }

    @Test func `whatever is written is read back the same`() {
        var random = SeededBytes(seed: 20)
        for _ in 0..<300 {
            let bytes = (0..<random.below(600)).map { _ in UInt8(random.below(256)) }
            for escapes in [TXTCodec.Escapes.decimal, .octal] {
                let written = TXTCodec.encode(bytes, escapes)
                #expect(TXTCodec.decode(written, escapes) == bytes)
                #expect(TXTCodec.decode(written.replacing("\" \"", with: "\"\""), escapes) == bytes)
                #expect(TXTCodec.strings(bytes).allSatisfy { $0.count <= 255 })
            }
        }
    }

    @Test func `no text stops the reader`() {
        var random = SeededBytes(seed: 21)
        let good = Array(#""v=spf1 \" \\ \065" "b" c \300 "x""#.utf8)
        for _ in 0..<4000 {
            let text = String(decoding: random.mutated(random.mutated(good)), as: UTF8.self)
            _ = TXTCodec.decode(text, .octal)
            _ = TXTCodec.decode(text, .decimal)
        }
    }

    @Test func `Cloudflare's texts are read in quotes and without`() {
        #expect(CloudflareReplies.text("v=spf1 -all") == Array("v=spf1 -all".utf8))
        #expect(CloudflareReplies.text("\"v=spf1 -all\"") == Array("v=spf1 -all".utf8))
        #expect(CloudflareReplies.text("\"a\" \"b\"") == Array("ab".utf8))
        #expect(CloudflareReplies.text("a \\\"b") == Array("a \\\"b".utf8))
    }
}
