import TestSupport
import Testing

@testable import DNSProviders

/// Random zones, random wishes: what must hold of every plan.
@Suite struct PlannerPropertyTests {
    private static let texts = [
        "v=spf1 mx -all", "v=spf1 include:us.example ~all", "v=spf1 include:a.example redirect=b", "v=spf1",
        "MS=ms1", "v=DMARC1; p=reject", "v=DMARC1; p=none; rua=mailto:a@b.example,mailto:c@d.example",
        "v=DMARC1; p=quarantine; rua=mailto:r@d.example", "cyb-verify-1", "cyb-verify-old", "v=DKIM1; p=AAAA",
        PlanFixture.key, "x \"quoted\" \\ text", "é", "",
    ]

    private func zone(_ random: inout SeededBytes, _ setup: DomainSetup) -> [RecordSet] {
        var sets: [RecordSet] = []
        for name in setup.names where random.below(3) > 0 {
            switch random.below(8) {
            case 0: sets.append(RecordSet(RecordKey(name, "CNAME"), values: [RecordValue(.other("x"))]))
            case 1: sets.append(RecordSet(RecordKey(name, "NS"), values: [RecordValue(.other("ns"))]))
            default: sets.append(texts(&random, name))
            }
            if random.below(4) == 0 {
                let hosts = ["us.example", "mx.other.example"].prefix(1 + random.below(2))
                sets.append(
                    RecordSet(
                        RecordKey(name, "MX"),
                        values: hosts.map { RecordValue(.mx(preference: 10, host: $0), raw: "10 \($0).") }))
            }
        }
        return sets
    }

    private func texts(_ random: inout SeededBytes, _ name: String) -> RecordSet {
        let values = (0...random.below(4)).map { index in
            let text = Self.texts[random.below(Self.texts.count)]
            return RecordValue(
                .text(text), raw: TXTCodec.encode(Array(text.utf8), .octal), id: "\(name)\(index)")
        }
        var set = RecordSet(RecordKey(name, "TXT"), ttlSeconds: 60, values: values)
        if random.below(20) == 0 { set.lockedReason = "an alias" }
        return set
    }

    private func wish(_ random: inout SeededBytes) -> DomainSetup {
        let old = RecordContent.text("v=DKIM1; p=AAAA")
        return PlanFixture.setup(
            spf: DomainSetup.SPFAction.allCases[random.below(3)],
            dmarc: DomainSetup.DMARCAction.allCases[random.below(3)],
            report: random.below(3) == 0 ? nil : "r@d.example",
            own: random.below(2) == 0 ? [RecordKey("dispatch._domainkey.d.example", "TXT"): [old]] : [:])
    }

    private func applied(_ changes: [RecordSetChange], to sets: [RecordSet]) -> [RecordSet] {
        var sets = sets
        for change in changes {
            sets.removeAll { $0.key == change.key }
            if let after = change.after { sets.append(after) }
        }
        return sets
    }

    @Test func `nothing of others is lost, there is one policy at most, and a second run does nothing`()
        throws
    {
        var random = SeededBytes(seed: 26)
        for round in 0..<1000 {
            let setup = wish(&random)
            let sets = zone(&random, setup)
            let plan = try PlanFixture.plan(sets, setup)
            let after = applied(plan.changes, to: sets)
            for set in sets {
                let now = after.first { $0.key == set.key }?.values ?? []
                for value in set.values where !now.contains(value) {
                    let isPolicy = value.content.isSPF || value.content.isDMARC
                    let isOwn = setup.ownValues[set.key]?.contains(value.content) == true
                    #expect(isPolicy || isOwn, "round \(round): \(set.key) lost \(value.content.printed)")
                    #expect(set.lockedReason == nil, "round \(round)")
                }
                for isPolicy in [\RecordContent.isDMARC, \.isSPF] {
                    let (old, new) = (values([set], set.key, isPolicy), values(after, set.key, isPolicy))
                    #expect(new.count <= max(1, old.count), "round \(round)")
                }
            }
            #expect(plan.differences(from: after).isEmpty, "round \(round)")
            let again = try PlanFixture.plan(after, setup)
            #expect(again.changes.isEmpty, "round \(round): \(again.changes)")
        }
    }

    private func values(
        _ sets: [RecordSet], _ key: RecordKey, _ isWanted: KeyPath<RecordContent, Bool>
    ) -> [RecordContent] {
        (sets.first { $0.key == key }?.contents ?? []).filter { $0[keyPath: isWanted] }
    }

    @Test func `a policy never gets weaker and an SPF record loses nothing by an append`() throws {
        var random = SeededBytes(seed: 27)
        for round in 0..<1000 {
            let setup = wish(&random)
            let sets = zone(&random, setup)
            let plan = try PlanFixture.plan(sets, setup)
            for change in plan.changes {
                let (removed, added) = (change.removed.map(\.content), change.added.map(\.content))
                for old in removed.compactMap({ DMARCText($0.printed) }) {
                    let new = try #require(added.compactMap { DMARCText($0.printed) }.first, "round \(round)")
                    #expect(new.tags.filter { $0.name != "rua" } == old.tags.filter { $0.name != "rua" })
                }
                guard setup.spfAction != .overwrite else { continue }
                for old in removed.compactMap({ SPFText($0.printed) }) {
                    let new = try #require(added.compactMap { SPFText($0.printed) }.first, "round \(round)")
                    #expect(new.terms.filter { $0.text != "include:us.example" } == old.terms)
                }
            }
        }
    }

    @Test func `undoing gives back what was there, and keeps what came later`() throws {
        var random = SeededBytes(seed: 28)
        var count = 0
        for round in 0..<1000 {
            let setup = wish(&random)
            let sets = zone(&random, setup)
            let changes = try PlanFixture.plan(sets, setup).changes
            var after = applied(changes, to: sets)
            let back = applied(try UndoPlan.plan(changes, sets: after), to: after)
            #expect(contents(back) == contents(sets), "round \(round)")
            guard let change = changes.first(where: { $0.key.type == "TXT" && !$0.added.isEmpty }) else {
                continue
            }
            count += 1
            let index = try #require(after.firstIndex { $0.key == change.key })
            after[index].values.append(RecordValue(.text("came later")))
            let kept = applied(try UndoPlan.plan(changes, sets: after), to: after)
            #expect(kept.first { $0.key == change.key }?.contents.contains(.text("came later")) == true)
            let ours = try #require(change.added.first)
            after[index].values.removeAll { $0.content == ours.content }
            #expect(throws: UndoPlan.Changed.self) { try UndoPlan.plan(changes, sets: after) }
        }
        #expect(count > 200)
    }

    private func contents(_ sets: [RecordSet]) -> [RecordKey: Set<RecordContent>] {
        Dictionary(uniqueKeysWithValues: sets.map { ($0.key, Set($0.contents)) }).filter { !$0.value.isEmpty }
    }
}
