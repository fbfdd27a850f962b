import CLinux
import Glibc

/// A point on the machine's monotonic clock: it never jumps when somebody sets the time of day.
package struct MonotonicTime: Comparable, Hashable, Sendable {
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Reads CLOCK_MONOTONIC; on a thread of a `ThreadScheduler`, its time.
    package static func now() -> Self {
        if clinux_current_scheduler() != nil, let scheduler = SystemThread.scheduler { return scheduler.now }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Self(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    /// A negative duration gives the same time: deadlines in the past are due now.
    package func advanced(by duration: Duration) -> Self {
        Self(nanoseconds: nanoseconds.addingClamped(duration.wholeNanoseconds))
    }

    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func - (left: Self, right: Self) -> Duration {
        left >= right
            ? .nanoseconds(Int64(clamping: left.nanoseconds - right.nanoseconds))
            : .nanoseconds(-Int64(clamping: right.nanoseconds - left.nanoseconds))
    }
}

extension Duration {
    /// Nanoseconds from zero up; negative durations count as zero and huge ones are cut.
    package var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product.addingClamped(UInt64(attoseconds) / 1_000_000_000)
    }

    /// Whole milliseconds, rounded down.
    package var wholeMilliseconds: Int64 { Int64(clamping: wholeNanoseconds / 1_000_000) }
}

extension UInt64 {
    /// The sum, or the greatest value where it would overflow.
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
