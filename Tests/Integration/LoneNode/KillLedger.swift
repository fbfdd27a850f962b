import EventLoop

/// What the clients of a node that is killed again and again saw: which messages were acknowledged, and which
/// got no answer at all.
final class KillLedger: Sendable {
    private struct State {
        var next = 0
        var acknowledged: Set<String> = []
        var unanswered: Set<String> = []
        var refused: [String] = []
    }

    private let state = Locked(State())

    /// A subject that no other message has.
    func nextSubject() -> String {
        state.withLock { state in
            state.next += 1
            return "token-\(state.next)"
        }
    }

    func acknowledge(_ subject: String) { state.withLock { _ = $0.acknowledged.insert(subject) } }
    func miss(_ subject: String) { state.withLock { _ = $0.unanswered.insert(subject) } }
    func refuse(_ subject: String, _ text: String) {
        state.withLock { $0.refused.append("\(subject): \(text)") }
    }

    var acknowledged: Set<String> { state.withLock { $0.acknowledged } }
    var unanswered: Set<String> { state.withLock { $0.unanswered } }
    var refused: [String] { state.withLock { $0.refused } }
}
