import EventLoop
import FoundationEssentials
import HTTP
import HTTPClient
import NodeProtocol
import Postgres
import Relay
import Service

/// Relays to nodes what only nodes do: sends, and questions about what a node holds.
///
/// Nodes take turns; one that did not answer is left out for a few seconds. A request that may have reached a
/// node is not tried at another: it could be sent twice.
struct SendRelay: Sendable {
    private struct Node: Sendable {
        let number: Int
        let url: String
    }

    private struct State {
        var nodes: [Node] = []
        var readAt = MonotonicTime(nanoseconds: 0)
        var failedAt: [Int: MonotonicTime] = [:]
        var turn = 0
    }

    /// How long the list of nodes is believed, and a node left out that did not answer.
    private static let listLifetime: Duration = .seconds(1)
    private static let failurePause: Duration = .seconds(3)
    /// What the other dialects answer on nodes.
    private static let nodePrefixes = [
        "/v1/", "/v3/", "/api/v1/emails", "/api/v1/apps", "/api/v1/ingest", "/t/", "/u/",
    ]

    let context: ControlContext
    let clients: LoopClients
    private let relay: PlaneRelay
    private let state = Locked(State())

    init(context: ControlContext, clients: LoopClients, metrics: ControlMetrics) {
        self.context = context
        self.clients = clients
        relay = PlaneRelay { status in metrics.relayed(status.map { String($0) } ?? "unreachable").increment()
        }
    }

    func add(to router: inout Router) {
        let routes: [(String, String)] = [
            ("/api/v1/messages", "Send a message"),
            ("/api/v1/dispatch/tenants/{tenant_id}/send", "Send a single email"),
            ("/api/v1/dispatch/tenants/{tenant_id}/send-bulk", "Send up to 100 emails in one request"),
        ]
        for (path, summary) in routes {
            router.on(
                .post, path,
                RouteInfo(
                    summary: summary, details: "Handled by a node.", tag: "messages", scope: "emails:send",
                    requestContentTypes: ["application/json"])
            ) { request in
                guard let answer = try await PostgresError.answered({ try await send(request) }) else {
                    throw APIError.notFound
                }
                return answer
            }
        }
        router.fallback = { request, miss in
            guard miss == .noPath, Self.isNodes(request.head.rawPathAndQuery) else { return nil }
            return try await PostgresError.answered { try await send(request) }
        }
    }

    /// Asks the node that accepted a message, while it is one.
    ///
    /// - Returns: its answer; nil when it cannot be asked or does not know the message any more.
    func askNode(_ request: HTTPRequest, holding message: MessageID) async -> HTTPResponse? {
        guard let client = clients.current,
            let node = try? await nodes().first(where: { $0.number == Int(message.node) }),
            let answer = try? await relay.relay(request, to: node.url, by: client), answer.status.code < 400
        else { return nil }
        return answer
    }

    private func send(_ request: HTTPRequest) async throws -> HTTPResponse? {
        let unavailable = APIError(
            503, "no_node_available", "No node can take messages at the moment; try again.",
            retryAfterSeconds: 5)
        let all = try await nodes()
        guard let node = next(of: all), let client = clients.current else { throw unavailable }
        do { return try await relay.relay(request, to: node.url, by: client) } catch {
            if (error as? APIError)?.code == "other_plane_unreachable" {
                state.withLock { $0.failedAt[node.number] = MonotonicTime.now() }
            }
            throw error
        }
    }

    private func next(of nodes: [Node]) -> Node? {
        let now = MonotonicTime.now()
        return state.withLock { state in
            let healthy = nodes.filter { node in
                state.failedAt[node.number].map { now - $0 > Self.failurePause } ?? true
            }
            let choice = healthy.isEmpty ? nodes : healthy
            guard !choice.isEmpty else { return nil }
            state.turn = (state.turn &+ 1) % choice.count
            return choice[state.turn]
        }
    }

    /// The nodes that take messages.
    private func nodes() async throws -> [Node] {
        let now = MonotonicTime.now()
        let known = state.withLock { now - $0.readAt < Self.listLifetime ? $0.nodes : nil }
        if let known, !known.isEmpty { return known }
        let rows = try await context.pool.query(
            """
            SELECT number, base_urls[1] AS url FROM nodes
            WHERE state = 'active' AND cardinality(base_urls) > 0 ORDER BY number
            """, as: .system)
        let nodes = try rows.map { Node(number: try $0["number"], url: try $0["url"]) }
        state.withLock { state in
            state.nodes = nodes
            state.readAt = now
        }
        return nodes
    }

    private static func isNodes(_ path: String) -> Bool { nodePrefixes.contains { path.hasPrefix($0) } }
}
