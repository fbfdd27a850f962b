import Crypto
import EventLoop
import FoundationEssentials
import NodeProtocol
import Postgres

/// What a token says of its user beside the registered claims.
package struct UserClaims: Codable, Sendable {
    package var iss: String
    package var aud: String
    package var sub: String
    package var email: String?
    /// Seconds since 1970.
    package var iat: Int64
    package var nbf: Int64
    package var exp: Int64
    /// Roles by tenant id.
    package var tenants: [String: MemberRole]?
    /// `operator`, or none.
    package var role: String?
}

/// A user as a good token names him.
package struct VerifiedUser: Sendable {
    package let subject: String
    package let email: String?
    /// Whether the token is one of ours, so that the account stands in our database.
    package let isLocal: Bool
    package let isOperator: Bool
    /// The memberships that the token claims; nil when it claims none.
    package let tenants: [TenantID: MemberRole]?
    /// Seconds since 1970; 0 when the token does not say.
    package let issuedAt: Int64
}

/// Issues the tokens of local accounts and verifies those and the portal's.
///
/// Our key pair (Ed25519) is made by whichever process starts first and kept sealed in `signing_keys`; every
/// process reads it from there. Keys that are not retired verify, the newest of them signs. Fails with
/// `PostgresError` and `CryptoError` at the start; `verify` answers nil for whatever is not a good token.
package final class TokenService: Sendable {
    package static let sealContext = "signing-key:token"

    /// A key of ours as nodes learn it.
    package struct PublishedKey: Sendable {
        package let keyID: String
        package let publicKeyPEM: String
    }

    private struct Keys {
        let signer: JWTSigner
        let own: JWTVerifier
        let published: [PublishedKey]
    }

    package let settings: TokenSettings
    private let external: JWTVerifier
    private let pool: PostgresPool
    private let seal: SymmetricSeal
    private let clusterID: UUID
    private let keys: Locked<Keys>

    /// Reads the keys, and makes the first pair when there is none.
    ///
    /// - Parameter clusterID: the cluster in whose name keys are kept.
    package static func load(
        _ settings: TokenSettings, pool: PostgresPool, masterSeal: SymmetricSeal, clusterID: UUID
    ) async throws -> TokenService {
        let keys = try await read(settings, pool, masterSeal, clusterID)
        return TokenService(settings, pool, masterSeal, clusterID, keys)
    }

    private init(
        _ settings: TokenSettings, _ pool: PostgresPool, _ seal: SymmetricSeal, _ clusterID: UUID,
        _ keys: Keys
    ) {
        self.settings = settings
        self.pool = pool
        self.seal = seal
        self.clusterID = clusterID
        self.keys = Locked(keys)
        external = JWTVerifier(
            keys: JWTKeySet(settings.externalKeys.map(\.key)), issuer: settings.issuer,
            audience: settings.audience)
    }

    /// Reads the keys anew, after one was added or retired.
    package func reload() async throws {
        let fresh = try await Self.read(settings, pool, seal, clusterID)
        keys.withLock { $0 = fresh }
    }

    /// Our keys that are not retired, for the nodes.
    package var publishedKeys: [PublishedKey] { keys.withLock { $0.published } }

    /// A token for a local account.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - voidBefore: the account's older tokens are void: the new one must not look like one of them.
    package func issue(
        subject: String, email: String, tenants: [TenantID: MemberRole], isOperator: Bool, now: Int64,
        voidBefore: Int64 = 0
    ) throws(CryptoError) -> String {
        let issuedAt = max(now, voidBefore)
        let claims = UserClaims(
            iss: settings.issuer, aud: settings.audience, sub: subject, email: email, iat: issuedAt,
            nbf: issuedAt,
            exp: issuedAt + settings.lifetimeSeconds,
            tenants: Dictionary(uniqueKeysWithValues: tenants.map { ($0.key.description, $0.value) }),
            role: isOperator ? "operator" : nil)
        return try keys.withLock { $0.signer }.sign(claims)
    }

    /// - Parameter now: seconds since 1970.
    /// - Returns: nil when the token is not good: form, key, signature, `iss`, `aud`, `exp`, `nbf`.
    package func verify(_ token: String, now: Int64) -> VerifiedUser? {
        let own = keys.withLock { $0.own }
        if let claims = try? own.verify(token, now: Int(now)) { return user(claims, isLocal: true) }
        guard let claims = try? external.verify(token, now: Int(now)) else { return nil }
        return user(claims, isLocal: false)
    }

    private func user(_ claims: JWTClaims, isLocal: Bool) -> VerifiedUser? {
        struct Own: Decodable {
            let email: String?
            let tenants: [String: MemberRole]?
            let role: String?
        }
        guard let subject = claims.subject, !subject.isEmpty, subject.utf8.count <= 255,
            let own = try? claims.decode(Own.self)
        else { return nil }
        let tenants = own.tenants.map { pairs in
            Dictionary(pairs.compactMap { pair in TenantID(text: pair.key).map { ($0, pair.value) } }) {
                max($0, $1)
            }
        }
        return VerifiedUser(
            subject: subject, email: own.email, isLocal: isLocal, isOperator: own.role == "operator",
            tenants: tenants, issuedAt: claims.issuedAt.flatMap { Int64(exactly: $0.rounded(.down)) } ?? 0)
    }

    // MARK: Keys

    private static func read(
        _ settings: TokenSettings, _ pool: PostgresPool, _ seal: SymmetricSeal, _ clusterID: UUID
    ) async throws -> Keys {
        let rows = try await pool.transaction(as: .system) { connection in
            // Several processes may start at once on an empty database.
            try await connection.query(
                "SELECT pg_advisory_xact_lock(hashtextextended('dispatch token key', 0))")
            let rows = try await connection.query(live(clusterID))
            guard rows.isEmpty else { return rows }
            try await insertKey(connection, seal, clusterID)
            return try await connection.query(live(clusterID))
        }
        var own: [JWTKey] = []
        var published: [PublishedKey] = []
        for row in rows {
            let keyID = try row["key_id", as: String.self]
            let raw = try seal.open(row["private_sealed", as: [UInt8].self], context: sealContext)
            let pair = try Ed25519PrivateKey(raw: raw)
            own.append(JWTKey(pair, keyID: keyID))
            published.append(PublishedKey(keyID: keyID, publicKeyPEM: try pair.publicKey.pemEncoded()))
        }
        guard let newest = own.first else { throw CryptoError.malformedKey("no key to sign tokens with") }
        return Keys(
            signer: try JWTSigner(newest),
            own: JWTVerifier(keys: JWTKeySet(own), issuer: settings.issuer, audience: settings.audience),
            published: published)
    }

    private static func live(_ clusterID: UUID) -> SQL {
        """
        SELECT key_id, private_sealed FROM signing_keys
        WHERE cluster_id = \(clusterID) AND purpose = 'token' AND retired_at IS NULL
        ORDER BY created_at DESC, key_id
        """
    }

    /// Makes a new key pair that signs from the next `reload` on. Inside a transaction as `.system`.
    package static func insertKey(
        _ connection: PostgresConnection, _ seal: SymmetricSeal, _ clusterID: UUID
    ) async throws {
        let pair = try Ed25519PrivateKey.generate()
        let sealed = try seal.seal(pair.raw, context: sealContext)
        let keyID = "token-\(Hex.encode(SecureRandom.bytes(6)))"
        try await connection.query(
            """
            INSERT INTO signing_keys (cluster_id, key_id, purpose, private_sealed, public_key)
            VALUES (\(clusterID), \(keyID), 'token', \(sealed), \(pair.publicKey.raw))
            """)
    }
}
