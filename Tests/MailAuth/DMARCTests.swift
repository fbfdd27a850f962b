import MailAuth
import Testing

@Suite struct DMARCTests {
    @Test func `a record is read with its defaults`() throws {
        let record = try #require(DMARCRecord("v=DMARC1; p=reject"))
        #expect(record.policy == .reject && record.hasPolicy && record.subdomainPolicy == nil)
        #expect(record.dkimAlignment == .relaxed && record.spfAlignment == .relaxed)
        #expect(record.publicSuffix == .unknown && !record.isTesting && record.aggregateReports.isEmpty)
    }

    @Test func `every tag is read, and unknown ones are kept in order`() throws {
        let text =
            "v=DMARC1 ; P=Quarantine; sp=none;np=reject; adkim=s; aspf=S; psd=n; t=y; pct=50; "
            + "rua=mailto:a@x.test!10m , mailto:b@y.test; ruf=mailto:c@z.test;"
        let record = try #require(DMARCRecord(text))
        #expect(record.policy == .quarantine && record.subdomainPolicy == DMARCPolicy.none)
        #expect(record.absentSubdomainPolicy == .reject)
        #expect(record.dkimAlignment == .strict && record.spfAlignment == .strict)
        #expect(record.publicSuffix == .no && record.isTesting)
        #expect(record.aggregateReports == ["mailto:a@x.test", "mailto:b@y.test"])
        #expect(record.failureReports == ["mailto:c@z.test"])
        #expect(record.tags.map(\.name).contains("pct") && record.tags.first?.name == "v")
    }

    @Test(arguments: [
        "", "v=DMARC1", "v=DMARC1; p=sometimes", "v=dmarc1; p=none", "p=none; v=DMARC1", "v=DMARC10; p=none",
        "v=DMARC1; rua=nowhere", "v=DMARC1; rua=mailto:", " ;v=spf1 -all", "v=spf1 -all",
    ])
    func `what says nothing is no record`(text: String) { #expect(DMARCRecord(text) == nil) }

    @Test func `a record that only asks for reports asks for nothing else`() throws {
        let record = try #require(DMARCRecord("v=DMARC1; p=sometimes; rua=mailto:a@x.test"))
        #expect(record.policy == .none && !record.hasPolicy)
    }

    @Test func `of two records none counts, and others at the name do no harm`() {
        #expect(DMARCRecord(among: ["v=DMARC1; p=none", "v=DMARC1; p=reject"]) == nil)
        #expect(DMARCRecord(among: ["v=spf1 -all", "v=DMARC1; p=reject"])?.policy == .reject)
    }

    /// Walks with these records by domain; gives the names that were asked for.
    private func walk(_ domain: String, _ records: [String: String]) -> (DMARCTreeWalk, [String]) {
        var walk = DMARCTreeWalk(domain)
        var asked: [String] = []
        while let name = walk.nextName {
            asked.append(name)
            walk.take(records[String(name.dropFirst("_dmarc.".count))].map { [$0] } ?? [])
        }
        return (walk, asked)
    }

    @Test func `the walk goes up label by label, and asks at most eight times`() {
        let (_, short) = walk("A.b.example.com.", [:])
        #expect(short.map { $0.dropFirst(7) } == ["a.b.example.com", "b.example.com", "example.com", "com"])
        let (_, long) = walk("a.b.c.d.e.f.g.h.i.j.mail.example.com", [:])
        #expect(long.count == DMARCTreeWalk.maxQueries)
        #expect(long[1] == "_dmarc.g.h.i.j.mail.example.com" && long.last == "_dmarc.com")
    }

    @Test func `a domain's own record holds before that of its organization`() throws {
        let (own, _) = walk(
            "m.example.com",
            ["m.example.com": "v=DMARC1; p=none", "example.com": "v=DMARC1; p=reject; sp=reject"])
        let effective = try #require(own.effective(exists: true))
        #expect(effective.policy == .none && !effective.isInherited)
        #expect(own.organizationalDomain == "example.com")
    }

    @Test func `a subdomain inherits sp, one that does not exist np, and p where they are missing`() {
        let all = walk("m.example.com", ["example.com": "v=DMARC1; p=none; sp=quarantine; np=reject"]).0
        #expect(all.effective(exists: true)?.policy == .quarantine)
        #expect(all.effective(exists: false)?.policy == .reject)
        #expect(all.effective(exists: true)?.isInherited == true)
        let bare = walk("m.example.com", ["example.com": "v=DMARC1; p=quarantine"]).0
        #expect(bare.effective(exists: false)?.policy == .quarantine)
        #expect(walk("m.example.com", [:]).0.effective(exists: true) == nil)
    }

    @Test func `a domain that is testing asks for one step less`() {
        for (stated, policy) in [("reject", DMARCPolicy.quarantine), ("quarantine", .none), ("none", .none)] {
            let effective = walk("example.com", ["example.com": "v=DMARC1; p=\(stated); t=y"]).0
                .effective(exists: true)
            #expect(effective?.policy == policy && effective?.statedPolicy.rawValue == stated)
        }
    }

    @Test func `psd=n ends the walk at an organization, psd=y one label below it`() {
        let (organization, asked) = walk(
            "a.b.example.com",
            ["b.example.com": "v=DMARC1; p=reject; psd=n", "example.com": "v=DMARC1; p=none"])
        #expect(organization.organizationalDomain == "b.example.com" && asked.count == 2)
        let suffix = walk("a.shop.bank", ["bank": "v=DMARC1; p=none; sp=quarantine; psd=y"]).0
        #expect(suffix.organizationalDomain == "shop.bank")
        #expect(suffix.effective(exists: true)?.policy == .quarantine)
        let itself = walk("bank", ["bank": "v=DMARC1; p=reject; psd=y"]).0
        #expect(itself.organizationalDomain == "bank")
    }

    @Test func `without a word on suffixes the record with the fewest labels is the organization's`() {
        let records = ["b.example.com": "v=DMARC1; p=none", "example.com": "v=DMARC1; p=reject"]
        #expect(walk("a.b.example.com", records).0.organizationalDomain == "example.com")
        #expect(walk("a.b.example.com", records).0.effective(exists: true)?.policy == .reject)
    }
}
