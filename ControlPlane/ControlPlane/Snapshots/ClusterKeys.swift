import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres

/// The identity of the cluster and its keys, as they lie in the database.
///
/// The Ed25519 pair `snapshot` signs manifests. Cluster keys seal secrets in chunks: the oldest that is not
/// retired is in use, a younger one waits until every node has fetched it (`retireReplaced`). Private halves
/// are sealed with the master key.
struct ClusterKeys: Sendable {
    /// A cluster key and its id.
    struct ClusterKey: Sendable {
        let id: String
        let bytes: [UInt8]
    }

    /// The pair that signs now, and the public halves that nodes may believe.
    struct Signing: Sendable {
        let current: (id: String, key: Ed25519PrivateKey)
        let pinned: [SigningKey]
    }

    /// Something that must be in the database is not, or does not open with the master key.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let masterSeal: SymmetricSeal

    /// Makes what the first process of a new cluster needs. In a transaction of the system; any number may
    /// race.
    func ensure(_ connection: PostgresConnection) async throws {
        try await connection.query(
            "SELECT pg_advisory_xact_lock(hashtextextended('dispatch cluster keys', 0))")
        try await connection.query(
            """
            INSERT INTO cluster_settings (name, value) VALUES ('cluster_id', to_jsonb(gen_random_uuid()))
            ON CONFLICT (name) DO NOTHING
            """)
        let cluster = try await clusterID(connection)
        let signers = try await connection.query(
            "SELECT key_id FROM signing_keys WHERE purpose = 'snapshot' AND retired_at IS NULL")
        if signers.isEmpty { try await addSigningKey(connection, cluster: cluster) }
        let keys = try await connection.query("SELECT key_id FROM cluster_keys WHERE retired_at IS NULL")
        if keys.isEmpty { try await addClusterKey(connection) }
        try await TrackingKeys(masterSeal: masterSeal).ensure(connection)
    }

    func clusterID(_ connection: PostgresConnection) async throws -> UUID {
        let row = try await connection.query(
            "SELECT (value #>> '{}')::uuid AS id FROM cluster_settings WHERE name = 'cluster_id'"
        ).first
        guard let row else { throw Failure(description: "the database has no cluster id") }
        return try row["id"]
    }

    func signing(_ connection: PostgresConnection) async throws -> Signing {
        let rows = try await connection.query(
            """
            SELECT key_id, private_sealed, public_key FROM signing_keys
            WHERE purpose = 'snapshot' AND retired_at IS NULL ORDER BY created_at, key_id
            """)
        guard let first = rows.first else {
            throw Failure(description: "the database has no snapshot signing key")
        }
        let id: String = try first["key_id"]
        let seed = try opened(try first["private_sealed"], context: Self.signingContext(id))
        var pinned: [SigningKey] = []
        for row in rows {
            pinned.append(
                SigningKey(keyID: try row["key_id"], publicKey: Data(try row["public_key", as: [UInt8].self]))
            )
        }
        return Signing(current: (id, try Ed25519PrivateKey(raw: seed)), pinned: pinned)
    }

    /// The keys that are not retired, that in use first.
    func clusterKeys(_ connection: PostgresConnection) async throws -> [ClusterKey] {
        var keys: [ClusterKey] = []
        let rows = try await connection.query(
            "SELECT key_id, key_sealed FROM cluster_keys WHERE retired_at IS NULL ORDER BY created_at, key_id"
        )
        for row in rows {
            let id: String = try row["key_id"]
            keys.append(
                ClusterKey(id: id, bytes: try opened(try row["key_sealed"], context: Self.clusterContext(id)))
            )
        }
        return keys
    }

    /// Adds a key that comes into use when `retireReplaced` finds it everywhere.
    func addClusterKey(_ connection: PostgresConnection) async throws {
        let id = "ck-\(Hex.encode(SecureRandom.bytes(6)))"
        let sealed = try masterSeal.seal(SecureRandom.bytes(32), context: Array(Self.clusterContext(id).utf8))
        // clock_timestamp: two keys of one transaction have an order all the same.
        try await connection.query(
            """
            INSERT INTO cluster_keys (key_id, key_sealed, created_at)
            VALUES (\(id), \(sealed), clock_timestamp())
            """)
    }

    /// Retires every key but the newest when all serving nodes have fetched that one, and has every chunk
    /// built anew.
    ///
    /// - Returns: whether something was retired.
    func retireReplaced(_ connection: PostgresConnection) async throws -> Bool {
        // Looked at first: this runs at every look of the publisher, and mostly finds nothing to retire.
        let row = try await connection.query(
            """
            SELECT (SELECT count(*) FROM cluster_keys WHERE retired_at IS NULL) > 1 AND NOT EXISTS (
                SELECT FROM nodes WHERE state IN ('active', 'draining') AND adopted_by IS NULL
                  AND cluster_key_id IS DISTINCT FROM (
                    SELECT key_id FROM cluster_keys WHERE retired_at IS NULL
                    ORDER BY created_at DESC, key_id DESC LIMIT 1)) AS is_ready
            """
        ).first
        guard let row, try row["is_ready"] else { return false }
        try await connection.query(
            """
            UPDATE cluster_keys SET retired_at = now() WHERE retired_at IS NULL AND key_id <> (
                SELECT key_id FROM cluster_keys WHERE retired_at IS NULL
                ORDER BY created_at DESC, key_id DESC LIMIT 1)
            """)
        try await connection.query("DELETE FROM published_chunks")
        return true
    }

    private func addSigningKey(_ connection: PostgresConnection, cluster: UUID) async throws {
        let key = try Ed25519PrivateKey.generate()
        let id = "snap-\(Hex.encode(SecureRandom.bytes(6)))"
        let sealed = try masterSeal.seal(key.raw, context: Array(Self.signingContext(id).utf8))
        try await connection.query(
            """
            INSERT INTO signing_keys (cluster_id, key_id, purpose, private_sealed, public_key)
            VALUES (\(cluster), \(id), 'snapshot', \(sealed), \(key.publicKey.raw))
            """)
    }

    private func opened(_ sealed: [UInt8], context: String) throws -> [UInt8] {
        do { return try masterSeal.open(sealed, context: Array(context.utf8)) } catch {
            throw Failure(
                description: "\(context) does not open with DISPATCH_MASTER_KEY: is it that of this database?"
            )
        }
    }

    static func signingContext(_ id: String) -> String { "signing-key:\(id)" }
    static func clusterContext(_ id: String) -> String { "cluster-key:\(id)" }
}
