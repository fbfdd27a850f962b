import EventLoop

/// A point that is reached once; one task may wait for it, on any loop.
final class Milestone: Sendable {
    private struct State {
        var isReached = false
        var waiter: UnsafeContinuation<Void, Never>?
    }

    private let state = Locked(State())

    var isReached: Bool { state.withLock { $0.isReached } }

    /// Lets the waiter go on. Any thread; may be called again.
    func reach() {
        let waiter = state.withLock { state in
            state.isReached = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func reached() async {
        await withUnsafeContinuation { continuation in
            let isReached = state.withLock { state in
                if !state.isReached { state.waiter = continuation }
                return state.isReached
            }
            if isReached { continuation.resume() }
        }
    }
}
