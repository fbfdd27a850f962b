import EventLoop
import Glibc

/// The times at which work is due, handed to whoever is free: an open loop.
///
/// A piece of work keeps the time for which it was planned, however late somebody takes it. So a server that
/// stalls for a second is charged for all that should have been sent in that second, not for one request
/// (that mistake is known as coordinated omission). A thread of its own wakes at each time, because the
/// loop's timers are only exact to a millisecond.
///
/// Bound to its loop.
final class Schedule {
    private var due: [MonotonicTime] = []
    private var first = 0
    private var takers: [UnsafeContinuation<MonotonicTime?, Never>] = []
    private var hasEnded = false
    /// Without a rate: how much is left to give out at once.
    private var unpaced = 0

    /// - Parameters:
    ///   - rate: a second; 0 gives out work as fast as it is taken.
    ///   - count: how much there is in all.
    static func start(rate: Int, count: Int, on loop: EventLoop) -> LoopBound<Schedule> {
        let schedule = Schedule()
        schedule.unpaced = rate == 0 ? count : 0
        schedule.hasEnded = rate == 0
        let bound = LoopBound(schedule, on: loop)
        guard rate > 0 else { return bound }
        let begin = MonotonicTime.now().advanced(by: .milliseconds(50))
        SystemThread.start(name: "pacer") {
            for number in 0..<count {
                let time = begin.advanced(by: .nanoseconds(number * 1_000_000_000 / rate))
                sleep(until: time)
                loop.execute { bound.value.put(time) }
            }
            loop.execute { bound.value.end() }
        }
        return bound
    }

    /// The time for which the next piece was planned; nil when there is no more.
    func next() async -> MonotonicTime? {
        if unpaced > 0 {
            unpaced -= 1
            return .now()
        }
        if first < due.count {
            first += 1
            return due[first - 1]
        }
        if hasEnded { return nil }
        return await withUnsafeContinuation { takers.append($0) }
    }

    private func put(_ time: MonotonicTime) {
        if let taker = takers.popLast() {
            taker.resume(returning: time)
        } else {
            due.append(time)
        }
    }

    private func end() {
        hasEnded = true
        for taker in takers { taker.resume(returning: nil) }
        takers.removeAll()
    }

    private static func sleep(until time: MonotonicTime) {
        var target = timespec(
            tv_sec: Int(time.nanoseconds / 1_000_000_000), tv_nsec: Int(time.nanoseconds % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &target, nil) == EINTR {}
    }
}
