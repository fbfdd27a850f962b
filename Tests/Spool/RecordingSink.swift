import EventLoop
import Spool

/// A journal that keeps events in memory and is durable as soon as it is told.
final class RecordingSink: JournalSink {
    private struct State {
        var durable: UInt64
        var holds = false
        var groups: [(sequence: UInt64, events: [[UInt8]])] = []
        var waiters: [(UInt64, @Sendable () -> Void)] = []
        var hasRoom = true
    }

    private let state: Locked<State>

    init(durable: UInt64 = 0) { state = Locked(State(durable: durable)) }

    var durableSequence: UInt64 { state.withLock { $0.durable } }
    var hasRoom: Bool {
        get { state.withLock { $0.hasRoom } }
        set { state.withLock { $0.hasRoom = newValue } }
    }
    var groups: [(sequence: UInt64, events: [[UInt8]])] { state.withLock { $0.groups } }

    /// From now on nothing becomes durable until `release`.
    func hold() { state.withLock { $0.holds = true } }

    func release() {
        let bodies = state.withLock { state in
            state.holds = false
            state.durable = max(state.durable, state.groups.last?.sequence ?? 0)
            defer { state.waiters = [] }
            return state.waiters.map(\.1)
        }
        for body in bodies { body() }
    }

    func append(sequence: UInt64, events: [[UInt8]]) {
        state.withLock { state in
            state.groups.append((sequence, events))
            if !state.holds { state.durable = sequence }
        }
    }

    func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void) {
        let isDue = state.withLock { state in
            if state.durable >= sequence { return true }
            state.waiters.append((sequence, body))
            return false
        }
        if isDue { body() }
    }
}
