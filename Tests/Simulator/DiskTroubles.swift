/// What a simulated disk does wrong in one life of a node, and when its power goes.
package struct DiskTroubles: Sendable {
    /// Of a thousand calls of each kind, how many fail once.
    package var failedWrites = 0
    package var failedSyncs = 0
    package var failedReads = 0
    package var shortWrites = 0
    /// Of a thousand calls, how many take up to five seconds.
    package var stalls = 0
    /// The life's milliseconds during which every write and creation fails for want of space.
    package var full: Range<Int64> = 0..<0
    /// From this millisecond of the life every write and every sync fails.
    package var brokenFrom: Int64?
    /// The node ends before the call of this number, counted from 1.
    package var endsAtCall: Int?
    /// The same before the sync of this number: what was written is in the page cache and nowhere else.
    package var endsAtSync: Int?

    package init() {}

    /// A disk without trouble in a life that ends with something in the page cache.
    static func endingAtSync(_ simulator: Simulator) -> DiskTroubles {
        var troubles = DiskTroubles()
        troubles.endsAtSync = 1 + simulator.below(60)
        return troubles
    }

    /// Drawn from the seed.
    init(_ simulator: Simulator) {
        switch simulator.below(3) {
        case 0: endsAtCall = 1 + simulator.below(simulator.chance(500) ? 60 : 600)
        case 1: endsAtSync = 1 + simulator.below(simulator.chance(500) ? 20 : 200)
        default: break
        }
        if simulator.chance(300) { failedSyncs = 1 + simulator.below(100) }
        if simulator.chance(300) { failedWrites = 1 + simulator.below(100) }
        if simulator.chance(200) { failedReads = 1 + simulator.below(50) }
        if simulator.chance(200) { shortWrites = 1 + simulator.below(500) }
        if simulator.chance(200) { stalls = 1 + simulator.below(20) }
        if simulator.chance(200) {
            let from = Int64(simulator.below(3_000))
            full = from..<from + Int64(simulator.below(5_000))
        }
        if simulator.chance(100) { brokenFrom = Int64(simulator.below(5_000)) }
    }
}
