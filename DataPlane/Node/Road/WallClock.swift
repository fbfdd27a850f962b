import Glibc

/// The time of day, handed in so that a simulation can set it.
struct WallClock: Sendable {
    /// Milliseconds since 1970.
    let now: @Sendable () -> Int64

    static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
