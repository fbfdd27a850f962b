import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

/// A small listener that plays a node: joins, takes pushed manifests as a node does, signs requests.
final class FakeNode: Sendable {
    let number: UInt16
    let identity: JoinResponse
    let clusterKey: [UInt8]
    let signing: Ed25519PrivateKey
    let sealing: X25519PrivateKey
    let queue: QueueStub
    private let control: ServiceFixture
    private let server: HTTPServer
    private let held: Locked<Snapshot?>

    static func request(
        _ token: String, controlURL: String = "http://127.0.0.1:1", signing: Ed25519PrivateKey,
        sealing: X25519PrivateKey
    ) -> JoinRequest {
        JoinRequest(
            token: token, signingKey: Data(signing.publicKey.raw), sealingKey: Data(sealing.publicKey.raw),
            controlURL: controlURL, httpURL: controlURL, hostName: "test")
    }

    static func join(_ control: ServiceFixture, token: String) async throws -> FakeNode {
        let signing = try Ed25519PrivateKey.generate()
        let sealing = try X25519PrivateKey.generate()
        let taken = Locked<(@Sendable (SignedManifest) async -> SnapshotAnswer)?>(nil)
        var router = Router()
        router.on(.post, NodePaths.push, RouteInfo(summary: "push", authentication: .none)) { request in
            let body = try await request.readBody(maxBytes: 1 << 22)
            let signed = try JSONDecoder().decode(SignedManifest.self, from: Data(body))
            guard let take = taken.withLock({ $0 }) else { return .empty(503) }
            let answer = await take(signed)
            return try .json(answer, status: answer.accepted ? 200 : 409)
        }
        router.on(.post, "/api/v1/messages", RouteInfo(summary: "send", authentication: .none)) { request in
            let body = String(decoding: try await request.readBody(maxBytes: 1000), as: UTF8.self)
            let mark = request.headers["X-Dispatch-Relayed"] ?? ""
            return try .json(
                [
                    "body": body, "mark": mark, "key": request.headers["Authorization"] ?? "",
                    "host": request.headers["Host"] ?? "",
                    "signer": request.headers["X-Dispatch-Signer"] ?? "",
                ], status: 202)
        }
        for path in ["/api/v1/emails", "/api/v1/emails/batch", "/api/v1/emails/{id}/resend"] {
            router.on(.post, path, RouteInfo(summary: "echo", authentication: .none)) { request in
                let body = String(decoding: try await request.readBody(maxBytes: 100_000), as: UTF8.self)
                let names = ["X-Dispatch-Relayed", "Authorization", "Idempotency-Key", "x-batch-validation"]
                let headers = names.map { request.headers[$0] ?? "" }
                return try .json(["body": [body], "headers": headers], status: 202)
            }
        }
        router.on(.post, "/v1/messages/batch", RouteInfo(summary: "batch", authentication: .none)) {
            try .json(["bytes": try await $0.readBody(maxBytes: 64 << 20).count], status: 202)
        }
        addLinks(to: &router)
        let queue = QueueStub()
        queue.add(to: &router)
        let server = try HTTPServer(
            HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0)), router: router)
        try server.start(on: control.group.loops)
        let asked = request(token, controlURL: "http://\(server.address)", signing: signing, sealing: sealing)
        let answer = try await control.send(
            "POST", JoinRequest.path, body: Array(try JSONEncoder().encode(asked)))
        #expect(answer.status == 201)
        let joined = try JSONDecoder().decode(JoinResponse.self, from: Data(answer.bytes))
        let key = try SealedBox.open(
            Array(joined.sealedClusterKey), with: sealing, context: Array(JoinResponse.clusterKeyContext.utf8)
        )
        queue.trust(joined.signingKeys)
        let node = FakeNode(joined, key, signing, sealing, queue, control, server)
        taken.withLock { $0 = { await node.take($0) } }
        return node
    }

    /// What a node says beside the page of a link.
    static let linkHeaders = [
        "Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex", "Content-Language": "de", "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    ]

    private static func addLinks(to router: inout Router) {
        for method in [HTTPMethod.get, .post] {
            router.on(method, "/u/{token}", RouteInfo(summary: "link", authentication: .none)) { request in
                _ = try await request.readBody(maxBytes: 1_000)
                let names = ["Accept-Language", "Sec-Purpose", "Purpose", "X-Moz"]
                let seen = names.map { request.headers[$0] ?? "-" }.joined(separator: " ")
                var page = HTTPResponse.bytes(Array(seen.utf8), contentType: "text/html")
                for (name, value) in linkHeaders { page.headers[name] = value }
                return page
            }
        }
    }

    var address: SocketAddress { server.address }

    private init(
        _ identity: JoinResponse, _ clusterKey: [UInt8], _ signing: Ed25519PrivateKey,
        _ sealing: X25519PrivateKey, _ queue: QueueStub,
        _ control: ServiceFixture, _ server: HTTPServer
    ) {
        self.identity = identity
        self.clusterKey = clusterKey
        self.signing = signing
        self.sealing = sealing
        self.queue = queue
        self.control = control
        self.server = server
        number = identity.node
        held = Locked(nil)
    }

    var snapshot: Snapshot? { held.withLock { $0 } }

    /// Waits for a snapshot that is as the test wants it.
    func snapshot(where holds: @escaping @Sendable (Snapshot) -> Bool) async throws -> Snapshot {
        try await Waiting.until("a snapshot on the node") { self.snapshot.flatMap { holds($0) ? $0 : nil } }
    }

    private func take(_ signed: SignedManifest) async -> SnapshotAnswer {
        let version = snapshot?.version
        do {
            let manifest = try signed.verified(
                by: identity.signingKeys, clusterID: identity.clusterID, held: version,
                now: Int64(Date().timeIntervalSince1970))
            var chunks: [String: [UInt8]] = [:]
            for chunk in manifest.chunks {
                chunks[chunk.name] = try await get(NodePaths.chunkPrefix + chunk.sha256).bytes
            }
            let fresh = try Snapshot(manifest, chunks: chunks, clusterKeys: [clusterKey])
            held.withLock { if ($0?.version ?? 0) < fresh.version { $0 = fresh } }
            return SnapshotAnswer(accepted: true, heldVersion: fresh.version)
        } catch {
            return SnapshotAnswer(
                accepted: false, heldVersion: version, reason: "refused", detail: "\(error)")
        }
    }

    func headers(
        _ method: String, _ path: String, body: [UInt8], nonce: String = Hex.encode(SecureRandom.bytes(16)),
        time: Int64 = Int64(Date().timeIntervalSince1970)
    ) throws -> [(name: String, value: String)] {
        try RequestSignature.headers(
            method: method, path: path, body: body, signer: String(number), time: time, nonce: nonce,
            key: signing)
    }

    func get(_ path: String) async throws -> ServiceFixture.Answer {
        try await control.send("GET", path, headers: try headers("GET", path, body: []))
    }

    func report(
        _ events: [(seq: UInt64, record: EventRecord)], journal: String? = nil
    ) async throws -> ServiceFixture.Answer {
        let body = Report(events.map { ($0.seq, $0.record.encoded()) }).encoded()
        let path = NodePaths.reports + (journal.map { "?\(Report.journalItem)=\($0)" } ?? "")
        return try await control.send(
            "POST", path, headers: try headers("POST", path, body: body), body: body)
    }

    func stop() async { await server.stop(within: .seconds(1)) }
}
