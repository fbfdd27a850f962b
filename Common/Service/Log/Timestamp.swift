import Glibc

/// Times of log lines.
package enum Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z by the wall clock.
    package static func nowMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}
