import FoundationEssentials
import NodeProtocol
import Postgres

/// Brings notices to nodes, which have them on disk before they answer, and make webhook messages of them.
///
/// Every process may do it: what two bring at the same time is known by its id. A notice that no node has
/// taken waits; after a week it is of no use to anybody and goes.
struct NoticeSender: Sendable {
    private static let pause: Duration = .seconds(1)
    private static let pauseAfterFailure: Duration = .seconds(10)

    let context: ControlContext
    let nodes: NodeControl
    let stopping: StopFlag

    /// Runs until the service stops. On the context's loop.
    func run() async {
        while !stopping.isSet {
            var pause = Self.pause
            do {
                if try await !send() { pause = Self.pauseAfterFailure }
            } catch {
                pause = Self.pauseAfterFailure
                if !stopping.isSet { context.log.warning("notices not sent", ["error": .error(error)]) }
            }
            await context.loop.sleep(pause)
        }
    }

    /// Brings what waits; false when no node took it.
    func send() async throws -> Bool {
        let waiting = try await waiting()
        guard !waiting.isEmpty else { return true }
        for node in try await nodes.nodes().shuffled() {
            let question = try NodeControl.Question.post(NodePaths.notices, waiting)
            guard case .success(let taken) = await nodes.ask(node, question, for: TakenNotices.self) else {
                continue
            }
            try await context.pool.execute(
                "UPDATE notices SET taken_at = now() WHERE id = ANY(\(taken.ids))", as: .system)
            if taken.ids.count == waiting.count { return true }
        }
        return false
    }

    private func waiting() async throws -> [TenantNotice] {
        let rows = try await context.pool.query(
            """
            SELECT id, tenant_id, event, body, floor(extract(epoch FROM created_at) * 1000)::bigint AS at
            FROM notices WHERE taken_at IS NULL ORDER BY created_at LIMIT \(Int32(TenantNotice.maxAtOnce))
            """, as: .system)
        return try rows.map { row in
            TenantNotice(
                id: try row["id"], tenant: TenantID(try row["tenant_id"]), event: try row["event"],
                at: try row["at"], domain: try row.decode("body"))
        }
    }
}
