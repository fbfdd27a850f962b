import Glibc

/// A small fixed set of threads for work that blocks: reads of cold files, password hashing.
///
/// The number of threads is the limit: more work waits in line. After `stop` nothing new is taken, and what
/// was taken still runs.
package final class BlockingPool: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var stopped = false
    }

    /// The pool was stopped before the work was taken.
    package struct Stopped: Error {}

    private let state: Condition<State>

    package init(threads: Int, name: String) {
        let state = Condition(State())
        self.state = state
        for index in 0..<max(1, threads) {
            SystemThread.start(name: "\(name)-\(index)") {
                while let work = Self.take(from: state) { work() }
            }
        }
    }

    /// Runs `body` on one of the threads and gives its result back on the caller's executor.
    package func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Result, any Error>) in
            let taken = state.signal { state in
                guard !state.stopped else { return false }
                state.work.append {
                    do { continuation.resume(returning: try body()) } catch {
                        continuation.resume(throwing: error)
                    }
                }
                return true
            }
            if !taken { continuation.resume(throwing: Stopped()) }
        }
    }

    package func stop() {
        state.broadcast { $0.stopped = true }
    }

    private static func take(from state: Condition<State>) -> (@Sendable () -> Void)? {
        state.wait { state in
            if !state.work.isEmpty { return .some(state.work.removeFirst()) }
            return state.stopped ? .some(nil) : nil
        }
    }
}

/// A value behind a lock, and threads that wait until it is as they need it.
///
/// Unchecked for the reason that `Locked` gives.
package final class Condition<Value>: @unchecked Sendable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let condition: UnsafeMutablePointer<pthread_cond_t>
    @usableFromInline let scheduler: (any ThreadScheduler)?
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
    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    /// Changes the value and wakes one waiter.
    @inlinable
    package func signal<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        // In this order: a waiter that wakes finds the lock free.
        defer {
            pthread_mutex_unlock(mutex)
            pthread_cond_signal(condition)
            scheduler?.wake(ObjectIdentifier(self))
        }
        return body(&value)
    }

    /// Changes the value and wakes every waiter.
    package func broadcast<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_mutex_unlock(mutex)
            pthread_cond_broadcast(condition)
            scheduler?.wake(ObjectIdentifier(self))
        }
        return body(&value)
    }

    /// Blocks this thread until `body` gives something else than nil.
    @inlinable
    package func wait<Result>(_ body: (inout Value) -> Result?) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value) { return result }
            if let scheduler {
                pthread_mutex_unlock(mutex)
                scheduler.wait(on: ObjectIdentifier(self), until: nil)
                pthread_mutex_lock(mutex)
            } else {
                pthread_cond_wait(condition, mutex)
            }
        }
    }
}
