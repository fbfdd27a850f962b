import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres

/// Builds what concerns every tenant: the keys that tokens are verified with, which tokens are void, our
/// name.
struct GlobalChunkBuilder: Sendable {
    let tokens: TokenService
    let serviceHost: String

    /// - Parameter seal: of the cluster key in use, for shared secrets.
    func build(_ connection: PostgresConnection, seal: SymmetricSeal) async throws -> GlobalChunk {
        // Another process may have added or retired a key since we started.
        var keys = try await publicKeys(connection)
        for key in tokens.settings.externalKeys {
            let sealed = try key.secret.map { Data(try seal.seal($0, context: Array("token-key".utf8))) }
            keys.append(
                GlobalChunk.TokenKey(
                    keyID: key.keyID, algorithm: key.algorithm.rawValue, publicKeyPEM: key.publicKeyPEM,
                    sealedSecret: sealed))
        }
        return GlobalChunk(
            tokenKeys: keys, tokenIssuer: tokens.settings.issuer, tokenAudience: tokens.settings.audience,
            tokensVoidBefore: try await voidTokens(connection), serviceHost: serviceHost)
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
