import EventLoop

/// A run of a node's core through several lives, each ended by its seed, and a last quiet one in which
/// everything must come to its end.
package enum NodeRun {
    private static let longestQuietMilliseconds: Int64 = 24 * 3_600_000

    /// - Parameter omitted: a sync that is left out, to see that the ledger notices.
    package static func run(seed: UInt64, omitting omitted: SyncPoint? = nil, keptLines: Int = 0) -> Verdict {
        Lives.run(seed: seed, omitting: omitted, keptLines: keptLines, longestQuietMilliseconds) {
            simulator, ledger in
            let world = try NodeWorld(simulator)
            let plan = NodePlan(simulator)
            return { disk, span in NodeLife(simulator, ledger, world, disk, span, plan).run() }
        }
    }
}
