import Simulator
import Testing

/// Spool and journal alone: short runs, so there can be many.
@Suite struct StoreTests {
    @Test(arguments: Seeds.parts(800))
    func `whatever the disk does, what was acknowledged is kept, told once, and closed`(
        _ seeds: Range<UInt64>
    )
        async
    {
        await Seeds.run(seeds, "--store") { StoreRun.run(seed: $0, keptLines: $1) }
    }

    @Test func `a seed makes the same run again`() async {
        await Seeds.onThread {
            for seed in 1...5 as ClosedRange<UInt64> {
                #expect(
                    StoreRun.run(seed: seed).ending.traceHash == StoreRun.run(seed: seed).ending.traceHash)
            }
        }
    }

    /// What breaks when one sync of the design is left out; each is found within so many seeds.
    @Test(arguments: SyncPoint.allCases.filter(\.isNeeded))
    func `a build without one of its syncs breaks a promise`(_ point: SyncPoint) async {
        let found = await Seeds.onThread {
            (1...SyncPoint.mostSeeds).first { !StoreRun.run(seed: $0, omitting: point).isGood }
        }
        #expect(found != nil, "\(point.rawValue) can be left out, and nobody notices")
    }
}
