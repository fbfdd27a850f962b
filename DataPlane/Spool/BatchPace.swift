import EventLoop

/// How close batches follow one another.
///
/// While few groups come, each is written at once. When many come, a batch waits until `intervalMicroseconds`
/// after the one before began, so that one fdatasync and one round of wake-ups serve more of them: each costs
/// as much processor time as the rest of a group together. Nobody waits longer than that interval.
struct BatchPace {
    /// Groups a millisecond from which on batches are spaced.
    private static let busyGroupsPerMillisecond = 3.0

    let intervalMicroseconds: Int
    private var lastStart = MonotonicTime(nanoseconds: 0)
    /// Smoothed over the last batches.
    private var groupsPerMillisecond = 0.0

    init(intervalMicroseconds: Int) { self.intervalMicroseconds = intervalMicroseconds }

    /// How long the next batch is to wait for company.
    func wait(_ now: MonotonicTime) -> Duration? {
        guard groupsPerMillisecond >= Self.busyGroupsPerMillisecond else { return nil }
        let start = lastStart.advanced(by: .microseconds(intervalMicroseconds))
        return start > now ? start - now : nil
    }

    /// A batch of so many groups begins.
    mutating func began(groups: Int, _ now: MonotonicTime) {
        let milliseconds = Double((now - lastStart).wholeNanoseconds) / 1_000_000
        lastStart = now
        let rate = Double(groups) / max(milliseconds, 0.01)
        groupsPerMillisecond += (min(rate, 1_000) - groupsPerMillisecond) / 8
    }
}
