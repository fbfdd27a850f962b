import TestSupport
import Testing

@testable import SMTPWire

@Suite struct SMTPPathTests {
    private func error(_ text: String) -> SMTPPath.Malformation? {
        do {
            _ = try SMTPPath(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func `local parts may be atoms or quoted and are printed back as the grammar asks`() throws {
        #expect(try SMTPPath("<a.b@example.org>").description == "a.b@example.org")
        #expect(try SMTPPath("<\"a.b\"@example.org>").description == "a.b@example.org")
        #expect(try SMTPPath("<\"a b\"@example.org>").description == "\"a b\"@example.org")
        #expect(try SMTPPath("<\"a\\\"\\b\"@example.org>").localPart == "a\"b")
        #expect(try SMTPPath("<\"a\\\"\"@example.org>").description == "\"a\\\"\"@example.org")
        #expect(error("<.a@example.org>") == .badLocalPart)
        #expect(error("<a..b@example.org>") == .badLocalPart)
        #expect(error("<a.@example.org>") == .badLocalPart)
        #expect(error("<a b@example.org>") == .noDomain)
        #expect(error("<\"a@example.org>") == .badLocalPart)
        #expect(error("<\"a\"b@example.org>") == .noDomain)
    }

    /// Over made texts: what the short reading takes, the whole grammar reads alike.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `plain mailboxes are read as the whole grammar reads them`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let long = String(repeating: "a", count: 63)
        let pieces = [
            "a", "b.c", "c", "d1", ".", "-", "@", "@", "@", "x1", "é", "A", "\"", "<", ">", " ", "+", "/",
            "_", long,
        ]
        var plain = 0
        for _ in 0..<4_000 {
            var text = ""
            for _ in 0..<Int.random(in: 1...7, using: &random) {
                text += pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            guard let path = SMTPPath(plain: text) else { continue }
            plain += 1
            var cursor = PathCursor((Array("<".utf8) + Array(text.utf8) + Array(">".utf8))[...])
            #expect((try? cursor.path()) == path, "\(text)")
            #expect(cursor.isAtEnd, "\(text)")
        }
        #expect(plain > 0)
        #expect(SMTPPath(plain: "bounces+abc@dispatch.example.org")?.domain == "dispatch.example.org")
    }

    @Test func `domains are labels of letters, digits and hyphens`() throws {
        #expect(try SMTPPath("<a@EXAMPLE.org>").domain == "example.org")
        for bad in ["-x.org", "x-.org", "x..org", ".org", "org.", "", "x_y.org"] {
            #expect(error("<a@\(bad)>") != nil, "\(bad)")
        }
    }

    @Test func `address literals are checked as addresses`() throws {
        #expect(try SMTPPath("<a@[192.0.2.1]>").isAddressLiteral)
        #expect(try SMTPPath("<a@[IPV6:2001:DB8::1]>").domain == "[IPv6:2001:db8::1]")
        for bad in ["[192.0.2.256]", "[192.0.2]", "[2001:db8::1]", "[IPv6:x]", "[192.0.2.1", "[]"] {
            #expect(error("<a@\(bad)>") == .badAddressLiteral, "\(bad)")
        }
    }

    @Test func `source routes are dropped`() throws {
        #expect(try SMTPPath("<@one.example,@two.example:a@three.example>").description == "a@three.example")
        #expect(error("<@one.example,a@three.example>") == .badSourceRoute)
        #expect(error("<@one.example>") == .badSourceRoute)
    }

    @Test func `lengths are those of RFC 5321`() throws {
        let local = String(repeating: "a", count: 64)
        #expect(try SMTPPath("<\(local)@example.org>").localPart == local)
        #expect(error("<a\(local)@example.org>") == .localPartTooLong)
        let label = String(repeating: "b", count: 63)
        #expect(error("<a@\(label)b.org>") == .badDomain)
        let long = "\(label).\(label).\(label).\(label)"
        #expect(error("<a@\(long)>") == .pathTooLong)
        #expect(error("<a@\(long).\(label)>") == .domainTooLong)
        #expect(try SMTPPath("<\(local)@\(label).\(label).\(label.dropLast(2))>").domain.utf8.count == 189)
    }

    @Test func `UTF-8 is kept and flagged, broken UTF-8 refused`() throws {
        let path = try SMTPPath("<josé@bücher.example>")
        #expect(path.needsSMTPUTF8 && !path.isASCII)
        let domainOnly = try SMTPPath("<jose@bücher.example>")
        #expect(!domainOnly.needsSMTPUTF8 && !domainOnly.isASCII)
        var cursor = PathCursor(([UInt8]("<a".utf8) + [0xFF] + [UInt8]("@example.org>".utf8))[...])
        #expect(throws: SMTPPath.Malformation.badUTF8) { try cursor.path() }
    }

    @Test func `xtext goes there and back`() {
        #expect(Xtext.decode(Array(Xtext.encode("a+b=c d é").utf8)[...]) == "a+b=c d é")
        #expect(Xtext.encode("a+b=c") == "a+2Bb+3Dc")
        for bad in ["a+", "a+2", "a+2G", "a=b", "a b", "a+0D+0A", "+FF"] {
            #expect(Xtext.decode(Array(bad.utf8)[...]) == nil, "\(bad)")
        }
    }
}
