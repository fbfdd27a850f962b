import MailAuth
import TestSupport
import Testing

@testable import DNSProviders

@Suite struct SPFTextTests {
    @Test(arguments: [
        ("v=spf1", true), ("V=SPF1 -all", true), ("v=spf1  mx", true), ("v=spf10 -all", false),
        ("v=spf1; -all", false), (" v=spf1", false), ("spf2.0/pra", false), ("", false),
        ("v=spf1\t-all", false),
    ])
    func `a record is one by its first term alone`(_ text: String, _ isSPF: Bool) {
        #expect((SPFText(text) != nil) == isSPF)
    }

    @Test(arguments: [
        ("v=spf1 mx ~all", "v=spf1 mx include:us.example ~all"),
        ("v=spf1  a  -ALL exp=x.%{d}", "v=spf1  a  include:us.example -ALL exp=x.%{d}"),
        ("v=spf1 redirect=_spf.x.example", "v=spf1 include:us.example redirect=_spf.x.example"),
        ("v=spf1 mx redirect=y ra=z", "v=spf1 mx include:us.example redirect=y ra=z"),
        ("v=spf1 a mx", "v=spf1 a mx include:us.example"), ("v=spf1", "v=spf1 include:us.example"),
        ("v=spf1 ", "v=spf1 include:us.example"),
        ("v=spf1 all mx -all", "v=spf1 include:us.example all mx -all"),
        ("v=spf1 a:all.example -all", "v=spf1 a:all.example include:us.example -all"),
    ])
    func `an include is put where it is evaluated`(_ text: String, _ expected: String) {
        #expect(SPFText(text)?.including("us.example")?.text == expected)
    }

    @Test func `an include is found in whatever case and with whatever qualifier`() {
        #expect(SPFText("v=spf1 INCLUDE:US.Example. -all")?.include(of: "us.example")?.qualifier == "+")
        #expect(SPFText("v=spf1 ?include:us.example -all")?.include(of: "us.example")?.qualifier == "?")
        #expect(SPFText("v=spf1 include:us.example.net")?.include(of: "us.example") == nil)
    }

    @Test func `editing keeps every term and its order`() throws {
        var random = SeededBytes(seed: 24)
        let words = [
            "a", "mx", "ip4:192.0.2.1", "include:x.example", "-all", "~all", "redirect=r.example", "exp=%{d}",
            "exists:%{i}.x", "?ptr", "ip6:2001:db8::/32", "",
        ]
        for _ in 0..<1000 {
            let terms = (0..<random.below(9)).map { _ in words[random.below(words.count)] }
            let record = try #require(SPFText("v=spf1 " + terms.joined(separator: " ")))
            let edited = try #require(record.including("us.example"))
            var rest = edited.terms.map(\.text)
            let index = try #require(rest.firstIndex(of: "include:us.example"))
            rest.remove(at: index)
            #expect(rest == record.terms.map(\.text))
            let all = edited.terms.firstIndex { $0.name == "all" } ?? edited.terms.endIndex
            #expect(index < all)
        }
    }

    // MARK: Cost

    /// A zone of TXT records; nil for one that does not answer.
    private struct Zone: SPFResolver {
        let texts: [String: String?]

        func texts(_ name: String) async -> SPFAnswer<[[UInt8]]> {
            guard let entry = texts[name] else { return .missing }
            return entry.map { .found([Array($0.utf8), Array("other".utf8)]) } ?? .failed
        }
        func addresses(_ name: String, ipv6: Bool) async -> SPFAnswer<[SPFAddress]> { .missing }
        func mailHosts(_ name: String) async -> SPFAnswer<[String]> { .missing }
        func names(of address: SPFAddress) async -> SPFAnswer<[String]> { .failed }
    }

    private func cost(_ record: String, _ texts: [String: String?] = [:]) async -> SPFCost {
        SPFCost(await SPFBudget.of(Array(record.utf8), at: "d.example", with: Zone(texts: texts)))
    }

    @Test func `a plan hears of holes, silence, macros and circles`() async {
        let holes = await cost(
            "v=spf1 include:gone.example include:down.example -all", ["down.example": String?.none])
        #expect(holes.lookups == 2 && !holes.hasMacros && holes.faults.isEmpty)
        #expect(holes.missing == ["gone.example"] && holes.unreachable == ["down.example"])
        #expect(await cost("v=spf1 exists:%{i}.x.example -all").hasMacros)
        let circle = await cost(
            "v=spf1 include:a.example -all", ["a.example": "v=spf1 include:d.example -all"])
        #expect(circle.faults.count == 1)
    }

    @Test func `several records become one`() {
        let records = ["v=spf1 mx include:a.example -all", "v=spf1 MX mx ip4:192.0.2.1 ?all"].compactMap {
            SPFText($0)
        }
        #expect(
            SPFText.merged(records, including: "us.example")
                == "v=spf1 mx include:a.example MX ip4:192.0.2.1 include:us.example ~all")
    }
}
