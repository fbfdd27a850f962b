import EventLoop
import Glibc

/// The time and the way to wait for it, so that tests need not wait.
package struct ProviderClock: Sendable {
    package let now: @Sendable () -> MonotonicTime
    /// Seconds since 1970.
    package let unixSeconds: @Sendable () -> Int64
    package let sleep: @Sendable (Duration) async -> Void

    package init(
        now: @escaping @Sendable () -> MonotonicTime, unixSeconds: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (Duration) async -> Void
    ) {
        self.now = now
        self.unixSeconds = unixSeconds
        self.sleep = sleep
    }

    /// Real time, by the timers of a loop.
    package static func system(on loop: EventLoop) -> ProviderClock {
        ProviderClock(
            now: { .now() },
            unixSeconds: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Int64(time.tv_sec)
            },
            sleep: { duration in _ = try? await loop.run { await loop.sleep(duration) } })
    }
}
