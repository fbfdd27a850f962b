import Journal
import Spool

/// The sizes and habits of one run of the store, drawn from its seed.
struct StorePlan: Sendable {
    var clients: Int
    var offersPerClient: Int
    var offerPauseMilliseconds: Int
    var spool = SpoolConfiguration()
    var journal = JournalConfiguration()
    var keys = KeyLogConfiguration()

    init(_ simulator: Simulator) {
        clients = 1 + simulator.below(3)
        offersPerClient = 2 + simulator.below(6)
        offerPauseMilliseconds = [1, 20, 1_000][simulator.below(3)]
        spool.segmentBytes = [20 << 10, 24 << 10, 64 << 10][simulator.below(3)]
        spool.maxBatchBytes = [1 << 10, 8 << 10, 16 << 10][simulator.below(3)]
        spool.bodyCacheBytes = [0, 2 << 10, 1 << 20][simulator.below(3)]
        spool.compactMinSegments = 2
        spool.readThreads = 1 + simulator.below(2)
        journal.segmentBytes = 32 << 10
        journal.maxBatchBytes = 16 << 10
        journal.syncIntervalMilliseconds = [0, 50][simulator.below(2)]
        journal.retryMilliseconds = 100
        keys.segmentBytes = 8 << 10
        keys.intervalMilliseconds = [0, 100][simulator.below(2)]
        keys.retryMilliseconds = 100
    }
}
