import NodeProtocol

/// Which messages have a group on its way to the disk, so that the groups of one message get there in their
/// order. Without it an outcome that the disk refused could come behind the group that closes its message,
/// and be lost with the process in between. Holds what is on its way, and at most as much again.
struct WriteOrder {
    private static let leastBeforeSweep = 1_024

    private var last: [MessageID: Milestone] = [:]
    private var sweepAt = leastBeforeSweep

    /// Notes a message's next group. Gives the milestone of the one before, while that is not on disk.
    mutating func follow(_ id: MessageID, _ milestone: Milestone, isLast: Bool) -> Milestone? {
        let before = isLast ? last.removeValue(forKey: id) : last.updateValue(milestone, forKey: id)
        if last.count >= sweepAt {
            last = last.filter { !$0.value.isReached }
            sweepAt = max(Self.leastBeforeSweep, 2 * last.count)
        }
        return before.flatMap { $0.isReached ? nil : $0 }
    }
}
