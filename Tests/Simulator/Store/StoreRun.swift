import EventLoop

/// A run of spool and journal alone, under the least program that uses them as a node does.
package enum StoreRun {
    private static let longestQuietMilliseconds: Int64 = 3_600_000

    /// - Parameter omitted: a sync that is left out, to see that the ledger notices.
    package static func run(seed: UInt64, omitting omitted: SyncPoint? = nil, keptLines: Int = 0) -> Verdict {
        Lives.run(seed: seed, omitting: omitted, keptLines: keptLines, longestQuietMilliseconds) {
            simulator, ledger in
            let plan = StorePlan(simulator)
            return { disk, span in StoreLife(simulator, ledger, disk, span, plan).run() }
        }
    }
}
