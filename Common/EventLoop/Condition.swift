import Glibc

/// A value behind a lock, and threads that wait until it is as they need it.
///
/// Unchecked and public for the reasons that `Locked` gives.
public final class Condition<Value>: @unchecked Sendable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let scheduler: (any ThreadScheduler)?
    // As in `Locked`.
    @exclusivity(unchecked) @usableFromInline var value: Value

    package convenience init(_ value: Value) { self.init(value, scheduler: SystemThread.scheduler) }

    /// - Parameter scheduler: who suspends and wakes the waiting threads; nil: the operating system.
    package init(_ value: Value, scheduler: (any ThreadScheduler)?) {
        self.value = value
        self.scheduler = scheduler
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
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

    /// Changes the value and wakes one waiter.
    @inlinable
    public func signal<Result>(_ body: (inout Value) -> Result) -> Result {
        // Woken behind the lock: a waiter that wakes finds it free.
        defer { wakeOne() }
        return withLock(body)
    }

    /// Changes the value and wakes every waiter.
    package func broadcast<Result>(_ body: (inout Value) -> Result) -> Result {
        defer {
            pthread_cond_broadcast(condition)
            scheduler?.wake(ObjectIdentifier(self))
        }
        return withLock(body)
    }

    /// Blocks this thread until `body` gives something else than nil.
    @inlinable
    public func wait<Result>(_ body: (inout Value) -> Result?) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value) { return result }
            pause()
        }
    }

    @usableFromInline
    func wakeOne() {
        pthread_cond_signal(condition)
        scheduler?.wake(ObjectIdentifier(self))
    }

    /// Until somebody wakes this thread, without the lock.
    @usableFromInline
    func pause() {
        guard let scheduler else {
            pthread_cond_wait(condition, mutex)
            return
        }
        pthread_mutex_unlock(mutex)
        scheduler.wait(on: ObjectIdentifier(self), until: nil)
        pthread_mutex_lock(mutex)
    }
}
