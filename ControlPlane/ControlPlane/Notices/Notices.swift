import FoundationEssentials
import NodeProtocol
import Postgres

/// What tenants are told of besides their mail. Written with the change that it tells of, so that neither is
/// there without the other; a `NoticeSender` brings it to a node.
enum Notices {
    /// Notes an event for the tenant's webhooks; nothing when none of them wants it.
    static func write(
        _ connection: PostgresConnection, _ event: String, of domain: SendingDomain, problems: [String]
    ) async throws {
        let body = TenantNotice.Domain(
            id: domain.id, domain: domain.name, status: domain.status, problems: problems)
        let tenant = domain.tenant.uuid
        try await connection.query(
            """
            INSERT INTO notices (tenant_id, event, body)
            SELECT \(tenant), \(event), \(Postgres.JSON(body))
            WHERE EXISTS (SELECT FROM webhooks WHERE tenant_id = \(tenant) AND disabled_at IS NULL
                AND \(event) = ANY(events))
            """)
    }
}

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
