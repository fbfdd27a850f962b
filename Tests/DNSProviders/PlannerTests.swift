import Crypto
import TestSupport
import Testing

@testable import DNSProviders

/// A domain and zone for plans.
enum PlanFixture {
    static let zone = DNSZone(id: "z", name: "d.example", nameServers: ["ns1.x.example"])
    static let key = "v=DKIM1; k=rsa; p=\(Base64.encode([UInt8](repeating: 7, count: 294)))"
    static let token = "cyb-verify-1"
    static let spf = "v=spf1 include:us.example ~all"

    static func setup(
        spf: DomainSetup.SPFAction = .append, dmarc: DomainSetup.DMARCAction = .create,
        report: String? = "r@d.example", own: [RecordKey: Set<RecordContent>] = [:],
        tracking: String? = nil
    ) -> DomainSetup {
        DomainSetup(
            domain: "d.example", ownership: ("_cybdispatch.d.example", token),
            dkim: ("dispatch._domainkey.d.example", key), serviceHost: "us.example",
            returnPath: "dispatch.d.example", tracking: tracking.map { ($0, "us.example") },
            spfAction: spf, dmarcAction: dmarc, reportAddress: report, ownValues: own)
    }

    static func texts(_ name: String, _ texts: String...) -> RecordSet {
        RecordSet(
            RecordKey(name, "TXT"), ttlSeconds: 300,
            values: texts.enumerated().map {
                RecordValue(.text($1), raw: "\"\($1)\"", id: "\(name)#\($0)", revision: "1")
            })
    }

    static func plan(
        _ sets: [RecordSet] = [], _ setup: DomainSetup = setup(), _ findings: SetupFindings = SetupFindings()
    ) throws -> SetupPlan {
        try SetupPlanner.plan(setup, zone: zone, sets: sets, findings: findings)
    }
}

extension SetupPlan {
    func step(_ subject: Subject) -> Step? { steps.first { $0.subject == subject } }
}

@Suite struct PlannerTests {
    private typealias Fixture = PlanFixture

    @Test func `an empty zone gets all six records`() throws {
        let plan = try Fixture.plan()
        #expect(plan.steps.map(\.subject) == [.ownership, .dkim, .spf, .dmarc, .returnPath, .returnPathSPF])
        #expect(plan.steps.allSatisfy { $0.action == .create && $0.before.isEmpty && $0.after.count == 1 })
        #expect(plan.step(.dmarc)?.after == ["v=DMARC1; p=none; rua=mailto:r@d.example"])
        #expect(plan.step(.returnPath)?.after == ["10 us.example"])
        #expect(plan.changes.count == 6)
        #expect(plan.differences(from: plan.changes.compactMap(\.after)).isEmpty)
        #expect(plan.differences(from: []).count == 6)
    }

    @Test func `a zone that is as it should be is left alone`() throws {
        let sets = try Fixture.plan().changes.compactMap(\.after)
        let again = try Fixture.plan(sets, Fixture.setup(dmarc: .update))
        #expect(again.changes.isEmpty)
        #expect(again.steps.allSatisfy { $0.action == .none })
    }

    @Test func `other texts at the name stay, and SPF is edited in place`() throws {
        let apex = Fixture.texts("d.example", "google-site-verification=x", "v=spf1 mx -all", "MS=1")
        let plan = try Fixture.plan([apex])
        let step = try #require(plan.step(.spf))
        #expect(step.action == .update)
        #expect(step.after == ["google-site-verification=x", "v=spf1 mx include:us.example -all", "MS=1"])
        let change = try #require(plan.changes.first { $0.key == apex.key })
        #expect(change.removed.map(\.content.printed) == ["v=spf1 mx -all"])
        #expect(change.after?.values.first == apex.values.first)
    }

    @Test func `two SPF records are repaired only when asked`() throws {
        let apex = Fixture.texts("d.example", "v=spf1 mx -all", "keep", "v=spf1 a -all")
        let refused = try Fixture.plan([apex])
        #expect(refused.step(.spf)?.action == .manual)
        #expect(
            refused.step(.spf)?.instructions?.contains("v=spf1 mx a include:us.example ~all") == true)
        #expect(!refused.changes.contains { $0.key == apex.key })
        let repaired = try Fixture.plan([apex], Fixture.setup(spf: .overwrite))
        #expect(repaired.step(.spf)?.after == [Fixture.spf, "keep"])
        #expect(repaired.warnings.contains { $0.contains("mx a") })
    }

    @Test func `a record that would cost more than ten look-ups is not written`() throws {
        let apex = Fixture.texts("d.example", "v=spf1 include:a.example -all")
        let findings = SetupFindings(spfCosts: ["d.example": SPFCost(lookups: 11)])
        let plan = try Fixture.plan([apex], Fixture.setup(), findings)
        #expect(plan.step(.spf)?.action == .manual)
        #expect(plan.step(.spf)?.why.contains("11 look-ups") == true)
        #expect(plan.step(.returnPathSPF)?.action == .create)
        let unknown = SetupFindings(spfCosts: ["d.example": SPFCost(lookups: 2, unreachable: ["a.example"])])
        #expect(try Fixture.plan([apex], Fixture.setup(), unknown).step(.spf)?.action == .manual)
    }

    @Test func `a policy is not weakened, whatever was asked`() throws {
        let strict = Fixture.texts("_dmarc.d.example", "v=DMARC1; p=reject; sp=quarantine; adkim=s; pct=100")
        #expect(try Fixture.plan([strict]).step(.dmarc)?.action == SetupPlan.Action.none)
        let updated = try Fixture.plan([strict], Fixture.setup(dmarc: .update))
        #expect(
            updated.step(.dmarc)?.after == [
                "v=DMARC1; p=reject; sp=quarantine; adkim=s; pct=100; rua=mailto:r@d.example"
            ])
        let inherited = SetupFindings(inheritedPolicy: .found(at: "example", record: "v=DMARC1; p=reject"))
        #expect(
            try Fixture.plan([], Fixture.setup(), inherited).step(.dmarc)?.action == SetupPlan.Action.none)
        let lenient = SetupFindings(inheritedPolicy: .found(at: "example", record: "v=DMARC1; p=none"))
        #expect(try Fixture.plan([], Fixture.setup(), lenient).step(.dmarc)?.action == .create)
        let unknown = SetupFindings(inheritedPolicy: .unknown)
        #expect(try Fixture.plan([], Fixture.setup(), unknown).step(.dmarc)?.action == .manual)
    }

    @Test func `two policies are left to a person`() throws {
        let two = Fixture.texts("_dmarc.d.example", "v=DMARC1; p=none", "v=DMARC1; p=reject")
        let plan = try Fixture.plan([two], Fixture.setup(dmarc: .update))
        #expect(plan.step(.dmarc)?.action == .manual)
    }

    @Test func `aliases and delegations are not written over`() throws {
        let alias = RecordSet(
            RecordKey("_dmarc.d.example", "CNAME"), values: [RecordValue(.other("d.vendor.example"))])
        let delegated = RecordSet(
            RecordKey("_domainkey.d.example", "NS"), values: [RecordValue(.other("ns.vendor.example"))])
        let apexNS = RecordSet(RecordKey("d.example", "NS"), values: [RecordValue(.other("ns1.x.example"))])
        let plan = try Fixture.plan([alias, delegated, apexNS])
        #expect(plan.step(.dmarc)?.action == .manual)
        #expect(plan.step(.dmarc)?.why.contains("d.vendor.example") == true)
        #expect(plan.step(.dkim)?.action == .manual)
        #expect(plan.step(.dkim)?.instructions?.contains("v=DKIM1") == true)
        #expect(plan.step(.spf)?.action == .create)
        #expect(plan.changes.count == 4)
    }

    @Test func `an alias at the top of the zone is in nobody's way`() throws {
        let alias = RecordSet(
            RecordKey("d.example", "CNAME"), values: [RecordValue(.other("app.host.example"))])
        #expect(try Fixture.plan([alias]).step(.spf)?.action == .create)
    }

    @Test func `a locked set is not written`() throws {
        var apex = Fixture.texts("d.example", "v=spf1 -all")
        apex.lockedReason = "the record has a routing policy"
        let plan = try Fixture.plan([apex])
        #expect(plan.step(.spf)?.action == .manual)
        #expect(plan.step(.spf)?.why == "the record has a routing policy")
    }

    @Test func `keys are compared by their bytes`() throws {
        let spaced = Fixture.key.replacing("v=DKIM1; k=rsa; p=", with: "p= ") + " ; s=email"
        let plan = try Fixture.plan([Fixture.texts("dispatch._domainkey.d.example", spaced)])
        #expect(plan.step(.dkim)?.action == SetupPlan.Action.none)
    }

    @Test func `a key of somebody else stays, and one of ours is replaced`() throws {
        let old = Fixture.texts("dispatch._domainkey.d.example", "v=DKIM1; p=AAAA")
        #expect(try Fixture.plan([old]).step(.dkim)?.action == .manual)
        let own = [old.key: Set(old.contents)]
        let plan = try Fixture.plan([old], Fixture.setup(own: own))
        #expect(plan.step(.dkim)?.after == [Fixture.key])
    }

    @Test func `other mail hosts at the return path are left to a person`() throws {
        let other = RecordSet(
            RecordKey("dispatch.d.example", "MX"),
            values: [RecordValue(.mx(preference: 5, host: "mx.other.example"))])
        let plan = try Fixture.plan([other])
        #expect(plan.step(.returnPath)?.action == .manual)
        #expect(plan.changes.count == 5)
    }

    @Test func `what is not asked for is skipped`() throws {
        let plan = try Fixture.plan([], Fixture.setup(spf: .skip, dmarc: .skip))
        #expect(plan.step(.spf)?.action == .skip)
        #expect(plan.step(.dmarc)?.action == .skip)
        #expect(plan.step(.returnPathSPF)?.action == .create)
    }

    @Test func `reports to a domain that does not expect them are warned of`() throws {
        let plan = try Fixture.plan(
            [], Fixture.setup(report: "r@other.example"), SetupFindings(reportsAreWelcome: false))
        #expect(plan.warnings.contains { $0.contains("d.example._report._dmarc.other.example") })
    }
}
