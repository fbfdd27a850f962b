import EventLoop
import Glibc

/// The time of day, handed in so that a simulation can set it.
struct WallClock: Sendable {
    /// Milliseconds since 1970.
    let now: @Sendable () -> Int64

    /// The time of day at the call, and from then on as much more as has really passed: a clock that somebody
    /// sets neither expires what waits nor holds it up.
    static func steady() -> WallClock {
        let start = (wall: system.now(), steady: MonotonicTime.now())
        return WallClock { start.wall + (MonotonicTime.now() - start.steady).wholeMilliseconds }
    }

    static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
