import EventLoop
import NodeProtocol

/// What this node has seen of late at its links, so that somebody who hammers one makes one event a minute,
/// and whoever follows every link of a message within seconds is known for a machine. Bounded; any thread may
/// call it.
final class LinkMemory: Sendable {
    private struct Visit: Hashable {
        let message: MessageID
        let act: TrackingClaim.Act
        let isMachine: Bool
        /// Of recipient and target, which may be long.
        let rest: Int
    }

    private struct Reader: Hashable {
        let message: MessageID
        let recipient: Int
        let client: ClientNetwork
    }

    private struct Burst {
        var second: UInt64
        var targets: Set<Int>
    }

    private struct State {
        var minute: UInt64 = 0
        var visits: Set<Visit> = []
        var bursts: [Reader: Burst] = [:]
    }

    /// So many links of one message in so many seconds are more than a hand follows.
    private static let burstTargets = 3
    private static let burstSeconds: UInt64 = 5
    private static let nanosecondsPerSecond: UInt64 = 1_000_000_000

    private let limits: LinkLimits
    private let state = Locked(State())

    init(limits: LinkLimits) { self.limits = limits }

    /// Whether this is the first of its kind in this minute. A full memory lets everything pass.
    func isNew(_ visit: LinkVisit, now: MonotonicTime) -> Bool {
        let minute = now.nanoseconds / (60 * Self.nanosecondsPerSecond)
        let claim = visit.claim
        let key = Visit(
            message: claim.message, act: claim.act, isMachine: visit.reader.isMachine,
            rest: [claim.recipient, claim.target ?? ""].hashValue)
        return state.withLock { state in
            if state.minute != minute {
                state.minute = minute
                state.visits.removeAll(keepingCapacity: true)
            }
            guard !state.visits.contains(key) else { return false }
            if state.visits.count < limits.maxRememberedVisits { state.visits.insert(key) }
            return true
        }
    }

    /// Whether this click is one of many different ones of the same message from the same client within
    /// seconds.
    func isBurst(_ claim: TrackingClaim, from ip: String, now: MonotonicTime) -> Bool {
        guard claim.act == .click, let target = claim.target else { return false }
        let second = now.nanoseconds / Self.nanosecondsPerSecond
        let reader = Reader(
            message: claim.message, recipient: claim.recipient.hashValue, client: ClientNetwork(ip))
        return state.withLock { state in
            var burst = state.bursts[reader] ?? Burst(second: second, targets: [])
            if second - min(second, burst.second) > Self.burstSeconds {
                burst = Burst(second: second, targets: [])
            }
            burst.targets.insert(target.hashValue)
            if state.bursts[reader] == nil, state.bursts.count >= limits.maxRememberedReaders {
                state.bursts = state.bursts.filter {
                    second - min(second, $0.value.second) <= Self.burstSeconds
                }
                if state.bursts.count >= limits.maxRememberedReaders { state.bursts.removeAll() }
            }
            let isBurst = burst.targets.count >= Self.burstTargets
            // What is known already needs no more memory.
            if !isBurst || state.bursts[reader] == nil { state.bursts[reader] = burst }
            return isBurst
        }
    }
}
