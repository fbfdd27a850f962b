import EventLoop
import FoundationEssentials
import HTTPClient
import NodeProtocol
import Postgres
import Service

/// Brings the newest manifest to every node that serves: all at once, again after short pauses until each has
/// answered that it holds it. A manifest proves itself by its signature, so the request carries nothing else.
struct NodePusher: Sendable {
    private struct Node: Sendable {
        let number: Int
        let url: String
    }

    private static let firstPause: Duration = .milliseconds(50)
    private static let longestPause: Duration = .seconds(5)

    let context: ControlContext
    let client: HTTPClient
    let metrics: ControlMetrics
    let stopping: StopFlag
    /// The version that is being pushed to each node: an older push ends when it sees a newer one.
    private let underWay = Locked<[Int: Int64]>([:])

    init(context: ControlContext, client: HTTPClient, metrics: ControlMetrics, stopping: StopFlag) {
        self.context = context
        self.client = client
        self.metrics = metrics
        self.stopping = stopping
    }

    /// Starts a push to every node that does not hold the newest version yet. On the context's loop.
    func pushNewest() async throws {
        let found: (version: Int64, signed: SignedManifest, nodes: [Node])? =
            try await context.pool.transaction(as: .system) { connection in
                guard let (version, signed) = try await SignedManifest.newest(connection) else { return nil }
                let rows = try await connection.query(
                    """
                    SELECT number, control_url FROM nodes
                    WHERE state IN ('active', 'draining') AND adopted_by IS NULL
                      AND held_version IS DISTINCT FROM \(version)
                    """)
                let nodes = try rows.map { Node(number: try $0["number"], url: try $0["control_url"]) }
                return (version, signed, nodes)
            }
        guard let found, !found.nodes.isEmpty else { return }
        let body = Array(try JSONEncoder().encode(found.signed))
        for node in found.nodes where begin(found.version, node) {
            context.loop.spawn {
                await push(body, version: found.version, to: node)
                end(found.version, node)
            }
        }
    }

    private func push(_ body: [UInt8], version: Int64, to node: Node) async {
        var pause = Self.firstPause
        while !stopping.isSet, isCurrent(version, node) {
            if let answer = await send(body, to: node) {
                if let held = answer.heldVersion { await record(held, of: node) }
                if answer.accepted || (answer.heldVersion ?? 0) >= version { return }
                context.log.warning(
                    "node refused a snapshot",
                    [
                        "node": .int(node.number), "version": .int(Int(version)),
                        "reason": .string(answer.reason ?? ""), "detail": .string(answer.detail ?? ""),
                    ])
            }
            await context.loop.sleep(pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// Nil when the node did not answer as agreed.
    private func send(_ body: [UInt8], to node: Node) async -> SnapshotAnswer? {
        var request = HTTPClientRequest(
            "POST", node.url + NodePaths.push, headers: [("Content-Type", "application/json")], body: body)
        request.connectTimeout = .seconds(2)
        request.totalTimeout = .seconds(60)
        do {
            let response = try await client.send(request)
            metrics.pushes(String(response.status)).increment()
            return try? JSONDecoder().decode(SnapshotAnswer.self, from: Data(response.body))
        } catch {
            metrics.pushes("unreachable").increment()
            context.log.debug("node not reached", ["node": .int(node.number), "error": .error(error)])
            return nil
        }
    }

    private func record(_ held: Int64, of node: Node) async {
        do {
            try await context.pool.execute(
                """
                UPDATE nodes SET held_version = \(held), last_seen_at = now()
                WHERE number = \(Int32(clamping: node.number))
                """, as: .system)
        } catch {
            context.log.warning(
                "held version not stored", ["node": .int(node.number), "error": .error(error)])
        }
    }

    private func begin(_ version: Int64, _ node: Node) -> Bool {
        underWay.withLock { underWay in
            if underWay[node.number] == version { return false }
            underWay[node.number] = version
            return true
        }
    }

    private func isCurrent(_ version: Int64, _ node: Node) -> Bool {
        underWay.withLock { $0[node.number] == version }
    }

    private func end(_ version: Int64, _ node: Node) {
        underWay.withLock { if $0[node.number] == version { $0[node.number] = nil } }
    }
}
