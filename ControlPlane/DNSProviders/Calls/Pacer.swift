import EventLoop

/// Keeps the calls with one credential inside a share of its quota, which is the customer's and not ours.
///
/// A bucket of `burst` calls that fills at a steady rate (the generic cell rate algorithm: one number says
/// when the bucket would be full again). What the provider says about itself comes on top: until when it
/// wants to be left alone.
package final class Pacer: Sendable {
    private struct State {
        var full = MonotonicTime(nanoseconds: 0)
        var blockedUntil = MonotonicTime(nanoseconds: 0)
    }

    private let interval: Duration
    private let slack: Duration
    private let state = Locked(State())

    package init(burst: Int, interval: Duration) {
        self.interval = interval
        slack = interval * max(0, burst - 1)
    }

    /// Takes one call, and says how long to wait before making it. A wait beyond `limit` takes nothing.
    func take(now: MonotonicTime, limit: Duration) -> Result<Duration, TooLong> {
        state.withLock { state in
            let full = max(state.full, now)
            let wait = max(max(full - now - slack, state.blockedUntil - now), .zero)
            guard wait <= limit else { return .failure(TooLong(wait: wait)) }
            state.full = full.advanced(by: interval)
            return .success(wait)
        }
    }

    struct TooLong: Error {
        let wait: Duration
    }

    /// The provider wants no call before then.
    func block(until time: MonotonicTime) {
        state.withLock { $0.blockedUntil = max($0.blockedUntil, time) }
    }
}
