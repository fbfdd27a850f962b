import EventLoop

/// Accepted changes on their way to the name servers.
///
/// A change reaches them at once, or after it was asked for often enough, or after a while, as the service's
/// behaviour says when it is made. Each carries the whole zone as it then was; an older change that comes
/// later than a newer one changes nothing.
final class Propagation: Sendable {
    /// Where a zone is served; nil for one that is not delegated to the service.
    struct Target: Sendable {
        let zone: RecordName
        let nameServers: [String]
        let isDelegated: Bool
        var negativeSeconds = 60
    }

    private struct Change {
        let target: Target
        let records: [ServedRecord]
        let number: Int
        var pollsLeft: Int
        var isWaitingForTime: Bool
    }

    private struct State {
        var next = 1
        var open: [Int: Change] = [:]
        /// The number of the newest change that each zone's servers have.
        var served: [RecordName: Int] = [:]
    }

    private let zones: ServedZones
    private let loop: EventLoop
    private let state = Locked(State())

    init(zones: ServedZones, loop: EventLoop) {
        self.zones = zones
        self.loop = loop
    }

    /// Begins; returns when the name servers have the change if nothing delays it.
    /// - Parameter canBePolled: whether the service has a call that tells how far a change is.
    func begin(
        _ target: Target, _ records: [ServedRecord], _ behaviour: Behaviour, canBePolled: Bool
    ) async throws -> Int {
        let delay = Duration.milliseconds(max(0, behaviour.delayMilliseconds))
        let polls = canBePolled ? behaviour.pendingPolls : 0
        let number = state.withLock { state in
            let number = state.next
            state.next += 1
            state.open[number] = Change(
                target: target, records: records, number: number, pollsLeft: polls,
                isWaitingForTime: delay > .zero)
            return number
        }
        if delay > .zero {
            loop.spawn { [self] in
                await loop.sleep(delay)
                state.withLock { $0.open[number]?.isWaitingForTime = false }
                try? await finishIfDue(number)
            }
        } else {
            try await finishIfDue(number)
        }
        return number
    }

    /// Asks for a change; true when the name servers have it. With `pendingPolls` of 2, the first two calls
    /// are answered with false and the third with true.
    func poll(_ number: Int) async throws -> Bool {
        let mayFinish = state.withLock { state in
            guard let left = state.open[number]?.pollsLeft, left > 0 else { return true }
            state.open[number]?.pollsLeft = left - 1
            return false
        }
        guard mayFinish else { return false }
        try await finishIfDue(number)
        return state.withLock { $0.open[number] == nil }
    }

    /// Lets everything arrive now.
    func flush() async throws {
        let numbers = state.withLock { state in
            for number in state.open.keys {
                state.open[number]?.pollsLeft = 0
                state.open[number]?.isWaitingForTime = false
            }
            return state.open.keys.sorted()
        }
        for number in numbers { try await finishIfDue(number) }
    }

    private func finishIfDue(_ number: Int) async throws {
        let due: Change? = state.withLock { state in
            guard let change = state.open[number], change.pollsLeft == 0, !change.isWaitingForTime else {
                return nil
            }
            guard change.target.isDelegated, state.served[change.target.zone] ?? 0 < number else {
                state.open[number] = nil
                return nil
            }
            return change
        }
        guard let due else { return }
        try await zones.publish(
            due.target.zone, nameServers: due.target.nameServers, negativeSeconds: due.target.negativeSeconds,
            records: due.records)
        state.withLock { state in
            state.served[due.target.zone] = max(state.served[due.target.zone] ?? 0, number)
            state.open[number] = nil
        }
    }
}
