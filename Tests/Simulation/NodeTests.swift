import Simulator
import Testing

/// The whole core of a node, from admission to the outcome of an attempt.
@Suite struct NodeTests {
    @Test(arguments: Seeds.parts(200))
    func `whatever disk, hosts and clock do, every accepted recipient comes to one end`(
        _ seeds: Range<UInt64>
    )
        async
    {
        await Seeds.run(seeds, "") { NodeRun.run(seed: $0, keptLines: $1) }
    }

    @Test func `a seed makes the same run again`() async {
        await Seeds.onThread {
            for seed in 1...5 as ClosedRange<UInt64> {
                #expect(NodeRun.run(seed: seed).ending.traceHash == NodeRun.run(seed: seed).ending.traceHash)
            }
        }
    }
}
