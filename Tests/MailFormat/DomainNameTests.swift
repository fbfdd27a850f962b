import TestSupport
import Testing

@testable import MailFormat

@Suite struct DomainNameTests {
    private func error(_ text: String) -> DomainName.Malformation? {
        do {
            _ = try DomainName.ascii(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func `U-labels become A-labels, which stay as they are`() throws {
        let pairs = [
            ("bücher.example", "xn--bcher-kva.example"), ("münchen.de", "xn--mnchen-3ya.de"),
            ("παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp"), ("例え.jp", "xn--r8jz45g.jp"),
            ("faß.de", "xn--fa-hia.de"), ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ]
        for (unicode, ascii) in pairs {
            #expect(try DomainName.ascii(unicode) == ascii)
            #expect(try DomainName.ascii(ascii) == ascii)
        }
    }

    @Test func `forms that look the same become the same`() throws {
        #expect(try DomainName.ascii("BÜCHER.Example") == "xn--bcher-kva.example")
        #expect(try DomainName.ascii("bu\u{308}cher.example") == "xn--bcher-kva.example")
        #expect(try DomainName.ascii("ｅｘａｍｐｌｅ。com") == "example.com")
    }

    @Test func `joiners and signs stand where their neighbours ask for them`() throws {
        let good = [
            "نامه\u{200C}ای.example", "ශ්\u{200D}රී.example", "क्\u{200C}ष.example", "צה״ל.example",
            "ג׳ון.example", "α\u{375}β.example", "l·l.example", "カ・ナ.example", "〇.example", "་.example",
            "ب\u{64B}\u{200C}\u{64B}ب.example",
        ]
        for name in good {
            let ascii = try DomainName.ascii(name)
            #expect(ascii.hasPrefix("xn--"), "\(name)")
        }
        let bad = [
            "a\u{200C}b.c", "\u{200C}ب.c", "ب\u{200C}.c", "ا\u{200C}ب.c", "ب\u{200D}ب.c", "\u{200D}क.c",
            "״ל.c", "a׳.c", "α\u{375}.c", "α\u{375}b.c", "a·l.c", "·l.c", "a・b.c", "ب٠۰.c", "ـب.c",
        ]
        for name in bad { #expect(error(name) == .badCharacter, "\(name)") }
    }

    @Test func `an A-label that can be decoded is taken as it is`() throws {
        // Hearts and piles that registries gave out, and a label in capitals.
        for name in ["xn--i-7iq.ws", "xn--ls8h.la", "xn--BCHER-KVA.example", "xn--tda.example"] {
            #expect(try DomainName.ascii(name) == name.lowercased())
        }
    }

    @Test func `what is no domain is refused`() {
        #expect(error("") == .empty)
        #expect(error("a..b") == .emptyLabel)
        #expect(error("a.b.") == .emptyLabel)
        #expect(error("-a.b") == .hyphenAtEdge)
        #expect(error("a-.b") == .hyphenAtEdge)
        #expect(error("a_b.c") == .badCharacter)
        #expect(error("a b.c") == .badCharacter)
        #expect(error("a/b.c") == .badCharacter)
        #expect(error("💩.la") == .badCharacter)
        #expect(error("a\u{200D}b.c") == .badCharacter)
        #expect(error("a\u{202E}b.c") == .badCharacter)
        #expect(error("\u{301}a.c") == .badCharacter)
        #expect(error("192.0.2.1") == .numericTopLevel)
        #expect(error("xn--.c") == .badALabel || error("xn--.c") == .hyphenAtEdge)
        #expect(error("xn--a.c") == .badALabel)
        #expect(error("xn--99999999999.c") == .badALabel)
        #expect(error(String(repeating: "a", count: 64) + ".c") == .labelTooLong)
        #expect(error(String(repeating: "ü", count: 60) + ".c") == .labelTooLong)
        #expect(error(String(repeating: "abcdefg.", count: 32) + "c") == .tooLong)
        #expect(error(String(repeating: "a", count: 1_000_000)) == .tooLong)
    }

    @Test func `Punycode goes there and back and never traps`() {
        var random = SeededBytes(seed: 3)
        for _ in 0..<2_000 {
            let scalars = (0..<(1 + random.below(20))).compactMap { _ in
                Unicode.Scalar(
                    UInt32([0x61, 0x7A, 0xFC, 0x3B1, 0x4E00, 0x1F4A9][random.below(6)] + random.below(9)))
            }
            guard let encoded = Punycode.encode(scalars) else { continue }
            if encoded.utf8.count <= 59 { #expect(Punycode.decode(encoded) == scalars) }
            var bytes = Array(encoded.utf8)
            random.mutate(&bytes)
            _ = Punycode.decode(String(decoding: bytes, as: UTF8.self))
        }
    }
}
