import MailAuth
import Testing

/// What a planned record costs.
@Suite struct SPFBudgetTests {
    private func budget(_ record: String, _ zones: SPFZones) async -> SPFBudget {
        await SPFBudget.of(Array(record.utf8), at: "example.com", with: zones)
    }

    private func zones(_ records: [(String, String, String)]) -> SPFZones {
        var zones = SPFZones()
        for (name, type, value) in records { zones.add(name, type, [Array(value.utf8)]) }
        return zones
    }

    @Test func `terms of the whole tree count, and each include says what it costs`() async {
        let zones = zones([
            ("a.test", "TXT", "v=spf1 include:b.test include:c.test ip4:192.0.2.1 -all"),
            ("b.test", "TXT", "v=spf1 mx exists:here.test ~all"),
            ("c.test", "TXT", "v=spf1 ip6:2001:db8::/32 -all"),
            ("b.test", "MX", "mx.test"), ("mx.test", "A", "192.0.2.9"), ("here.test", "A", "192.0.2.8"),
        ])
        let budget = await budget("v=spf1 include:a.test ip4:192.0.2.0/24 ~all a", zones)
        #expect(budget.lookups == 5 && budget.voidLookups == 0 && budget.isExact && budget.fits)
        #expect(budget.costs.map(\.term) == ["include:a.test"])
        #expect(budget.costs.first?.below.map(\.lookups) == [3, 1])
        #expect(budget.problems.isEmpty)
    }

    @Test func `a name without records is a void look-up, and the third is one too many`() async {
        let budget = await budget("v=spf1 a:x.test mx:y.test exists:z.test ~all", SPFZones())
        #expect(budget.lookups == 3 && budget.voidLookups == 3 && !budget.fits)
    }

    @Test func `a macro costs one look-up and makes the numbers a lower bound`() async {
        let budget = await budget("v=spf1 include:%{i}.spf.test exists:%{d}.list.test ~all", SPFZones())
        #expect(budget.lookups == 2 && !budget.isExact)
        #expect(budget.costs.map(\.domain) == [nil, "example.com.list.test"])
        #expect(budget.voidLookups == 1)
    }

    @Test func `a redirect counts only where no all stands`() async {
        let zones = zones([("r.test", "TXT", "v=spf1 a:here.test -all"), ("here.test", "A", "192.0.2.8")])
        #expect(await budget("v=spf1 redirect=r.test", zones).lookups == 2)
        #expect(await budget("v=spf1 redirect=r.test -all", zones).lookups == 0)
    }

    @Test func `loops, missing, double and broken records are named`() async {
        var zones = zones([
            ("loop.test", "TXT", "v=spf1 include:loop.test -all"), ("bad.test", "TXT", "v=spf1 ip4:nonsense"),
            ("two.test", "TXT", "v=spf1 -all"), ("two.test", "TXT", "v=spf1 ~all"),
        ])
        zones.add("slow.test", "TIMEOUT", [])
        let budget = await budget(
            "v=spf1 include:loop.test include:bad.test include:two.test include:none.test "
                + "include:slow.test ptr",
            zones)
        #expect(
            budget.problems == [
                .loop(domain: "loop.test"),
                .malformed(domain: "bad.test", reason: "no address: ip4:nonsense"),
                .severalRecords(domain: "two.test"), .noRecord(domain: "none.test"),
                .unreachable(domain: "slow.test"), .usesPTR(domain: "example.com"),
            ])
        #expect(budget.lookups == 7 && !budget.isExact)
    }

    @Test func `eleven terms do not fit, and a check of the record fails the same way`() async throws {
        var zones = SPFZones()
        var record = "v=spf1"
        for number in 1...11 {
            zones.add("i\(number).test", "TXT", [Array("v=spf1 ip4:192.0.2.\(number) ?all".utf8)])
            record += " include:i\(number).test"
        }
        zones.add("example.com", "TXT", [Array((record + " ~all").utf8)])
        let budget = await budget(record + " ~all", zones)
        #expect(budget.lookups == 11 && !budget.fits)
        let mail = SPFCheck.Mail(
            address: try #require(SPFAddress("198.51.100.1")), helo: "mail.test", sender: "a@example.com",
            receiver: "here.test", now: 0)
        #expect(await SPFCheck.check(mail, with: zones).result == .permerror)
    }

    @Test func `records of any size and shape are read or refused`() async {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0 ... .max, using: &random)
        var state = seed
        let alphabet = Array("v=spf1 aimxe:/%{dr}.-_+?~ptr0123456789cludstx".utf8)
        for _ in 0..<2_000 {
            var text = Array("v=spf1 ".utf8)
            for _ in 0..<40 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            let budget = await SPFBudget.of(text, at: "example.com", with: SPFZones())
            #expect(budget.lookups <= 40, "seed \(seed): \(String(decoding: text, as: UTF8.self))")
        }
    }
}
