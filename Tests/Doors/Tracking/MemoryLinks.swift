import Admission
import Doors
import EventLoop
import FoundationEssentials
import NodeProtocol
import Testing

/// A node behind links that proves tokens as a real one does, and keeps what it is told.
final class MemoryLinks: LinkRoad {
    private struct State {
        var visits: [LinkVisit] = []
        var unsubscribed: [LinkVisit] = []
        var outcomes: [LinkOutcome] = []
        var refusal: Refusal?
    }

    static let tenant = TenantID(UUID())
    static let message = MessageID(milliseconds: 1_800_000_000_000, node: 3, random: (1, 2))
    let tokens: TrackingTokens
    private let state = Locked(State())

    init() throws {
        let keys: [(id: UInt8, secret: [UInt8])] = [
            (7, [UInt8](repeating: 1, count: 32)), (9, [UInt8](repeating: 2, count: 32)),
        ]
        tokens = try #require(TrackingTokens(keys: keys))
    }

    func token(
        _ act: TrackingClaim.Act, to recipient: String = "jane@example.net", target: String? = nil
    ) throws -> String {
        try #require(
            tokens.token(
                TrackingClaim(
                    act, tenant: Self.tenant, message: Self.message, recipient: recipient, target: target)))
    }

    var visits: [LinkVisit] { state.withLock { $0.visits } }
    var unsubscribed: [LinkVisit] { state.withLock { $0.unsubscribed } }
    var outcomes: [LinkOutcome] { state.withLock { $0.outcomes } }
    /// Whether nothing at all has followed from what was asked.
    var isUntouched: Bool { visits.isEmpty && unsubscribed.isEmpty }

    /// From now on the disk takes nothing.
    func refuse(with refusal: Refusal) { state.withLock { $0.refusal = refusal } }

    func claim(_ token: String) -> TrackingClaim? { tokens.claim(token) }
    func note(_ visit: LinkVisit) { state.withLock { $0.visits.append(visit) } }
    func count(_ outcome: LinkOutcome) { state.withLock { $0.outcomes.append(outcome) } }

    func unsubscribe(_ visit: LinkVisit) async throws(Refusal) {
        let refusal = state.withLock { state in
            if state.refusal == nil { state.unsubscribed.append(visit) }
            return state.refusal
        }
        if let refusal { throw refusal }
    }
}
