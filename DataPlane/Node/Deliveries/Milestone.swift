import Synchronization

/// A point that is reached once, and what waits for it, on any thread.
///
/// There is one for each outcome, and hardly ever do two threads look at one at the same time: so its lock is
/// one that lies within it.
final class Milestone: Sendable {
    private struct State {
        var isReached = false
        var waiting: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    var isReached: Bool { state.withLock { $0.isReached } }

    /// Lets those who wait go on. Any thread; may be called again.
    func reach() {
        let waiting = state.withLock { state in
            state.isReached = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for body in waiting { body() }
    }

    /// Calls `body` once, by whoever reaches it or at once.
    func whenReached(_ body: @escaping @Sendable () -> Void) {
        let isReached = state.withLock { state in
            if !state.isReached { state.waiting.append(body) }
            return state.isReached
        }
        if isReached { body() }
    }

    func reached() async {
        await withUnsafeContinuation { continuation in whenReached { continuation.resume() } }
    }
}
