import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres

/// Builds what concerns every tenant: the keys that tokens are verified with, which tokens are void, our
/// name, and how mail leaves.
///
/// A shaping that has a problem is not published, whatever way it came into the database: the one that nodes
/// have stays, and everything else goes out all the same, because a revoked token must not wait for it.
struct GlobalChunkBuilder: Sendable {
    /// The chunk, and why it holds the shaping of the chunk before in place of the newest.
    struct Built: Sendable {
        let chunk: GlobalChunk
        let shapingProblems: [ShapingProblem]
    }

    let tokens: TokenService
    let serviceHost: String
    let trackingBaseURL: String
    let trackingKeys: TrackingKeys

    init(_ context: ControlContext) {
        tokens = context.tokens
        serviceHost = context.serviceHost
        trackingBaseURL = context.trackingBaseURL
        trackingKeys = TrackingKeys(masterSeal: context.masterSeal)
    }

    /// - Parameter seal: of the cluster key in use, for shared secrets.
    func build(_ connection: PostgresConnection, seal: SymmetricSeal) async throws -> Built {
        // Another process may have added or retired a key since we started.
        var keys = try await publicKeys(connection)
        for key in tokens.settings.externalKeys {
            let sealed = try key.secret.map { Data(try seal.seal($0, context: Array("token-key".utf8))) }
            keys.append(
                GlobalChunk.TokenKey(
                    keyID: key.keyID, algorithm: key.algorithm.rawValue, publicKeyPEM: key.publicKeyPEM,
                    sealedSecret: sealed))
        }
        let shaping = try await ShapingRows.load(connection).effective
        let problems = shaping.problems()
        var chunk = GlobalChunk(
            tokenKeys: keys, tokenIssuer: tokens.settings.issuer, tokenAudience: tokens.settings.audience,
            tokensVoidBefore: try await voidTokens(connection), serviceHost: serviceHost,
            shaping: problems.isEmpty ? shaping : try await published(connection)?.shaping,
            masterTemplate: try await MasterTemplateRow.ofService(connection)?.htmlBody)
        chunk.nodes = try await ClusterNode.all(connection)
        chunk.trackingKeys = try await trackingKeys.published(connection, seal: seal)
        chunk.trackingBaseURL = trackingBaseURL
        return Built(chunk: chunk, shapingProblems: problems)
    }

    /// Whether nodes hold something else than this program would publish, though nothing in the database has
    /// changed: an older one published it, with other built-in rows or other settings.
    func isOutdated(_ connection: PostgresConnection) async throws -> Bool {
        guard let published = try await published(connection) else { return false }
        if published.trackingBaseURL != trackingBaseURL || published.serviceHost != serviceHost {
            return true
        }
        let shaping = try await ShapingRows.load(connection).effective
        return shaping.problems().isEmpty && published.shaping != shaping
    }

    /// The chunk that nodes have; nil when none was published yet: they hold their own built-in rows.
    private func published(_ connection: PostgresConnection) async throws -> GlobalChunk? {
        let row = try await connection.query(
            """
            SELECT c.bytes FROM snapshot_chunks c LEFT JOIN published_chunks p USING (name, sha256)
            WHERE c.name = 'global' ORDER BY (p.revision IS NOT NULL) DESC, c.created_at DESC LIMIT 1
            """
        ).first
        guard let row else { return nil }
        let bytes: [UInt8] = try row["bytes"]
        return try JSONDecoder().decode(GlobalChunk.self, from: Data(bytes))
    }

    private func publicKeys(_ connection: PostgresConnection) async throws -> [GlobalChunk.TokenKey] {
        let rows = try await connection.query(
            """
            SELECT key_id, public_key FROM signing_keys
            WHERE purpose = 'token' AND retired_at IS NULL ORDER BY created_at DESC, key_id
            """)
        return try rows.map { row in
            let key = try Ed25519PublicKey(raw: try row["public_key"])
            return GlobalChunk.TokenKey(
                keyID: try row["key_id"], algorithm: "EdDSA", publicKeyPEM: try key.pemEncoded(),
                sealedSecret: nil)
        }
    }

    /// Accounts whose tokens were withdrawn; those of disabled accounts are void for good.
    private func voidTokens(_ connection: PostgresConnection) async throws -> [String: Int64] {
        var void: [String: Int64] = [:]
        let rows = try await connection.query(
            """
            SELECT id, disabled_at IS NOT NULL AS is_disabled,
                   extract(epoch FROM tokens_void_before)::bigint AS void_before
            FROM users WHERE disabled_at IS NOT NULL OR tokens_void_before > 'epoch'
            """)
        for row in rows {
            void[try row["id", as: UUID.self].text] =
                try row["is_disabled"] ? Int64.max : try row["void_before"]
        }
        return void
    }
}
