import EventLoop
import Glibc

/// A value behind a lock, and one thread that waits for work with a deadline on the monotonic clock.
///
/// Unchecked and public for the reasons that `Locked` gives.
public final class Gate<Value>: @unchecked Sendable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let scheduler = SystemThread.scheduler
    // As in `Locked`.
    @exclusivity(unchecked) @usableFromInline var value: Value

    package init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Looks or changes without waking anybody.
    @inlinable
    public func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    /// Changes the value and wakes the waiter.
    @inlinable
    public func signal<Result>(_ body: (inout Value) -> Result) -> Result {
        defer { wake() }
        return withLock(body)
    }

    /// Changes the value and wakes the waiter when `body` says that it has something to look at.
    @inlinable
    public func signalIfNeeded(_ body: (inout Value) -> Bool) {
        if withLock(body) { wake() }
    }

    @usableFromInline
    func wake() {
        pthread_cond_signal(condition)
        scheduler?.wake(ObjectIdentifier(self))
    }

    /// What a waiting thread's look at the value ends in.
    package enum Look<Result> {
        case done(Result)
        /// Look again after a signal, or at the deadline if there is one.
        case wait(until: MonotonicTime?)
    }

    /// Blocks this thread until `body` is done.
    package func wait<Result>(_ body: (inout Value) -> Look<Result>) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch body(&value) {
            case .done(let result): return result
            case .wait(let deadline) where scheduler != nil:
                pthread_mutex_unlock(mutex)
                scheduler?.wait(on: ObjectIdentifier(self), until: deadline)
                pthread_mutex_lock(mutex)
            case .wait(nil): pthread_cond_wait(condition, mutex)
            case .wait(let deadline?):
                var time = timespec()
                time.tv_sec = Int(clamping: deadline.nanoseconds / 1_000_000_000)
                time.tv_nsec = Int(clamping: deadline.nanoseconds % 1_000_000_000)
                pthread_cond_timedwait(condition, mutex, &time)
            }
        }
    }
}
