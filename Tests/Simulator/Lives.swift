import EventLoop

/// Several lives on one disk, each ended by the seed, and a last quiet one in which everything must come to
/// its end.
enum Lives {
    /// Makes what all lives share; gives what lives one of them and says whether it could begin.
    typealias Start = @Sendable (Simulator, Ledger) throws -> (SimulatedDisk, LifeSpan) -> Bool

    static func run(
        seed: UInt64, omitting omitted: SyncPoint?, keptLines: Int, _ longestQuietMilliseconds: Int64,
        _ start: @escaping Start
    ) -> Verdict {
        let broken = Locked<[String]>([])
        let ending = Simulator.run(seed: seed, keptLines: keptLines) { simulator in
            let ledger = Ledger(simulator)
            do {
                live(simulator, ledger, omitted, longestQuietMilliseconds, try start(simulator, ledger))
            } catch { ledger.violate("the world cannot be made: \(error)") }
            broken.withLock { $0 = ledger.violations }
        }
        return Verdict(seed: seed, ending: ending, violations: broken.withLock { $0 })
    }

    private static func live(
        _ simulator: Simulator, _ ledger: Ledger, _ omitted: SyncPoint?, _ longestQuietMilliseconds: Int64,
        _ life: (SimulatedDisk, LifeSpan) -> Bool
    ) {
        var disk = SimulatedDisk(
            simulator, troubles: DiskTroubles(), sectorBytes: simulator.chance(500) ? 512 : 4096,
            omitted: omitted, onEnd: {})
        var losesPower = false
        let count = omitted?.isRepair == true ? 4 : 1 + simulator.below(4)
        for number in 0...count {
            let isQuiet = number == count
            var troubles = isQuiet ? DiskTroubles() : DiskTroubles(simulator)
            if let omitted, omitted.isRepair, !isQuiet { troubles = .endingAtSync(simulator) }
            let now = simulator.milliseconds
            let most = [500, 5_000, 60_000][simulator.below(3)]
            let span = LifeSpan(
                endsAt: isQuiet ? .max : now + Int64(1 + simulator.below(most)),
                limit: now + longestQuietMilliseconds)
            disk = disk.next(losesPower: losesPower, troubles: troubles) { span.finish() }
            ledger.lifeBegins()
            let hasBegun = life(disk, span)
            if isQuiet, !hasBegun { ledger.violate("the node does not start on a disk without trouble") }
            // What a start repairs is missed only by a loss of power behind it, and needed after a kill.
            losesPower = omitted?.isRepair == true ? number % 2 == 1 : simulator.chance(600)
            for _ in 0..<100 where simulator.liveThreads.count > 1 { simulator.pause(.milliseconds(100)) }
            if simulator.liveThreads.count > 1 {
                ledger.violate("threads are left behind: \(simulator.liveThreads)")
            }
        }
        ledger.judgeTheEnd()
    }
}

/// When a life ends.
final class LifeSpan: Sendable {
    /// In the run's milliseconds; `.max` for a life that ends when there is nothing left to do.
    let endsAt: Int64
    private let limit: Int64
    private let isFinished = Locked(false)

    /// - Parameter limit: when a quiet life has gone on for too long.
    init(endsAt: Int64, limit: Int64) {
        self.endsAt = endsAt
        self.limit = limit
    }

    func isOver(_ now: Int64) -> Bool { now >= min(endsAt, limit) || isFinished.withLock { $0 } }

    /// From now on it is over.
    func finish() { isFinished.withLock { $0 = true } }
}

/// What a run came to.
package struct Verdict: Sendable {
    package let seed: UInt64
    package let ending: Simulator.Ending
    package let violations: [String]

    package var isGood: Bool { violations.isEmpty && ending.stuck == nil }

    /// For people: seed, what was broken, and the lines of the trace that were kept.
    package var report: String {
        let broken = (violations + [ending.stuck].compactMap(\.self)).map { "  broken: \($0)" }
        return (["seed \(seed), \(ending.decisions) decisions"] + ending.lines + broken)
            .joined(separator: "\n")
    }
}
