import FoundationEssentials
import TestSupport
import Testing

@testable import HTTP

/// The escapes of long texts.
@Suite struct JSONEscapesTests {
    private func decoded(_ string: [UInt8]) -> String? {
        let quote = [UInt8(ascii: "\"")]
        return try? JSONDecoder().decode(String.self, from: Data(quote + string + quote))
    }

    private func read(_ string: [UInt8]) -> String? { JSONEscapes.text(of: string[...]) }

    @Test func `every escape of one unit is read as the decoder reads it, or not at all`() {
        for unit in 1...0xFFFF {
            let digits = String(unit, radix: 16)
            let escape = "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            let text = read(Array(escape.utf8))
            if text != nil || !(0xD800...0xDFFF).contains(unit) {
                #expect(text == decoded(Array(escape.utf8)), "\(escape)")
            }
        }
        for byte in 0...UInt8.max where byte != UInt8(ascii: "u") {
            let text = read([UInt8(ascii: "\\"), byte])
            #expect(text == nil || text == decoded([UInt8(ascii: "\\"), byte]), "\(byte)")
        }
    }

    @Test func `made texts are read as the decoder reads them, or not at all`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let parts: [[UInt8]] =
            [
                #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\b\f\r\t"#, #"\u00e9"#, #"\u00E9"#, #"\uD83D\uDE00"#,
                #"\ud83d"#, #"\uDE00"#, #"\u12"#, #"\x"#, #"\uD83Dx"#, "plain words, long enough for runs ",
                "é", "😀", "e", "\u{301}",
            ].map { Array($0.utf8) } + [[0xFF], [0xC3]]
        var readable = 0
        for _ in 0..<2_000 {
            let string = (0..<Int.random(in: 0...6, using: &random)).flatMap { _ in
                parts.randomElement(using: &random) ?? []
            }
            guard let text = read(string) else { continue }
            readable += 1
            #expect(decoded(string).map { Array($0.utf8) } == Array(text.utf8), "seed \(seed)")
        }
        #expect(readable > 300)
    }
}
