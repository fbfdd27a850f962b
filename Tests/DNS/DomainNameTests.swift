import EventLoop
import Testing

@testable import DNS

@Suite struct DomainNameTests {
    @Test func `a name is lower case and prints without its closing dot`() throws {
        let name = try #require(DomainName("Mail.Example.COM."))
        #expect(name.description == "mail.example.com")
        #expect(name.wire == Array("\u{4}mail\u{7}example\u{3}com\u{0}".utf8))
        #expect(name == DomainName("mail.example.com"))
        #expect(DomainName(".") == .root)
        #expect(DomainName.root.description == ".")
    }

    @Test(arguments: [
        "", "..", ".com", "a..b", "a b.com", "é.com", "a.com/", "1.2.3.4:25", "[1.2.3.4]", "a\0b",
    ])
    func `what is not a name is refused`(text: String) {
        #expect(DomainName(text) == nil)
    }

    @Test func `labels end at 63 bytes and names at 255`() {
        let label = String(repeating: "a", count: 63)
        #expect(DomainName(label + ".com") != nil)
        #expect(DomainName(label + "a.com") == nil)
        let longest = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
        #expect(DomainName(longest)?.wire.count == 255)
        #expect(DomainName(longest + "a") == nil)
        #expect(DomainName(longest)?.under("b") == nil)
    }

    @Test func `ancestors are compared by label`() throws {
        let name = try #require(DomainName("a.example.com"))
        let zone = try #require(DomainName("example.com"))
        #expect(name.isWithin(zone) && zone.isWithin(zone) && name.isWithin(.root))
        #expect(!zone.isWithin(name))
        let other = try #require(DomainName("notexample.com"))
        #expect(!other.isWithin(zone))
        #expect(name.parent == zone)
        #expect(DomainName.root.parent == nil)
        #expect(zone.under("_25._tcp")?.description == "_25._tcp.example.com")
    }

    @Test func `addresses have reverse names`() throws {
        let four = try #require(SocketAddress(ip: "192.0.2.5", port: 0))
        #expect(DomainName(reverseOf: four)?.description == "5.2.0.192.in-addr.arpa")
        let six = try #require(SocketAddress(ip: "2001:db8::567:89ab", port: 0))
        let expected = "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        #expect(DomainName(reverseOf: six)?.description == expected)
    }
}
