/// The end of a writer thread, and those who wait for it. A value: whoever shares it locks it.
package struct Closing: Sendable {
    package typealias Waiter = UnsafeContinuation<Void, Never>

    /// Nothing new is taken; what was taken is still written.
    package private(set) var hasBegun = false
    private var isOver = false
    private var waiters: [Waiter] = []

    package init() {}

    /// True when the thread has ended already; else `waiter` is resumed when it has.
    package mutating func begin(_ waiter: Waiter) -> Bool {
        hasBegun = true
        if !isOver { waiters.append(waiter) }
        return isOver
    }

    /// The thread has ended: those to resume, outside of the lock.
    package mutating func end() -> [Waiter] {
        isOver = true
        defer { waiters = [] }
        return waiters
    }
}
