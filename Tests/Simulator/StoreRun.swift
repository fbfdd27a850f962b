import EventLoop

/// A run of spool and journal through several lives, each ended by its seed, and a last quiet one in which
/// everything must come to its end.
package enum StoreRun {
    private static let longestQuietMilliseconds: Int64 = 3_600_000

    /// - Parameter omitted: a sync that is left out, to see that the ledger notices.
    package static func run(seed: UInt64, omitting omitted: SyncPoint? = nil, keptLines: Int = 0) -> Verdict {
        let broken = Locked<[String]>([])
        let ending = Simulator.run(seed: seed, keptLines: keptLines) { simulator in
            let found = lives(simulator, omitted)
            broken.withLock { $0 = found }
        }
        return Verdict(seed: seed, ending: ending, violations: broken.withLock { $0 })
    }

    private static func lives(_ simulator: Simulator, _ omitted: SyncPoint?) -> [String] {
        let ledger = Ledger(simulator)
        let plan = StorePlan(simulator)
        var span = LifeSpan(endsAt: 0)
        var disk = SimulatedDisk(
            simulator, troubles: DiskTroubles(), sectorBytes: simulator.chance(500) ? 512 : 4096,
            omitted: omitted, onEnd: {})
        var losesPower = false
        let count = 1 + simulator.below(4)
        for life in 0...count {
            let isQuiet = life == count
            let troubles = isQuiet ? DiskTroubles() : Self.troubles(simulator)
            let now = simulator.milliseconds
            span = LifeSpan(
                endsAt: isQuiet ? .max : now + Int64(1 + simulator.below(simulator.chance(500) ? 500 : 20_000)),
                limit: now + longestQuietMilliseconds)
            disk = disk.next(losesPower: losesPower, troubles: troubles) { [span] in span.finish() }
            let began = StoreLife(simulator, ledger, disk, span, plan).run()
            if isQuiet, !began { ledger.violate("a disk without trouble cannot be opened") }
            losesPower = simulator.chance(600)
            for _ in 0..<100 where simulator.liveThreads.count > 1 { simulator.pause(.milliseconds(100)) }
            if simulator.liveThreads.count > 1 {
                ledger.violate("threads are left behind: \(simulator.liveThreads)")
            }
        }
        ledger.judgeTheEnd()
        return ledger.violations
    }

    private static func troubles(_ simulator: Simulator) -> DiskTroubles {
        var troubles = DiskTroubles()
        switch simulator.below(3) {
        case 0: troubles.endsAtCall = 1 + simulator.below(simulator.chance(500) ? 60 : 600)
        case 1: troubles.endsAtSync = 1 + simulator.below(simulator.chance(500) ? 20 : 200)
        default: break
        }
        if simulator.chance(300) { troubles.failedSyncs = 1 + simulator.below(100) }
        if simulator.chance(300) { troubles.failedWrites = 1 + simulator.below(100) }
        if simulator.chance(200) { troubles.failedReads = 1 + simulator.below(50) }
        if simulator.chance(200) { troubles.shortWrites = 1 + simulator.below(500) }
        if simulator.chance(200) { troubles.stalls = 1 + simulator.below(20) }
        if simulator.chance(200) {
            let from = Int64(simulator.below(3_000))
            troubles.full = from..<from + Int64(simulator.below(5_000))
        }
        if simulator.chance(100) { troubles.brokenFrom = Int64(simulator.below(5_000)) }
        return troubles
    }
}

/// What a run came to.
package struct Verdict: Sendable {
    package let seed: UInt64
    package let ending: Simulator.Ending
    package let violations: [String]

    package var isGood: Bool { violations.isEmpty && ending.stuck == nil }

    /// For people: seed, what was broken, and the last lines of the trace.
    package var report: String {
        let broken = (violations + [ending.stuck].compactMap(\.self)).map { "  broken: \($0)" }
        return (["seed \(seed), \(ending.decisions) decisions"] + ending.lines + broken)
            .joined(separator: "\n")
    }
}
