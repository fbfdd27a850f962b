import EventLoop
import NodeProtocol

/// What the world outside of a node saw: clients, remote hosts and the control plane. It outlives every
/// crash, knows nothing of how the node works, and says which promise was broken.
///
/// The promises (DESIGN.md 7 and 12): what was acknowledged is never lost and every recipient of it comes to
/// exactly one end; what was refused never leaves; a recipient gets a message twice only where an attempt
/// was in flight when a life ended, or where the remote's own answer was lost; events have the numbers
/// 1, 2, 3 … and never change; no event tells of what was never accepted; bytes arrive as they were given.
package final class Ledger: Sendable {
    /// What became of an offer to the node.
    enum Answer: Equatable {
        /// The life ended before an answer.
        case none
        case accepted
        case refused
        /// Refused, and something that came later was accepted: it can never come back.
        case refusedForGood
    }

    struct Delivery {
        let life: Int
        /// When the remote's answer reached the node; nil when it never did.
        var answeredAt: Int64?
        /// The life ended with this attempt in flight.
        var wasInFlight = false
    }

    struct Message {
        var answer = Answer.none
        /// In the run's milliseconds: it may not leave before the one, and has an end by the other.
        var notBefore = Int64.min
        var deadline = Int64.max
        var acceptedEvents = 0
        var deliveries: [[Delivery]]
        var ends: [EventKind?]
    }

    struct State {
        var messages: [MessageID: Message] = [:]
        var order: [MessageID] = []
        var events: [[UInt8]] = []
        var refused: [MessageID] = []
        /// Idempotency keys whose messages were acknowledged.
        var keys: [[UInt8]] = []
        var violations: [String] = []
        var life = 0
        var lifeBegan: Int64 = 0
    }

    /// An event as the control plane reads it.
    package struct Told: Sendable {
        package let kind: EventKind
        package let message: MessageID
        /// Nil for an event of the message.
        package let recipient: Int?

        package init(kind: EventKind, message: MessageID, recipient: Int?) {
            self.kind = kind
            self.message = message
            self.recipient = recipient
        }
    }

    /// How long after an answer its record may still be on its way to a disk that works.
    private static let slackMilliseconds: Int64 = 200
    /// How long a record may wait for the one before it, when a disk has refused that.
    private static let troubledMilliseconds: Int64 = 5_000
    private static let maxViolations = 20

    let state = Locked(State())
    private let simulator: Simulator

    package init(_ simulator: Simulator) { self.simulator = simulator }

    package var violations: [String] { state.withLock { $0.violations } }
    package var lastEvent: UInt64 { UInt64(state.withLock { $0.events.count }) }

    /// A promise was broken.
    package func violate(_ text: String) {
        simulator.note("VIOLATION", 0, 0, text)
        state.withLock { state in
            if state.violations.count < Self.maxViolations { state.violations.append(text) }
        }
    }

    private func change(
        _ id: MessageID, _ recipient: Int? = nil, _ body: (inout State, inout Message) -> String?
    ) {
        let broken: String? = state.withLock { state in
            guard var message = state.messages[id] else { return "\(id) was never offered" }
            if let recipient, !message.ends.indices.contains(recipient) {
                return "\(id) has no recipient \(recipient)"
            }
            let broken = body(&state, &message)
            state.messages[id] = message
            return broken
        }
        if let broken { violate(broken) }
    }

    // MARK: - Clients

    /// A client is about to offer a message.
    package func offer(
        _ id: MessageID, recipients: Int, notBefore: Int64 = .min, deadline: Int64 = .max
    ) {
        simulator.note("offer", id.low, UInt64(recipients), "\(id)")
        state.withLock { state in
            var message = Message(
                deliveries: Array(repeating: [], count: recipients),
                ends: Array(repeating: nil, count: recipients))
            message.notBefore = notBefore
            message.deadline = deadline
            state.messages[id] = message
            state.order.append(id)
        }
    }

    /// How many offers had been refused in this life: what is accepted after this moment makes those final.
    package var refusals: Int { state.withLock { $0.refused.count } }

    package func accepted(_ id: MessageID, refusalsBefore: Int) {
        simulator.note("accepted", id.low, 0, "\(id)")
        change(id) { state, message in
            message.answer = .accepted
            for other in state.refused.prefix(refusalsBefore) where state.messages[other]?.answer == .refused
            {
                state.messages[other]?.answer = .refusedForGood
            }
            return nil
        }
    }

    package func refused(_ id: MessageID) {
        simulator.note("refused", id.low, 0, "\(id)")
        change(id) { state, message in
            message.answer = .refused
            state.refused.append(id)
            return nil
        }
    }

    /// A client offers a message again under the same idempotency key, because it was refused or had no
    /// answer, or to hear the answer once more.
    package func offerAgain(_ id: MessageID, deadline: Int64) {
        simulator.note("offer again", id.low, 0, "\(id)")
        change(id) { state, message in
            message.deadline = max(message.deadline, deadline)
            if message.answer != .accepted { message.answer = .none }
            state.refused.removeAll { $0 == id }
            return nil
        }
    }

    /// A group with this idempotency key was acknowledged.
    package func acceptedKey(_ key: [UInt8]) { state.withLock { $0.keys.append(key) } }

    /// A start has found these keys.
    package func judgeKeys(_ known: Set<[UInt8]>) {
        let lost = state.withLock { $0.keys.count { !known.contains($0) } }
        if lost > 0 { violate("\(lost) idempotency keys of acknowledged messages are forgotten") }
    }

    // MARK: - Remote hosts

    /// An attempt begins. `tolerance`: how far the clocks were set since, in milliseconds.
    package func starts(_ id: MessageID, tolerance: Int64) {
        let now = simulator.milliseconds
        change(id) { _, message in
            now.addingClamped(tolerance) < message.notBefore
                ? "\(id) leaves \(message.notBefore - now) ms before its time" : nil
        }
    }

    /// A remote host has taken a message for good, at the final dot.
    package func took(_ id: MessageID, _ recipient: Int) {
        simulator.note("remote takes", id.low, UInt64(recipient), "\(id) recipient \(recipient)")
        change(id, recipient) { state, message in
            let earlier = message.deliveries[recipient].last
            message.deliveries[recipient].append(Delivery(life: state.life))
            if message.answer == .refusedForGood { return "\(id) was refused and left" }
            if let end = message.ends[recipient] { return "\(id) recipient \(recipient) left after \(end)" }
            guard let earlier, earlier.answeredAt != nil, !earlier.wasInFlight else { return nil }
            return
                "\(id) recipient \(recipient) was delivered twice: the first time in life \(earlier.life), "
                + "with its answer, now in life \(state.life)"
        }
    }

    /// The remote's answer has reached the node.
    package func answered(_ id: MessageID, _ recipient: Int) {
        let now = simulator.milliseconds
        change(id, recipient) { _, message in
            let last = message.deliveries[recipient].count - 1
            if last >= 0 { message.deliveries[recipient][last].answeredAt = now }
            return nil
        }
    }

    // MARK: - The control plane

    /// A report arrives: events with their numbers. Gives the number up to which all is known.
    /// `tolerance`: how late an end may be, in milliseconds.
    package func receive(
        _ events: [(seq: UInt64, bytes: [UInt8])], tolerance: Int64, _ read: ([UInt8]) -> [Told]?
    ) {
        for event in events {
            let known = lastEvent
            if event.seq == known + 1 {
                state.withLock { $0.events.append(event.bytes) }
                guard let told = read(event.bytes) else {
                    violate("event \(event.seq) cannot be read")
                    continue
                }
                for one in told { take(one, event.seq, tolerance) }
            } else if event.seq > known + 1 {
                violate("event \(known + 1) is missing before event \(event.seq)")
            } else if state.withLock({ $0.events[Int(event.seq) - 1] }) != event.bytes {
                violate("event \(event.seq) has changed")
            }
        }
    }

    private func take(_ told: Told, _ seq: UInt64, _ tolerance: Int64) {
        let now = simulator.milliseconds
        simulator.note(
            "event", seq, told.message.low, "\(seq): \(told.kind) \(told.message) \(told.recipient ?? -1)")
        change(told.message, told.recipient) { state, message in
            if message.answer == .refusedForGood {
                return "event \(seq) tells of \(told.message), which was refused"
            }
            if told.kind == .accepted {
                message.acceptedEvents += 1
                return message.acceptedEvents > 1 ? "\(told.message) was accepted twice in events" : nil
            }
            if message.acceptedEvents == 0 { return "\(told.kind) of \(told.message) before it was accepted" }
            guard let recipient = told.recipient, told.kind.isEnd else { return nil }
            defer { message.ends[recipient] = told.kind }
            if let end = message.ends[recipient] {
                return "\(told.message) recipient \(recipient) ended twice: \(end), then \(told.kind)"
            }
            if now > max(message.deadline, state.lifeBegan).addingClamped(tolerance) {
                return "\(told.message) recipient \(recipient) ended \(now - message.deadline) ms late"
            }
            if told.kind == .delivered, message.deliveries[recipient].isEmpty {
                return "\(told.message) recipient \(recipient) counts as delivered, and no host has it"
            }
            let isKnownThere = message.deliveries[recipient].contains {
                $0.answeredAt != nil && !$0.wasInFlight
            }
            if told.kind != .delivered, isKnownThere {
                return "\(told.message) recipient \(recipient) was delivered and counts as \(told.kind)"
            }
            return nil
        }
    }

    // MARK: - Lives

    package func lifeBegins() {
        let now = simulator.milliseconds
        state.withLock { state in
            state.lifeBegan = now
            // What was refused when a life ended may have been on disk all the same.
            state.refused = []
        }
    }

    /// A life has ended: by a kill or a loss of power at a time, or in good order. `hadTrouble`: whether its
    /// disk failed since a time.
    package func lifeEnded(at moment: Int64?, hadTrouble: (Int64) -> Bool) {
        state.withLock { state in
            for id in state.order {
                guard var message = state.messages[id] else { continue }
                for recipient in message.deliveries.indices where message.ends[recipient] == nil {
                    let last = message.deliveries[recipient].count - 1
                    guard last >= 0, message.deliveries[recipient][last].life == state.life else { continue }
                    let answered = message.deliveries[recipient][last].answeredAt ?? .max
                    let isRecent = moment.map { $0 < answered.addingClamped(Self.slackMilliseconds) } ?? false
                    message.deliveries[recipient][last].wasInFlight =
                        isRecent || hadTrouble(answered - Self.troubledMilliseconds)
                }
                state.messages[id] = message
            }
            state.life += 1
        }
    }

    /// After the last, quiet life: everything must have come to its end.
    package func judgeTheEnd() {
        let (order, messages) = state.withLock { ($0.order, $0.messages) }
        for id in order {
            guard let message = messages[id] else { continue }
            let isThere = message.answer == .accepted || message.acceptedEvents > 0
            if message.answer == .accepted, message.acceptedEvents == 0 {
                violate("\(id) was acknowledged and is lost: no event tells of it")
            }
            if !isThere, message.deliveries.contains(where: { !$0.isEmpty }) {
                violate("\(id) was never accepted and left")
            }
            guard isThere else { continue }
            for (recipient, end) in message.ends.enumerated() where end == nil {
                violate("\(id) recipient \(recipient) was accepted (\(message.answer)) and has no end")
            }
        }
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension EventKind {
    /// Whether a recipient's road ends with it.
    var isEnd: Bool {
        switch self {
        case .delivered, .bounced, .expired, .failed, .cancelled, .suppressed: true
        default: false
        }
    }
}
