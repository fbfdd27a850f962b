import Crypto
import EventLoop
import FoundationEssentials
import Glibc
import HTTP
import NodeProtocol
import TestSupport

/// Stands for the control plane of a lone node: serves the chunks that a test gives it, nothing else, and
/// signs what a test wants to push.
final class SnapshotSource: Sendable {
    /// A snapshot in parts, so that a test can spoil each of them.
    struct Draft {
        var clusterID = "fixture"
        var keyID = "fixture"
        var version: Int64
        var issuedAt = Int64(time(nil))
        var expiresAt = Int64(time(nil)) + 3_600
        var chunks: [String: [UInt8]]

        var manifest: Manifest {
            Manifest(
                clusterID: clusterID, version: version, issuedAt: issuedAt, expiresAt: expiresAt,
                keyID: keyID,
                chunks: chunks.sorted { $0.key < $1.key }.map { name, bytes in
                    Manifest.Chunk(
                        name: name, sha256: Hex.encode(Digest.sha256(bytes)), sizeBytes: bytes.count)
                })
        }
    }

    private struct Chunks: Sendable {
        let served: Locked<[String: [UInt8]]>

        @Sendable func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
            guard let bytes = served.withLock({ $0[request.parameter("hash")] }) else {
                throw APIError.notFound
            }
            return .bytes(bytes, contentType: "application/octet-stream")
        }
    }

    let baseURL: String
    private let server: HTTPServer
    /// Bytes by the hash that they are asked for.
    private let served = Locked<[String: [UInt8]]>([:])

    init() throws {
        var router = Router()
        router.on(
            .get, NodePaths.chunkPrefix + "{hash}", RouteInfo(summary: "A chunk", authentication: .none),
            Chunks(served: served).answer)
        server = try HTTPServer(HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0)), router: router)
        baseURL = "http://\(server.address)"
        try server.start(on: [TestLoops.sinks()])
    }

    deinit {
        let server = server
        Task { await server.stop(within: .zero) }
    }

    /// Serves all chunks of a draft from now on.
    func serve(_ draft: Draft) {
        for bytes in draft.chunks.values { serve(bytes, as: Hex.encode(Digest.sha256(bytes))) }
    }

    func serve(_ bytes: [UInt8], as hash: String) { served.withLock { $0[hash] = bytes } }
    func remove(_ hash: String) { served.withLock { $0[hash] = nil } }
}

extension LoneNode {
    /// The key that signs this node's snapshots.
    func clusterKey() throws -> Ed25519PrivateKey {
        try Ed25519PrivateKey(pem: Files.text(directory.file("node/cluster-key.pem")))
    }

    /// The snapshot on the node's disk, as a draft of the next version.
    func nextDraft() throws -> SnapshotSource.Draft {
        let folder = directory.file("node/snapshot")
        let signed = try JSONDecoder().decode(
            SignedManifest.self, from: Data(Files.read("\(folder)/manifest.json")))
        let manifest = try JSONDecoder().decode(Manifest.self, from: signed.manifest)
        var chunks: [String: [UInt8]] = [:]
        for chunk in manifest.chunks {
            chunks[chunk.name] = try Files.read("\(folder)/\(chunk.sha256).chunk")
        }
        return SnapshotSource.Draft(version: manifest.version + 1, chunks: chunks)
    }

    /// Pushes a signed manifest to the node's control listener.
    func push(_ signed: SignedManifest) async throws -> (status: Int, answer: SnapshotAnswer) {
        let body = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(signed))
        let answer = try await APICaller(process.controlURL).post(NodePaths.push, body)
        return (answer.status, try JSONDecoder().decode(SnapshotAnswer.self, from: Data(answer.body)))
    }
}
