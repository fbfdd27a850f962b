import Journal
import NodeProtocol
import Queue
import Spool

/// The sizes and habits of one run of a node, drawn from its seed.
struct NodePlan: Sendable {
    let loops: Int
    let clients: Int
    let offersPerClient: Int
    let offerPauseMilliseconds: Int
    let maxConnections: Int
    /// Of a hundred attempts, how many reach no host.
    let unreachable: Int
    /// Of a thousand recipients or messages each.
    let bounced: Int
    let deferred: Int
    let brokenBefore: Int
    let brokenBehind: Int
    let answerMilliseconds: Int
    /// Whether the clock is set, tenants are suspended, messages wait for their time.
    let setsClock: Bool
    let suspends: Bool
    let schedules: Bool
    var spool = SpoolConfiguration()
    var journal = JournalConfiguration()
    var keys = KeyLogConfiguration()

    init(_ simulator: Simulator) {
        loops = 1 + simulator.below(2)
        clients = 1 + simulator.below(3)
        offersPerClient = 2 + simulator.below(4)
        offerPauseMilliseconds = [1, 50, 5_000][simulator.below(3)]
        maxConnections = 1 + simulator.below(5)
        unreachable = simulator.chance(300) ? 40 : 3
        bounced = simulator.chance(300) ? 200 : 20
        deferred = simulator.chance(300) ? 300 : 30
        brokenBefore = simulator.chance(300) ? 200 : 10
        brokenBehind = simulator.chance(300) ? 200 : 10
        answerMilliseconds = [5, 100, 2_000][simulator.below(3)]
        setsClock = simulator.chance(200)
        suspends = simulator.chance(200)
        schedules = simulator.chance(300)
        spool.segmentBytes = [24 << 10, 64 << 10][simulator.below(2)]
        spool.maxBatchBytes = [4 << 10, 16 << 10][simulator.below(2)]
        spool.bodyCacheBytes = [0, 4 << 10, 1 << 20][simulator.below(3)]
        spool.compactMinSegments = 2
        spool.readThreads = 1
        journal.segmentBytes = 32 << 10
        journal.maxBatchBytes = 16 << 10
        journal.syncIntervalMilliseconds = [0, 50][simulator.below(2)]
        keys.segmentBytes = 16 << 10
    }

    /// Two of the four domains have fixed routes, whose connections the plan limits; the others are looked up
    /// and have the limits of strangers.
    static let routes = "d0.test=mx0.test:25,d1.test=mx1.test:25"

    /// Attempts at a time on a lane.
    func limit(of lane: String) -> Int {
        let isFixed = ["mx0.test", "mx1.test"].contains { lane.contains($0) }
        return isFixed ? maxConnections : LanePolicyTable(.builtIn).mailDefault.limits.maxConnections
    }
}
