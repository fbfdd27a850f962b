import TestSupport
import Testing

@testable import DNSProviders

@Suite struct DMARCTextTests {
    @Test(arguments: [
        ("v=DMARC1; p=none", true), ("v = DMARC1;p=reject;", true), ("v=DMARC1", true), ("V=DMARC1;", true),
        ("v=dmarc1; p=none", false), ("p=none; v=DMARC1", false), ("v=DMARC10; p=none", false), ("", false),
    ])
    func `a policy is one by its first tag alone`(_ text: String, _ isPolicy: Bool) {
        #expect((DMARCText(text) != nil) == isPolicy)
    }

    @Test(arguments: [
        ("v=DMARC1; p=reject", "v=DMARC1; p=reject; rua=mailto:r@us.example"),
        ("v=DMARC1; p=reject; ", "v=DMARC1; p=reject; rua=mailto:r@us.example"),
        (
            "v=DMARC1;p=none;rua=mailto:a@b.example;pct=20",
            "v=DMARC1;p=none;rua=mailto:a@b.example,mailto:r@us.example;pct=20"
        ),
        ("v=DMARC1; rua= ; p=none", "v=DMARC1; rua=mailto:r@us.example; p=none"),
    ])
    func `a report address joins those that are there`(_ text: String, _ expected: String) {
        #expect(DMARCText(text)?.reporting(to: "r@us.example")?.text == expected)
    }

    @Test func `addresses are compared without size limits and case`() {
        let policy = DMARCText("v=DMARC1; rua=mailto:A@b.example!10m , mailto:c@d.example")
        #expect(policy?.reportAddresses == ["mailto:a@b.example", "mailto:c@d.example"])
    }

    @Test func `marks that would end an address are encoded`() {
        #expect(DMARCText.uri("a,b!c;d%e@x.example") == "mailto:a%2Cb%21c%3Bd%25e@x.example")
    }

    @Test func `the policy for domains below counts its own tag first`() {
        #expect(DMARCText("v=DMARC1; p=reject; sp=none")?.subdomainStrictness == 0)
        #expect(DMARCText("v=DMARC1; p=quarantine")?.subdomainStrictness == 1)
        #expect(DMARCText("v=DMARC1; rua=mailto:a@b.example")?.strictness == 0)
    }

    @Test func `no tag but the reports ever changes`() throws {
        var random = SeededBytes(seed: 25)
        let tags = [
            "p=reject", "sp=none", "np=quarantine", "adkim=s", "aspf=r", "pct=50", "rf=afrf", "x y=z", "fo=1",
            "rua=mailto:a@b.example", "ruf=mailto:a@b.example", "", " ", "t=y", "psd=n",
        ]
        for _ in 0..<1000 {
            let parts = (0..<random.below(9)).map { _ in tags[random.below(tags.count)] }
            let policy = try #require(DMARCText(([" v=DMARC1"] + parts).joined(separator: "; ")))
            let edited = try #require(policy.reporting(to: "r@us.example"))
            #expect(edited.tags.filter { $0.name != "rua" } == policy.tags.filter { $0.name != "rua" })
            #expect(edited.reportAddresses.contains("mailto:r@us.example"))
            #expect(Set(policy.reportAddresses).subtracting([""]).isSubset(of: edited.reportAddresses))
        }
    }
}
