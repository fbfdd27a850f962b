import EventLoop
import Postgres

/// The pair of the cluster whose public half the nodes have pinned, for requests to them. Read from the
/// database at most once a minute.
final class ClusterSigner: Sendable {
    private static let lifetime: Duration = .seconds(60)

    private let context: ControlContext
    private let held = Locked<(signing: ClusterKeys.Signing, readAt: MonotonicTime)?>(nil)

    init(_ context: ControlContext) { self.context = context }

    func signing() async throws -> ClusterKeys.Signing {
        let now = MonotonicTime.now()
        if let (signing, readAt) = held.withLock({ $0 }), now - readAt < Self.lifetime { return signing }
        let keys = ClusterKeys(masterSeal: context.masterSeal)
        let signing = try await context.pool.transaction(as: .system, mode: .readOnly) {
            try await keys.signing($0)
        }
        held.withLock { $0 = (signing, now) }
        return signing
    }
}
