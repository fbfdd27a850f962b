import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// What operators see of the snapshot: the newest version, what it consists of, and which node holds what.
struct SnapshotAdminRoutes: Sendable {
    struct HeldVersion: Encodable, Sendable {
        let node: Int
        let name: String
        @OrNull var version: Int64?
    }

    struct Chunk: Encodable, Sendable {
        let name: String
        let sha256: String
        let sizeBytes: Int
    }

    struct View: Encodable, Sendable {
        let version: Int64
        let keyId: String
        let clusterId: String
        let issuedAt: Date
        let expiresAt: Date
        let totalBytes: Int
        let chunks: [Chunk]
        let nodes: [HeldVersion]

        static let schema = Schema.record([
            "version": .integer.example(17), "key_id": .string.example("manifest-1"),
            "cluster_id": .string.example("0f8fad5b-d9cb-469f-a165-70867728950e"), "issued_at": .dateTime,
            "expires_at": .dateTime, "total_bytes": .integer.example(48_000),
            "chunks": .array(
                .record([
                    "name": .string.example("global"), "sha256": .string.example("9f86d081884c7d65"),
                    "size_bytes": .integer.example(2_300),
                ]).named("Chunk")),
            "nodes": .array(
                .record([
                    "node": .integer.example(1), "name": .string.example("mx-1"),
                    "version": .integer.nullable.example(17),
                ]).named("HeldVersion")),
        ]).named("Snapshot")
    }

    let context: ControlContext
    let authenticator: Authenticator

    func add(to router: inout Router) {
        router.operators(
            .get, "/api/v1/admin/snapshot", authenticator,
            RouteInfo(
                summary: "The newest snapshot, and which node holds it", tag: "admin",
                authentication: .bearer,
                responses: [.init(200, "What was published.", .data(View.schema))])
        ) { _ in try .data(try await view()) }
    }

    private func view() async throws -> View {
        try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
            guard let (version, signed) = try await SignedManifest.newest(connection) else {
                throw APIError(404, "no_snapshot", "No snapshot has been published yet.")
            }
            let manifest = try JSONDecoder().decode(Manifest.self, from: signed.manifest)
            let nodes = try await connection.query(
                """
                SELECT number, name, held_version FROM nodes
                WHERE state IN ('active', 'draining') ORDER BY number
                """
            ).map { row in
                HeldVersion(node: try row["number"], name: try row["name"], version: try row["held_version"])
            }
            return View(
                version: version, keyId: manifest.keyID, clusterId: manifest.clusterID,
                issuedAt: Date(timeIntervalSince1970: Double(manifest.issuedAt)),
                expiresAt: Date(timeIntervalSince1970: Double(manifest.expiresAt)),
                totalBytes: manifest.chunks.reduce(0) { $0 + $1.sizeBytes },
                chunks: manifest.chunks.map {
                    Chunk(name: $0.name, sha256: $0.sha256, sizeBytes: $0.sizeBytes)
                },
                nodes: nodes)
        }
    }
}
