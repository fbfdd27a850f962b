import EventLoop
import NodeProtocol

/// The snapshot from which the node decides, swapped whole.
package final class SnapshotHolder: Sendable {
    private struct State {
        var snapshot: Snapshot?
        var listeners: [@Sendable (Snapshot) -> Void] = []
    }

    private let state = Locked(State())

    package init() {}

    package var current: Snapshot? { state.withLock { $0.snapshot } }

    /// Puts the snapshot in the place of the one before, which is released outside the lock, and tells
    /// everybody.
    package func swap(_ snapshot: Snapshot) {
        let (old, listeners) = state.withLock { state in
            defer { state.snapshot = snapshot }
            return (state.snapshot, state.listeners)
        }
        withExtendedLifetime(old) {}
        for listener in listeners { listener(snapshot) }
    }

    /// Calls `body` for each snapshot from now on, on the thread that swaps.
    package func onSwap(_ body: @escaping @Sendable (Snapshot) -> Void) {
        state.withLock { $0.listeners.append(body) }
    }
}
