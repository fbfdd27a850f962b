import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// What nodes ask for: the newest manifest, and chunks by their hash. Signed by the node.
struct SnapshotRoutes: Sendable {
    let context: ControlContext
    let nodes: NodeAuthenticator

    func add(to router: inout Router) {
        router.on(
            .get, NodePaths.manifest,
            RouteInfo(summary: "The newest snapshot manifest", tag: "nodes", authentication: .none)
        ) { request in try await manifest(request) }
        router.on(
            .get, NodePaths.chunkPrefix + "{sha256}",
            RouteInfo(summary: "A chunk of the snapshot by its hash", tag: "nodes", authentication: .none)
        ) { request in try await chunk(request) }
    }

    private func manifest(_ request: HTTPRequest) async throws -> HTTPResponse {
        _ = try await nodes.node(request, body: [])
        let newest = try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
            try await SignedManifest.newest(connection)?.signed
        }
        guard let newest else {
            throw APIError(503, "no_snapshot", "No snapshot has been published yet.", retryAfterSeconds: 1)
        }
        return try .json(newest)
    }

    private func chunk(_ request: HTTPRequest) async throws -> HTTPResponse {
        _ = try await nodes.node(request, body: [])
        let missing = APIError(404, "not_found", "There is no such chunk.")
        guard let hash = Hex.decode(Array(request.parameter("sha256").utf8)), hash.count == 32 else {
            throw missing
        }
        let bytes: [UInt8]? = try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
            try await connection.query("SELECT bytes FROM snapshot_chunks WHERE sha256 = \(hash) LIMIT 1")
                .first?["bytes"]
        }
        guard let bytes else { throw missing }
        return .bytes(bytes, contentType: "application/octet-stream")
    }
}
