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
/// Nodes take turns. When one cannot be reached, the next gets the request: those last that did not answer a
/// few seconds ago, or that the control plane has not heard of for long. A request that may have reached a
/// node is not tried at another, because it could be sent twice, and one with an idempotency key goes to the
/// node that the key belongs to or to none.
struct SendRelay: Sendable {
    private struct State {
        /// Those that are being drained among them.
        var nodes: [ServingNode] = []
        var readAt = MonotonicTime(nanoseconds: 0)
        var failedAt: [UInt16: MonotonicTime] = [:]
        var turn = 0
    }

    /// How long the list of nodes is believed, and a node left out that did not answer.
    private static let listLifetime: Duration = .seconds(1)
    private static let failurePause: Duration = .seconds(3)
    /// How many nodes are tried for one request.
    private static let maxTries = 3
    /// A form with one field, on the page of a link.
    private static let maxLinkBodyBytes = 16 * 1024
    /// What the other dialects answer on nodes.
    private static let nodePrefixes = [
        "/v1/", "/v3/", "/api/v1/emails", "/api/v1/apps", "/api/v1/ingest", "/t/", "/u/",
    ]

    let context: ControlContext
    let clients: LoopClients
    private let signer: ClusterSigner
    private let relay: PlaneRelay
    private let authenticator: Authenticator
    /// Before the API; whose address a caller has is theirs to say.
    private let proxies: TrustedProxies
    private let state = Locked(State())

    init(
        context: ControlContext, clients: LoopClients, signer: ClusterSigner, metrics: ControlMetrics,
        proxies: TrustedProxies
    ) {
        self.proxies = proxies
        self.context = context
        self.clients = clients
        self.signer = signer
        authenticator = Authenticator(context)
        relay = PlaneRelay(maxBodyBytes: SendRoutes.maxBodyBytes) { status in
            metrics.relayed(status.map { String($0) } ?? "unreachable").increment()
        }
    }

    func add(to router: inout Router) {
        let (one, many) = (SendRoutes.maxBodyBytes, SendRoutes.maxBulkBodyBytes)
        let routes: [(String, RouteInfo, maxBodyBytes: Int)] = [
            (IngestRoutes.path, IngestRoutes.send, one), (MailgunRoutes.path, MailgunRoutes.send, one),
            (MailgunRoutes.path + ".mime", MailgunRoutes.sendMIME, one),
            (SendRoutes.prefix + "/send", SendRoutes.send, one),
            (SendRoutes.prefix + "/send-bulk", SendRoutes.sendBulk, many),
            (MessagesRoutes.prefix + "/send", MessagesRoutes.send, one),
            (MessagesRoutes.prefix + "/batch", MessagesRoutes.batch, many),
            (EmailsRoutes.path, EmailsRoutes.send, one), (EmailsRoutes.batchPath, EmailsRoutes.batch, many),
        ]
        for (path, info, maxBodyBytes) in routes {
            router.on(.post, path, info) { request in
                let answer = try await PostgresError.answered {
                    try await send(request, maxBodyBytes: maxBodyBytes)
                }
                guard let answer else {
                    throw APIError.notFound
                }
                return answer
            }
        }
        let gate = RelayGate(context: context)
        let proxies = proxies
        router.gate = { request in
            proxies.pass(request)
            try await gate.pass(request)
        }
        router.fallback = { request, miss in
            guard miss == .noPath, Self.isNodes(request.head.rawPathAndQuery) else { return nil }
            return try await PostgresError.answered {
                try await send(request, maxBodyBytes: SendRoutes.maxBodyBytes)
            }
        }
    }

    /// Asks the node that accepted a message, or the one that has adopted its spool, while it is
    /// one; unless it was that very node that asked.
    ///
    /// - Returns: its answer; nil when it cannot be asked or does not know the message any more.
    func askNode(_ request: HTTPRequest, holding message: MessageID) async -> HTTPResponse? {
        let mark = try? RelayMark { request.headers[$0] }
        guard let client = clients.current, mark.flatMap({ RelayMark.node($0.signer) }) != message.node,
            let all = try? await nodes().map(\.node),
            let named = all.first(where: { $0.number == message.node }),
            let node = all.first(where: { $0.number == named.heir ?? named.number }),
            let answer = try? await pass(request, [], to: [node], by: client), answer.status.code < 400
        else { return nil }
        return answer
    }

    /// Has a node answer the caller's request with a body of this plane's own making.
    func send(_ request: HTTPRequest, ownBody: [UInt8]) async throws -> HTTPResponse {
        let answer: HTTPResponse? = try await send(
            request, ownBody, maxBodyBytes: SendRoutes.maxBodyBytes)
        guard let answer else { throw APIError.notFound }
        return answer
    }

    private func send(
        _ request: HTTPRequest, _ ownBody: [UInt8]? = nil, maxBodyBytes: Int
    ) async throws -> HTTPResponse? {
        let chosen = nodes(for: request, of: try await nodes())
        guard !chosen.isEmpty, let client = clients.current else {
            throw APIError(
                503, "no_node_available", "No node can take messages at the moment; try again.",
                retryAfterSeconds: 5)
        }
        return try await pass(request, ownBody, to: chosen, by: client, maxBodyBytes: maxBodyBytes)
    }

    private func pass(
        _ request: HTTPRequest, _ ownBody: [UInt8]?, to nodes: [ClusterNode], by client: HTTPClient,
        maxBodyBytes: Int = SendRoutes.maxBodyBytes
    ) async throws -> HTTPResponse? {
        // Whoever follows a link has no credentials.
        let isLink = request.path[0] == "t" || request.path[0] == "u"
        return try await relay.relay(
            request, ownBody: ownBody, to: nodes.map(\.url), by: client,
            maxBodyBytes: isLink ? Self.maxLinkBodyBytes : maxBodyBytes,
            unreachable: { url in
                for node in nodes where node.url == url {
                    state.withLock { $0.failedAt[node.number] = MonotonicTime.now() }
                }
            },
            marked: {
                let signing = try await signer.signing().current
                return try RelayMark.headers(
                    clientIP: request.remoteAddress.ip, method: request.method.rawValue,
                    path: request.head.rawPathAndQuery, signer: signing.id, time: context.nowSeconds,
                    nonce: Hex.encode(SecureRandom.bytes(16)), key: signing.key)
            },
            isKnown: {
                if isLink { return true }
                return try await authenticator.knows(request)
            })
    }

    /// Whom to ask, in this order. With a key, the node that it belongs to, healthy or not: any other would
    /// only pass the request on to it. Without one, whoever takes something new, the next in turn first.
    private func nodes(for request: HTTPRequest, of all: [ServingNode]) -> [ClusterNode] {
        if let key = request.headers["Idempotency-Key"] {
            let owner = KeyOwners(all.map(\.node)).owner(of: key, now: context.nowSeconds)
            return owner.map { [$0] } ?? []
        }
        let now = MonotonicTime.now()
        let ranked: [ClusterNode] = state.withLock { state in
            state.turn = (state.turn + 1) % 65_536
            let nodes = all.filter { !$0.node.isDraining && $0.node.heir == nil }
            guard !nodes.isEmpty else { return [] }
            let first = state.turn % nodes.count
            let inTurn = nodes[first...] + nodes[..<first]
            func doubts(_ node: ServingNode) -> Int {
                let hasFailed = state.failedAt[node.node.number].map { now - $0 <= Self.failurePause }
                return hasFailed == true ? 2 : node.isSilent ? 1 : 0
            }
            // Those that are equally good stay in turn.
            return (0...2).flatMap { doubt in inTurn.filter { doubts($0) == doubt }.map(\.node) }
        }
        return Array(ranked.prefix(Self.maxTries))
    }

    private func nodes() async throws -> [ServingNode] {
        let now = MonotonicTime.now()
        let known = state.withLock { now - $0.readAt < Self.listLifetime ? $0.nodes : nil }
        if let known, !known.isEmpty { return known }
        let nodes = try await ServingNode.all(context.pool)
        state.withLock { state in
            state.nodes = nodes
            state.readAt = now
        }
        return nodes
    }

    private static func isNodes(_ path: String) -> Bool { nodePrefixes.contains { path.hasPrefix($0) } }
}
