import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@Suite struct KeyOwnersTests {
    private static let day: Int64 = 86_400
    private let keys = (0..<300).map { "key-\($0)" }

    private func node(
        _ number: UInt16, since: Int64, pausedFrom: Int64? = nil, pausedUntil: Int64? = nil,
        heir: UInt16? = nil
    ) -> ClusterNode {
        ClusterNode(
            number: number, url: "http://n\(number)", controlURL: "http://c\(number)",
            publicKey: Data(repeating: 0, count: 32), since: since, pausedFrom: pausedFrom,
            pausedUntil: pausedUntil, heir: heir)
    }

    @Test func `settled nodes share the keys, whatever the order of the list`() {
        let nodes = [node(3, since: 0), node(1, since: 0), node(2, since: 0)]
        let now = 10 * Self.day
        var counts: [UInt16: Int] = [:]
        for key in keys {
            let owner = KeyOwners(nodes).owner(of: key, now: now)?.number
            #expect(owner == KeyOwners(nodes.reversed()).owner(of: key, now: now)?.number)
            counts[owner ?? 0, default: 0] += 1
            #expect(KeyOwners(nodes).formerOwners(of: key, now: now).isEmpty)
        }
        #expect(counts.count == 3)
        #expect(counts.values.allSatisfy { $0 > 60 })
    }

    @Test func `a node that was adopted owns no key, even where all are drained, and is asked for a day`() {
        let adopted = 10 * Self.day
        let before = KeyOwners([1, 2, 3].map { node($0, since: 0) })
        let dead = node(2, since: 0, pausedFrom: adopted, heir: 3)
        let after = KeyOwners([node(1, since: 0), dead, node(3, since: 0)])
        let drained = KeyOwners([node(1, since: 0, pausedFrom: adopted), dead])
        for key in keys {
            let old = before.owner(of: key, now: adopted)?.number
            let new = after.owner(of: key, now: adopted + 1)?.number
            #expect(new != 2 && (old == 2 || new == old))
            let former = after.formerOwners(of: key, now: adopted + Self.day - 1)
            #expect(former.contains { $0.number == 2 && $0.heir == 3 } == (old == 2))
            #expect(drained.owner(of: key, now: adopted + 1)?.number == 1)
        }
        // Two that are said to have adopted each other still own the keys.
        let crossed = KeyOwners([node(1, since: 0, heir: 2), node(2, since: 0, heir: 1)])
        #expect(keys.allSatisfy { crossed.owner(of: $0, now: adopted) != nil })
    }

    @Test func `a drained node is asked at once, also by one whose clock is behind`() {
        let now = 10 * Self.day
        let before = KeyOwners([node(1, since: 0), node(2, since: 0)])
        for late in [0, 1, 300] as [Int64] {
            let drained = KeyOwners([node(1, since: 0), node(2, since: 0, pausedFrom: now + late)])
            for key in keys where before.owner(of: key, now: now)?.number == 2 {
                #expect(drained.owner(of: key, now: now)?.number == 1)
                #expect(drained.formerOwners(of: key, now: now).map(\.number) == [2])
            }
        }
    }

    @Test func `what a node accepted is asked of it, or of whoever took over its spool, or of nobody`() throws
    {
        let cluster = try Cluster()
        let nodes = [node(1, since: 0), node(2, since: 0, heir: 1), node(3, since: 0, heir: 9)]
        var global = cluster.global()
        global.nodes = nodes
        let snapshot = try cluster.snapshot(["global": cluster.chunk(global)])
        #expect([1, 2, 3, 4].map { snapshot.keeper(of: $0)?.number } == [1, 1, nil, nil])
    }

    @Test func `of nodes that have all just come the oldest owns every key`() {
        let owners = KeyOwners([node(2, since: 100), node(1, since: 110), node(3, since: 100)])
        for key in keys {
            #expect(owners.owner(of: key, now: 111)?.number == 2)
            #expect(owners.formerOwners(of: key, now: 111).isEmpty)
        }
    }

    @Test func `a node that comes takes its share once it has settled, from owners that are asked for a day`()
    {
        let before = KeyOwners([node(1, since: 0), node(2, since: 0)])
        let joined = 10 * Self.day
        let after = KeyOwners([node(1, since: 0), node(2, since: 0), node(3, since: joined)])
        let settled = joined + KeyOwners.settlingSeconds
        for key in keys {
            let old = before.owner(of: key, now: joined)?.number
            #expect(after.owner(of: key, now: settled - 1)?.number == old)
            let new = after.owner(of: key, now: settled)?.number
            let former = after.formerOwners(of: key, now: settled).map(\.number)
            #expect(new == old ? former.isEmpty : new == 3 && former == [old])
            #expect(after.formerOwners(of: key, now: settled + Self.day).isEmpty)
        }
    }

    @Test
    func `whoever owned a key in the last day owns it or is asked, whatever comes, drains and comes again`() {
        for seed in UInt64(1)...15 {
            var random = SeededRandom(seed: seed)
            var list = [node(1, since: 0), node(2, since: 0)]
            var now: Int64 = 3 * Self.day
            /// Who was asked to begin a key, and when.
            var seen: [(key: String, owner: UInt16, at: Int64)] = []
            for _ in 0..<60 {
                now += Int64.random(in: 1...20_000, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0 where list.count < 6: list.append(node(UInt16(list.count + 1), since: now))
                case 1:
                    let place = Int.random(in: list.indices, using: &random)
                    let old = list[place]
                    guard list.contains(where: { !$0.isDraining && $0.number != old.number }) else { break }
                    if old.isDraining {
                        list[place] = node(
                            old.number, since: old.since, pausedFrom: old.pausedFrom, pausedUntil: now)
                    } else {
                        let isAgain = (old.pausedUntil ?? 0) > now - Self.day - 3_600
                        list[place] = node(
                            old.number, since: old.since, pausedFrom: isAgain ? old.pausedFrom : now)
                    }
                default: break
                }
                let owners = KeyOwners(list)
                for key in keys.prefix(20) {
                    let owner = owners.owner(of: key, now: now)?.number ?? 0
                    let asked = [owner] + owners.formerOwners(of: key, now: now).map(\.number)
                    for one in seen where one.key == key && now - one.at < Self.day {
                        #expect(asked.contains(one.owner), "seed \(seed): \(key) of \(one.owner) at \(now)")
                    }
                    seen.append((key, owner, now))
                }
                seen.removeAll { now - $0.at >= Self.day }
            }
        }
    }
}
