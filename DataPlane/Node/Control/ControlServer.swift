import Crypto
import Doors
import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol

/// The listener that the control plane talks to: it pushes manifests, asks how the node is, and controls its
/// queue.
///
/// A manifest proves itself by its signature; everything else must be a request signed by a pinned key, not
/// older than the tolerance and never seen before.
struct ControlServer: Sendable {
    private static let maxNonces = 100_000
    private static let maxNoticesBytes = 1 << 20
    /// Of a body that is received before its sender is known.
    private static let maxUntoldBytes = 64 * 1024

    let identity: NodeIdentity
    let intake: SnapshotIntake
    let dispatcher: LoopBound<Dispatcher>
    let notices: NoticeWebhooks
    let holder: SnapshotHolder
    let road: any Intake
    let idempotency: IdempotencyKeys
    let reports: ReportRoad
    let status: @Sendable () async -> NodeStatus
    let clock: WallClock
    private let nonces = Locked<[String: Int64]>([:])

    init(
        identity: NodeIdentity, intake: SnapshotIntake, dispatcher: LoopBound<Dispatcher>,
        notices: NoticeWebhooks, holder: SnapshotHolder, road: any Intake, idempotency: IdempotencyKeys,
        reports: ReportRoad, clock: WallClock,
        status: @escaping @Sendable () async -> NodeStatus
    ) {
        self.identity = identity
        self.intake = intake
        self.dispatcher = dispatcher
        self.notices = notices
        self.holder = holder
        self.road = road
        self.idempotency = idempotency
        self.reports = reports
        self.clock = clock
        self.status = status
    }

    func router() -> Router {
        var router = Router()
        router.on(
            .post, NodePaths.push, RouteInfo(summary: "Take a snapshot's manifest", authentication: .none)
        ) { request in
            let body = try await request.readBody(maxBytes: 2 * Manifest.maxBytes)
            guard let signed = try? JSONDecoder().decode(SignedManifest.self, from: Data(body)) else {
                throw APIError(400, "malformed", "The body is not a signed manifest.")
            }
            let answer = await intake.take(signed)
            return try .json(answer, status: answer.accepted ? 200 : 409)
        }
        router.on(.get, NodePaths.status, RouteInfo(summary: "Tell how the node is", authentication: .none)) {
            request in
            try verify(request, body: [])
            return try await .json(status())
        }
        router.on(
            .post, NodePaths.notices, RouteInfo(summary: "Tell tenants' webhooks", authentication: .none)
        ) { request in
            let body = try await request.readBody(maxBytes: Self.maxNoticesBytes)
            try verify(request, body: body)
            let list = try StrictDecoding.decode([TenantNotice].self, from: body, unknownFields: .refuse)
            guard list.count <= TenantNotice.maxAtOnce else {
                throw APIError(422, "invalid", "At most \(TenantNotice.maxAtOnce) notices at once.")
            }
            return try .json(await notices.take(list))
        }
        QueueRoutes(dispatcher: dispatcher, verify: { try verify($0, body: $1) }).add(to: &router)
        PeerRoutes(intake: road, idempotency: idempotency, reports: reports) { try await verifyNode($0, $1) }
            .add(to: &router)
        return router
    }

    private static let unsigned = APIError(
        401, "unauthenticated", "The request is not signed by this cluster.")

    private func verify(_ request: HTTPRequest, body: [UInt8]) throws {
        guard let signature = try? RequestSignature(header: { request.headers[$0] }),
            let pinned = identity.signingKeys.first(where: { $0.keyID == signature.signer })
        else { throw Self.unsigned }
        try verify(
            request, signature, Array(pinned.publicKey), bodyHash: RequestSignature.hash(of: body))
    }

    /// Of a node that the snapshot names; its number and the body. A large body is received of a node alone.
    private func verifyNode(
        _ request: HTTPRequest, _ maxBytes: Int
    ) async throws -> (node: UInt16, body: [UInt8]) {
        guard let signature = try? RequestSignature(header: { request.headers[$0] }),
            let node = holder.current?.node(signature.signer)
        else { throw Self.unsigned }
        let key = Array(node.publicKey)
        guard let hash = request.headers[RequestSignature.bodyHashHeader] else {
            let body = try await request.readBody(maxBytes: min(maxBytes, Self.maxUntoldBytes))
            try verify(request, signature, key, bodyHash: RequestSignature.hash(of: body))
            return (node.number, body)
        }
        try verify(request, signature, key, bodyHash: hash)
        let body = try await request.readBody(maxBytes: maxBytes)
        guard RequestSignature.hash(of: body) == hash else { throw Self.unsigned }
        return (node.number, body)
    }

    private func verify(
        _ request: HTTPRequest, _ signature: RequestSignature, _ publicKey: [UInt8], bodyHash: String
    ) throws {
        let now = clock.now() / 1000
        do {
            try signature.verify(
                method: request.method.rawValue, path: request.head.rawPathAndQuery,
                bodyHash: bodyHash, key: try Ed25519PublicKey(raw: publicKey), now: now)
        } catch { throw Self.unsigned }
        guard remember(signature.nonce, now) else { throw Self.unsigned }
    }

    private func remember(_ nonce: String, _ now: Int64) -> Bool {
        nonces.withLock { nonces in
            if nonces.count >= Self.maxNonces {
                nonces = nonces.filter { $0.value > now - 2 * RequestSignature.toleranceSeconds }
            }
            guard nonces.count < Self.maxNonces else { return false }
            return nonces.updateValue(now, forKey: nonce) == nil
        }
    }
}
