import NodeProtocol
import Testing

@testable import Queue

@Suite struct EgressTests {
    private let shaping = Shaping(
        sources: [
            EgressSource(id: "a", node: 1, helloName: "a.example"),
            EgressSource(id: "b", node: 1, helloName: "b.example", warmUp: "slow", warmUpSince: 86_400),
            EgressSource(id: "far", node: 2, helloName: "far.example"),
        ],
        pools: [
            EgressPool(id: "both", members: [.init(source: "a", weight: 3), .init(source: "b", weight: 1)]),
            EgressPool(id: "elsewhere", members: [.init(source: "far", weight: 1)]),
        ],
        warmUps: [
            WarmUpPlan(
                id: "slow",
                groups: [
                    .init(provider: "google", firstDay: 2, growth: 2, warmAt: 8),
                    .init(provider: nil, firstDay: 5, growth: 2, warmAt: 1_000),
                ])
        ])
    private let day: Int64 = 86_400_000

    @Test func `messages are shared by weight, and each has its own source again and again`() {
        let table = EgressTable(shaping, node: 1)
        var counts: [String: Int] = [:]
        for number in 0..<4_000 {
            let source = table.choose(pool: "both", message: message(number)) { _ in true }
            #expect(table.choose(pool: "both", message: message(number)) { _ in true } == source)
            counts[source, default: 0] += 1
        }
        #expect(Set(counts.keys) == ["a", "b"])
        #expect((2_850...3_150).contains(counts["a"] ?? 0))
    }

    @Test func `closed members are passed over, unless all are closed`() {
        let table = EgressTable(shaping, node: 1)
        for number in 0..<100 {
            #expect(table.choose(pool: "both", message: message(number)) { $0 == "b" } == "b")
        }
        #expect(
            Set((0..<100).map { table.choose(pool: "both", message: message($0)) { _ in false } }).count == 2)
    }

    @Test func `a pool without a source of this node falls back to the pool default, then to the node's own`()
    {
        var shaping = shaping
        let any = { (_: String) in true }
        #expect(
            EgressTable(shaping, node: 1).choose(pool: "elsewhere", message: message(1), isOpen: any)
                == "default")
        #expect(
            EgressTable(shaping, node: 2).choose(pool: "elsewhere", message: message(1), isOpen: any) == "far"
        )
        #expect(
            EgressTable(shaping, node: 1).choose(pool: nil, message: message(1), isOpen: any) == "default")
        shaping.pools.append(EgressPool(id: "default", members: [.init(source: "a", weight: 1)]))
        let table = EgressTable(shaping, node: 1)
        #expect(table.choose(pool: "elsewhere", message: message(1), isOpen: any) == "a")
        #expect(table.choose(pool: nil, message: message(1), isOpen: any) == "a")
        #expect(table.permits("a", pool: nil))
        #expect(!table.permits("default", pool: nil))
    }

    @Test func `a source in warm-up sends what its day allows to each group, and no more`() throws {
        var ledger = WarmUpLedger(shaping, node: 1)
        let noon = Timestamp(milliseconds: day + day / 2)
        #expect(ledger.take("b", provider: "google", copies: 1, now: noon) == nil)
        #expect(ledger.take("b", provider: "google", copies: 1, now: noon) == nil)
        let refusal = ledger.take("b", provider: "google", copies: 1, now: noon)
        let full = try #require(refusal)
        #expect(full.copies == 2)
        #expect(full.until == Timestamp(milliseconds: 2 * day))
        #expect(full.sentence.contains("2 copies of day 1"))
        #expect(ledger.isOpen("b", provider: "yahoo", now: noon))
        #expect(ledger.take("b", provider: "yahoo", copies: 5, now: noon) == nil)
        #expect(!ledger.isOpen("b", provider: "default", now: noon))
        #expect(ledger.usedUp(now: noon).map(\.group) == ["google", nil])
        #expect(ledger.take("a", provider: "google", copies: 1_000, now: noon) == nil)
        #expect(ledger.take("default", provider: "google", copies: 1_000, now: noon) == nil)
        let tomorrow = noon + day
        #expect(ledger.allowance("b", provider: "google", now: tomorrow)?.copies == 4)
        #expect(ledger.usedUp(now: tomorrow).isEmpty)
        for _ in 0..<4 { #expect(ledger.take("b", provider: "google", copies: 1, now: tomorrow) == nil) }
        #expect(!ledger.isOpen("b", provider: "google", now: tomorrow))
        let warm = noon + 2 * day
        #expect(ledger.allowance("b", provider: "google", now: warm) == nil)
    }

    @Test func `counts go on after a restart and after new plans`() {
        var ledger = WarmUpLedger(shaping, node: 1)
        let noon = Timestamp(milliseconds: day + day / 2)
        for _ in 0..<2 { _ = ledger.take("b", provider: "google", copies: 1, now: noon) }
        var again = WarmUpLedger(shaping, node: 1, state: ledger.state)
        #expect(!again.isOpen("b", provider: "google", now: noon))
        again.update(shaping, node: 1)
        #expect(!again.isOpen("b", provider: "google", now: noon))
        again.update(Shaping(), node: 1)
        #expect(again.isOpen("b", provider: "google", now: noon))
        #expect(again.isIdle)
    }
}
