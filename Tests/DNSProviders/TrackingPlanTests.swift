import Testing

@testable import DNSProviders

/// The alias of a domain's own host of tracking links.
@Suite struct TrackingPlanTests {
    private typealias Fixture = PlanFixture
    private static let key = RecordKey("track.d.example", "CNAME")

    private func step(
        _ sets: [RecordSet] = [], host: String = "track.d.example",
        own: [RecordKey: Set<RecordContent>] = [:]
    ) throws -> SetupPlan.Step {
        try #require(
            Fixture.plan(sets, Fixture.setup(own: own, tracking: host)).step(.tracking), "no step")
    }

    private func alias(_ target: String) -> RecordSet {
        RecordSet(Self.key, ttlSeconds: 300, values: [RecordValue(.cname(target), raw: "\(target).")])
    }

    @Test func `it is made where nothing stands, and is right from then on`() throws {
        let plan = try Fixture.plan([], Fixture.setup(tracking: "Track.d.example"))
        let step = try #require(plan.step(.tracking))
        #expect(step.action == .create && step.key == Self.key && step.after == ["us.example"])
        let again = try Fixture.plan(
            plan.changes.compactMap(\.after), Fixture.setup(tracking: "track.d.example"))
        #expect(again.step(.tracking)?.action == SetupPlan.Action.none && again.changes.isEmpty)
        #expect(try Fixture.plan().step(.tracking) == nil)
    }

    @Test func `an alias of others stays, one of an earlier set-up is replaced`() throws {
        let found = alias("shop.vendor.example")
        let kept = try step([found])
        #expect(kept.action == .manual && kept.after == ["shop.vendor.example"])
        #expect(kept.instructions?.contains("us.example") == true)
        let replaced = try step([found], own: [Self.key: [.cname("shop.vendor.example")]])
        #expect(replaced.action == .update && replaced.after == ["us.example"])
    }

    @Test func `no alias is made beside other records, at the top of a zone, or where others answer`() throws
    {
        let text = Fixture.texts("track.d.example", "hello")
        let address = RecordSet(
            RecordKey("track.d.example", "A"), values: [RecordValue(.other("192.0.2.1"))])
        let delegated = RecordSet(
            RecordKey("track.d.example", "NS"), values: [RecordValue(.other("ns.vendor.example"))])
        for set in [text, address, delegated] {
            let step = try step([set])
            #expect(step.action == .manual && step.instructions != nil, "\(set.key)")
        }
        #expect(try step(host: "d.example").action == .manual)
        #expect(try step(host: "d.example").instructions?.contains("addresses") == true)
    }

    @Test func `each provider writes it in its own form`() throws {
        let change = try #require(
            RecordSetChange(
                key: Self.key, before: nil,
                after: RecordSet(Self.key, values: [RecordValue(.cname("us.example"))])))
        let post = try #require(CloudflareBatch([change]).posts.first)
        #expect(post.type == "CNAME" && post.content == "us.example" && post.priority == nil && !post.proxied)
        #expect(try CloudDNSChange([change]).additions.first?.rrdatas == ["us.example."])
    }
}
