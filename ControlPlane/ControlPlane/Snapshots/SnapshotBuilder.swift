import Crypto
import EventLoop
import FoundationEssentials
import NodeProtocol
import Postgres
import Service

/// Makes the next version of the snapshot: builds the chunks that are out of date, signs a manifest of all.
///
/// Everything is read and written in one transaction that sees one moment of the database, so a manifest
/// never holds half of a change; a bulk change alone may take several (`PublicationOrder`). The version rises
/// strictly; the database refuses any other. A chunk of thousands of tenants takes long to print: that is
/// done on the blocking threads, beside the loop.
struct SnapshotBuilder: Sendable {
    /// A manifest as it was stored.
    struct Published: Sendable {
        let version: Int64
        let signed: SignedManifest
        /// Seconds since 1970.
        let expiresAt: Int64
        let rebuilt: Rebuilt
        /// Whether nothing else was out of date; what was is for the next version.
        let isComplete: Bool

        var rebuiltChunks: Int { rebuilt.chunks }
        var oversizedChunks: [String] { rebuilt.oversized }
        var shapingProblems: [ShapingProblem] { rebuilt.shapingProblems }
    }

    /// What became of the chunks that were out of date.
    struct Rebuilt: Sendable {
        var chunks = 0
        /// Those that have become larger than nodes take: the manifest names the ones before, if any.
        var oversized: [String] = []
        /// Why the newest shaping is not in the chunk `global`.
        var shapingProblems: [ShapingProblem] = []
    }

    let keys: ClusterKeys
    let global: GlobalChunkBuilder
    let lifetimeSeconds: Int64
    let blocking: BlockingPool
    let log: Log
    var maxChunkBytes = Manifest.maxChunkBytes
    /// After which a version is made of what is built, and the rest left to the next.
    var maxBuildTime: Duration = .milliseconds(300)

    /// Publishes when a chunk is out of date or the newest manifest has used half of its life.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: what was published, or nil when the newest still holds.
    func publish(_ connection: PostgresConnection, now: Int64) async throws -> Published? {
        let stale = try await staleChunks(connection)
        let newest = try await connection.query(
            """
            SELECT version, floor(extract(epoch FROM expires_at))::bigint AS expires_at FROM snapshot_versions
            ORDER BY version DESC LIMIT 1
            """
        ).first
        let expiry: Int64 = try newest.map { try $0["expires_at"] } ?? 0
        let isAging = expiry - now < lifetimeSeconds / 2
        guard !stale.isEmpty || isAging else { return nil }
        guard let clusterKey = try await keys.clusterKeys(connection).first else {
            throw ClusterKeys.Failure(description: "the database has no cluster key")
        }
        let seal = try SymmetricSeal(key: clusterKey.bytes)
        var rebuilt = Rebuilt()
        let isComplete = try await build(stale, seal, connection, &rebuilt)
        // A chunk that only a newer program knows stays out of date and must not make version after version.
        guard rebuilt.chunks > 0 || isAging else { return nil }
        return try await sign(
            version: (try newest?["version", as: Int64.self] ?? 0) + 1, rebuilt: rebuilt,
            isComplete: isComplete, now: now, connection)
    }

    private func staleChunks(_ connection: PostgresConnection) async throws -> [StaleChunk] {
        let rows = try await connection.query(
            """
            SELECT r.name, r.revision, (extract(epoch FROM r.changed_at) * 1e6)::bigint AS changed_at,
                p.name IS NOT NULL AS is_published
            FROM chunk_revisions r LEFT JOIN published_chunks p USING (name)
            WHERE p.revision IS DISTINCT FROM r.revision
            """)
        return try rows.map { row in
            StaleChunk(
                name: try row["name"], revision: try row["revision"], changedAt: try row["changed_at"],
                isPublished: try row["is_published"])
        }
    }

    /// Builds chunks until the time is up. Those of a first version, or under a new cluster key, are built
    /// all: nodes have nothing that would do in their place.
    ///
    /// - Returns: whether all were built.
    private func build(
        _ stale: [StaleChunk], _ seal: SymmetricSeal, _ connection: PostgresConnection,
        _ rebuilt: inout Rebuilt
    ) async throws -> Bool {
        let started = MonotonicTime.now()
        let maySplit = stale.contains(where: \.isPublished)
        for (place, group) in PublicationOrder(stale).groups.enumerated() {
            if maySplit, place >= PublicationOrder.always, MonotonicTime.now() - started >= maxBuildTime {
                return false
            }
            for stale in group { try await build(stale, seal, connection, &rebuilt) }
        }
        return true
    }

    private func build(
        _ stale: StaleChunk, _ seal: SymmetricSeal, _ connection: PostgresConnection,
        _ rebuilt: inout Rebuilt
    ) async throws {
        let (name, revision) = (stale.name, stale.revision)
        guard let bytes = try await chunk(name, seal, connection, &rebuilt) else { return }
        rebuilt.chunks += 1
        if bytes.count <= maxChunkBytes {
            try await store(name, revision: revision, bytes, connection)
        } else {
            rebuilt.oversized.append(name)
            try await keep(name, revision: revision, bytes.count, connection)
        }
    }

    /// Leaves the published chunk as it is until the next change. One chunk that nodes refuse would make them
    /// refuse every manifest, for all tenants.
    private func keep(
        _ name: String, revision: Int64, _ sizeBytes: Int, _ connection: PostgresConnection
    ) async throws {
        log.error(
            "chunk is larger than nodes take; they keep the one before",
            ["chunk": .string(name), "bytes": .int(sizeBytes), "limit_bytes": .int(maxChunkBytes)])
        try await connection.query(
            """
            INSERT INTO published_chunks (name, revision) VALUES (\(name), \(revision))
            ON CONFLICT (name) DO UPDATE SET revision = EXCLUDED.revision
            """)
    }

    /// The bytes of a chunk; nil for a name that this program does not know.
    private func chunk(
        _ name: String, _ seal: SymmetricSeal, _ connection: PostgresConnection, _ rebuilt: inout Rebuilt
    ) async throws -> [UInt8]? {
        if name == "global" {
            let built = try await global.build(connection, seal: seal)
            rebuilt.shapingProblems = built.shapingProblems
            return try await encoded(built.chunk)
        }
        let parts = name.split(separator: "/")
        guard parts.count == 2 else { return nil }
        let bucket = String(parts[1])
        switch parts[0] {
        case "tenants":
            let builder = TenantsChunkBuilder(masterSeal: keys.masterSeal, clusterSeal: seal, log: log)
            let chunk = try await builder.build(bucket: bucket, connection)
            return try await blocking.run { chunk.encoded() }
        case "usage":
            return try await UsageChunkBuilder.build(bucket: bucket, connection).encoded()
        case "suppressions":
            let lists = try await SuppressionsChunkBuilder.build(bucket: bucket, connection)
            return try await blocking.run { lists.encoded() }
        default: return nil
        }
    }

    private func encoded(_ value: some Encodable & Sendable) async throws -> [UInt8] {
        try await blocking.run { Array(try JSONEncoder.sorted.encode(value)) }
    }

    private func store(
        _ name: String, revision: Int64, _ bytes: [UInt8], _ connection: PostgresConnection
    ) async throws {
        let hash = try await blocking.run { Digest.sha256(bytes) }
        try await connection.query(
            """
            INSERT INTO snapshot_chunks (name, sha256, bytes) VALUES (\(name), \(hash), \(bytes))
            ON CONFLICT (name, sha256) DO NOTHING
            """)
        try await connection.query(
            """
            INSERT INTO published_chunks (name, revision, sha256) VALUES (\(name), \(revision), \(hash))
            ON CONFLICT (name) DO UPDATE SET revision = EXCLUDED.revision, sha256 = EXCLUDED.sha256
            """)
    }

    private func sign(
        version: Int64, rebuilt: Rebuilt, isComplete: Bool, now: Int64, _ connection: PostgresConnection
    ) async throws -> Published {
        let signing = try await keys.signing(connection)
        let rows = try await connection.query(
            """
            SELECT p.name, p.sha256, octet_length(c.bytes) AS size
            FROM published_chunks p JOIN snapshot_chunks c USING (name, sha256) ORDER BY p.name
            """)
        let chunks = try rows.map { row in
            Manifest.Chunk(
                name: try row["name"], sha256: Hex.encode(try row["sha256", as: [UInt8].self]),
                sizeBytes: try row["size"])
        }
        let expiresAt = now + lifetimeSeconds
        let manifest = Manifest(
            clusterID: try await keys.clusterID(connection).text, version: version,
            issuedAt: now,
            expiresAt: expiresAt, keyID: signing.current.id, chunks: chunks)
        let signed = try SignedManifest(manifest, key: signing.current.key)
        try await connection.query(
            """
            INSERT INTO snapshot_versions (version, manifest, signature, key_id, expires_at)
            VALUES (\(version), \(Array(signed.manifest)), \(Array(signed.signature)), \(signing.current.id),
                    to_timestamp(\(expiresAt)::bigint))
            """)
        return Published(
            version: version, signed: signed, expiresAt: expiresAt, rebuilt: rebuilt,
            isComplete: isComplete)
    }
}

extension SignedManifest {
    /// The newest manifest with its version, as it was signed; nil before the first was published.
    static func newest(_ connection: PostgresConnection) async throws -> (
        version: Int64, signed: SignedManifest
    )? {
        let row = try await connection.query(
            "SELECT version, manifest, signature FROM snapshot_versions ORDER BY version DESC LIMIT 1"
        ).first
        guard let row else { return nil }
        let signed = SignedManifest(
            manifest: Data(try row["manifest", as: [UInt8].self]),
            signature: Data(try row["signature", as: [UInt8].self]))
        return (try row["version"], signed)
    }
}
