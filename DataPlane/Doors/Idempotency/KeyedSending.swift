import Admission
import EventLoop
import NodeProtocol

/// A request under an idempotency key, as the road sees it: which of its messages an earlier attempt has put
/// on disk already, and what goes to disk with those that it has not.
///
/// A message and the record that it was queued under the key are one group of the spool, so there is never
/// the one without the other. Whoever repeats the request after a crash gets the receipts of what is there,
/// and only the rest is sent.
package final class KeyedSending: Sendable {
    /// The request that this task answers; nil without a key.
    @TaskLocal package static var current: KeyedSending?

    private struct State {
        var queued: [ItemName: Receipt]
        var occurrences: [[UInt8]: Int] = [:]
        var mayBeRepeated = false

        mutating func name(of submission: Submission) -> ItemName {
            let likeness = submission.likeness
            let occurrence = occurrences[likeness, default: 0]
            occurrences[likeness] = occurrence + 1
            return ItemName(likeness: likeness, occurrence: occurrence)
        }
    }

    /// Whether some of the messages may pass later as they are, so that the answer is not the last word.
    var mayBeRepeated: Bool { state.withLock { $0.mayBeRepeated } }

    /// One of the messages was refused.
    func note(_ refusal: Refusal) {
        if refusal.isTemporary { state.withLock { $0.mayBeRepeated = true } }
    }

    /// One message of the request.
    package struct Item: Sendable {
        /// Of the attempt that queued it; nil for a message that is still to be sent.
        package let receipt: Receipt?
        fileprivate let name: ItemName
        fileprivate let sending: KeyedSending

        /// What goes to disk with the message.
        package func record(_ receipt: Receipt) -> [UInt8] {
            sending.template(.item(name, receipt)).encoded()
        }

        /// The message is on disk.
        package func wasQueued(_ receipt: Receipt) { sending.note(name, receipt) }
    }

    private let template: @Sendable (IdempotencyRecord.Content) -> IdempotencyRecord
    private let note: @Sendable (ItemName, Receipt) -> Void
    private let state: Locked<State>

    init(
        queued: [ItemName: Receipt],
        template: @escaping @Sendable (IdempotencyRecord.Content) -> IdempotencyRecord,
        note: @escaping @Sendable (ItemName, Receipt) -> Void
    ) {
        state = Locked(State(queued: queued))
        self.template = template
        self.note = note
    }

    /// The places of those messages of the request that an earlier attempt has queued.
    ///
    /// - Parameter submissions: all that are to be sent, in their order; made only when there was such an
    ///   attempt.
    func placesQueued(of submissions: some Sequence<Submission>) -> Set<Int> {
        let queued = state.withLock { $0.queued }
        guard !queued.isEmpty else { return [] }
        var naming = State(queued: queued)
        return Set(
            submissions.enumerated().filter { queued[naming.name(of: $0.element)] != nil }.map(\.offset))
    }

    /// The Message-ID of what an earlier attempt has queued, with angle brackets.
    var messageIDQueued: String? { state.withLock { $0.queued.values.first?.messageIDHeader } }

    /// The item that a submission is. To be asked once for each, in their order.
    package func item(of submission: Submission) -> Item {
        state.withLock { state in
            let name = state.name(of: submission)
            return Item(receipt: state.queued[name], name: name, sending: self)
        }
    }
}
