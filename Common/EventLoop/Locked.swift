import Glibc

/// A value behind a lock, for what is cold or held for microseconds.
///
/// A plain `pthread_mutex_t`: `Synchronization.Mutex` hands over by the kernel on this toolchain and is slow
/// as soon as two threads want it. Unchecked, because the lock is what makes the access safe.
///
/// Public, because the compiler puts only what is public into its callers of other modules: this is on every
/// road, and a call of a generic function costs ten times what the lock does.
public final class Locked<Value>: @unchecked Sendable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    // The mutex keeps accesses apart, within one thread too: the language need not look again at each.
    @exclusivity(unchecked) @usableFromInline var value: Value

    package init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Do little in `body`, and let nothing be released inside it whose `deinit` is long.
    @inlinable
    public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}

/// State that belongs to one loop, carried through closures that the compiler wants to be `Sendable`.
///
/// Unchecked, because each access checks that it happens on the loop, and a loop is one thread.
package struct LoopBound<Value>: @unchecked Sendable {
    private final class Box {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    private let box: Box
    package let loop: EventLoop

    /// May be made anywhere, as long as nobody else keeps `value`.
    package init(_ value: Value, on loop: EventLoop) {
        box = Box(value)
        self.loop = loop
    }

    /// Traps off the loop: that is a programmer's mistake, never the outcome of an input.
    package var value: Value {
        get {
            loop.preconditionIsCurrent()
            return box.value
        }
        nonmutating _modify {
            loop.preconditionIsCurrent()
            yield &box.value
        }
    }
}
