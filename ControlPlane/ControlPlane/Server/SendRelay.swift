import Crypto
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
    private struct State {
        /// Those that are being drained among them.
        var nodes: [ClusterNode] = []
        var readAt = MonotonicTime(nanoseconds: 0)
        var failedAt: [UInt16: MonotonicTime] = [:]
        var turn = 0
    }

    /// How long the list of nodes is believed, and a node left out that did not answer.
    private static let listLifetime: Duration = .seconds(1)
    private static let failurePause: Duration = .seconds(3)
    /// A message of 25 MiB as base64 inside JSON, and the rest of it.
    private static let maxBodyBytes = 40 * 1024 * 1024
    /// What the other dialects answer on nodes.
    private static let nodePrefixes = [
        "/v1/", "/v3/", "/api/v1/emails", "/api/v1/apps", "/api/v1/ingest", "/t/", "/u/",
    ]

    let context: ControlContext
    let clients: LoopClients
    private let signer: ClusterSigner
    private let relay: PlaneRelay
    private let authenticator: Authenticator
    private let state = Locked(State())

    init(
        context: ControlContext, clients: LoopClients, signer: ClusterSigner, metrics: ControlMetrics
    ) {
        self.context = context
        self.clients = clients
        self.signer = signer
        authenticator = Authenticator(context)
        relay = PlaneRelay(maxBodyBytes: Self.maxBodyBytes) { status in
            metrics.relayed(status.map { String($0) } ?? "unreachable").increment()
        }
    }

    func add(to router: inout Router) {
        let routes: [(String, RouteInfo)] = [
            (IngestRoutes.path, IngestRoutes.send), (MailgunRoutes.path, MailgunRoutes.send),
            (MailgunRoutes.path + ".mime", MailgunRoutes.sendMIME),
            (SendRoutes.prefix + "/send", SendRoutes.send),
            (SendRoutes.prefix + "/send-bulk", SendRoutes.sendBulk),
            (MessagesRoutes.prefix + "/send", MessagesRoutes.send),
            (MessagesRoutes.prefix + "/batch", MessagesRoutes.batch),
            (EmailsRoutes.path, EmailsRoutes.send), (EmailsRoutes.batchPath, EmailsRoutes.batch),
        ]
        for (path, info) in routes {
            router.on(.post, path, info) { request in
                guard let answer = try await PostgresError.answered({ try await send(request) }) else {
                    throw APIError.notFound
                }
                return answer
            }
        }
        let gate = RelayGate(context: context)
        router.gate = { try await gate.pass($0) }
        router.fallback = { request, miss in
            guard miss == .noPath, Self.isNodes(request.head.rawPathAndQuery) else { return nil }
            return try await PostgresError.answered { try await send(request) }
        }
    }

    /// Asks the node that accepted a message, or the one that has adopted its spool, while it is one.
    ///
    /// - Returns: its answer; nil when it cannot be asked or does not know the message any more.
    func askNode(_ request: HTTPRequest, holding message: MessageID) async -> HTTPResponse? {
        guard let client = clients.current, let all = try? await nodes(),
            let named = all.first(where: { $0.number == message.node }),
            let node = all.first(where: { $0.number == named.heir ?? named.number }),
            let answer = try? await pass(request, nil, to: node, by: client), answer.status.code < 400
        else { return nil }
        return answer
    }

    /// Has a node answer the caller's request with a body of this plane's own making.
    func send(_ request: HTTPRequest, ownBody: [UInt8]) async throws -> HTTPResponse {
        let answer: HTTPResponse? = try await send(request, ownBody)
        guard let answer else { throw APIError.notFound }
        return answer
    }

    private func send(_ request: HTTPRequest, _ ownBody: [UInt8]? = nil) async throws -> HTTPResponse? {
        let unavailable = APIError(
            503, "no_node_available", "No node can take messages at the moment; try again.",
            retryAfterSeconds: 5)
        let all = try await nodes()
        guard let node = node(for: request, of: all), let client = clients.current else { throw unavailable }
        do { return try await pass(request, ownBody, to: node, by: client) } catch {
            if ["other_plane_unreachable", "outcome_unknown"].contains((error as? APIError)?.code) {
                state.withLock { $0.failedAt[node.number] = MonotonicTime.now() }
            }
            throw error
        }
    }

    private func pass(
        _ request: HTTPRequest, _ ownBody: [UInt8]?, to node: ClusterNode, by client: HTTPClient
    ) async throws -> HTTPResponse? {
        try await relay.relay(
            request, ownBody: ownBody, to: [node.url], by: client,
            marked: {
                let signing = try await signer.signing().current
                return try RelayMark.headers(
                    clientIP: request.remoteAddress.ip, method: request.method.rawValue,
                    path: request.head.rawPathAndQuery, signer: signing.id, time: context.nowSeconds,
                    nonce: Hex.encode(SecureRandom.bytes(16)), key: signing.key)
            }, isKnown: { try await authenticator.knows(request) })
    }

    /// The node that the key belongs to, healthy or not: any other would only pass the request on to it.
    /// Without a key, the next in turn.
    private func node(for request: HTTPRequest, of nodes: [ClusterNode]) -> ClusterNode? {
        guard let key = request.headers["Idempotency-Key"] else { return next(of: nodes) }
        return KeyOwners(nodes).owner(of: key, now: context.nowSeconds)
    }

    private func next(of all: [ClusterNode]) -> ClusterNode? {
        let now = MonotonicTime.now()
        let nodes = all.filter { !$0.isDraining && $0.heir == nil }
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

    private func nodes() async throws -> [ClusterNode] {
        let now = MonotonicTime.now()
        let known = state.withLock { now - $0.readAt < Self.listLifetime ? $0.nodes : nil }
        if let known, !known.isEmpty { return known }
        let nodes = try await ClusterNode.all(context.pool)
        state.withLock { state in
            state.nodes = nodes
            state.readAt = now
        }
        return nodes
    }

    private static func isNodes(_ path: String) -> Bool { nodePrefixes.contains { path.hasPrefix($0) } }
}
