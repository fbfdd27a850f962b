import Crypto
import FoundationEssentials

/// One version of all that a node decides from, ready for look-ups. Never changed after `init`: a node swaps
/// one for the next.
///
/// Secrets stay sealed here; `open` unseals one when it is needed.
package final class Snapshot: Sendable {
    package let manifest: Manifest
    package let global: GlobalChunk
    /// In force: the built-in rows with those of the snapshot over them.
    package let shaping: Shaping
    package let tokenVerifier: JWTVerifier
    private let tenants: [TenantID: TenantRecord]
    private let apiKeys: [String: (TenantID, TenantRecord.APIKey)]
    private let credentials: [String: (TenantID, TenantRecord.Credential)]
    private let domains: [String: TenantID]
    private let suppressed: [TenantID: Set<String>]
    /// Newest last; more than one while the cluster changes its key.
    private let seals: [SymmetricSeal]

    package var version: Int64 { manifest.version }
    package var tenantCount: Int { tenants.count }

    /// Builds the look-ups from verified chunks.
    ///
    /// - Parameters:
    ///   - chunks: the bytes by name; each is held against its hash and size first.
    ///   - clusterKeys: 32 bytes each, newest last: more than one while the cluster changes its key.
    /// - Throws: `.missingChunk`, `.chunkSizeDiffers`, `.chunkHashDiffers`, `.unreadableChunk`,
    ///   `.unusableShaping`.
    package init(
        _ manifest: Manifest, chunks: [String: [UInt8]], clusterKeys: [[UInt8]]
    ) throws(SnapshotRefusal) {
        self.manifest = manifest
        let seals = clusterKeys.compactMap { try? SymmetricSeal(key: $0) }
        guard !seals.isEmpty, seals.count == clusterKeys.count else {
            throw .malformed("a cluster key has not 32 bytes")
        }
        self.seals = seals
        var global: GlobalChunk?
        var tenants: [TenantID: TenantRecord] = [:]
        var suppressed: [TenantID: Set<String>] = [:]
        for chunk in manifest.chunks {
            guard let bytes = chunks[chunk.name] else { throw .missingChunk(chunk.name) }
            try chunk.check(bytes)
            if chunk.name == "global" {
                global = try Self.read(GlobalChunk.self, bytes, chunk.name)
            } else if chunk.name.hasPrefix("tenants/") {
                for tenant in try Self.read(TenantsChunk.self, bytes, chunk.name).tenants {
                    tenants[tenant.id] = tenant
                }
            } else if chunk.name.hasPrefix("suppressions/") {
                for (text, addresses) in try Self.read(SuppressionsChunk.self, bytes, chunk.name).addresses {
                    guard let tenant = TenantID(text: text) else {
                        throw .unreadableChunk(chunk.name, "\(text) is not a tenant")
                    }
                    suppressed[tenant] = Set(addresses)
                }
            }
        }
        guard let global else { throw .missingChunk("global") }
        self.global = global
        shaping = try Self.shaping(global, tenants)
        self.tenants = tenants
        self.suppressed = suppressed
        tokenVerifier = try Self.verifier(global, seals: seals)
        var apiKeys: [String: (TenantID, TenantRecord.APIKey)] = [:]
        var credentials: [String: (TenantID, TenantRecord.Credential)] = [:]
        var domains: [String: TenantID] = [:]
        for tenant in tenants.values {
            for domain in tenant.domains { domains[domain.name] = tenant.id }
            for key in tenant.apiKeys { apiKeys[key.sha256] = (tenant.id, key) }
            for credential in tenant.credentials {
                credentials[credential.username.lowercased()] = (tenant.id, credential)
            }
        }
        self.apiKeys = apiKeys
        self.credentials = credentials
        self.domains = domains
    }

    /// Tenants that may neither send nor have what they sent delivered.
    package var inactiveTenants: Set<TenantID> {
        Set(tenants.values.lazy.filter { $0.status != .active }.map(\.id))
    }

    package func tenant(_ id: TenantID) -> TenantRecord? { tenants[id] }

    /// Whose verified domain this is, which one tenant at a time has; A-labels in lower case.
    package func owner(ofDomain name: String) -> TenantID? { domains[name] }

    /// Finds a key by what the caller presents.
    package func apiKey(_ presented: String) -> (tenant: TenantRecord, key: TenantRecord.APIKey)? {
        guard let (id, key) = apiKeys[Hex.encode(Digest.sha256(Array(presented.utf8)))],
            let tenant = tenants[id]
        else { return nil }
        return (tenant, key)
    }

    /// Finds a credential whose password is the one presented. Takes the same time whether the name exists or
    /// not.
    package func credential(
        username: String, password: String
    ) -> (tenant: TenantRecord, credential: TenantRecord.Credential)? {
        let presented = Hex.encode(Digest.sha256(Array(password.utf8)))
        let found = credentials[username.lowercased()]
        let expected = found?.1.passwordSHA256 ?? String(repeating: "0", count: 64)
        guard constantTimeEqual(Array(presented.utf8), Array(expected.utf8)), let found,
            let tenant = tenants[found.0]
        else { return nil }
        return (tenant, found.1)
    }

    /// Whether the tenant may not send to this address, which is compared without case.
    package func isSuppressed(_ address: String, tenant: TenantID) -> Bool {
        suppressed[tenant]?.contains(address.lowercased()) ?? false
    }

    /// Unseals a secret of this snapshot; nil when it was not sealed with this cluster's key in this context.
    package func open(_ sealed: Data, context: String) -> [UInt8]? {
        Self.open(sealed, context: context, seals)
    }

    private static func open(_ sealed: Data, context: String, _ seals: [SymmetricSeal]) -> [UInt8]? {
        for seal in seals.reversed() {
            if let opened = try? seal.open(Array(sealed), context: Array(context.utf8)) { return opened }
        }
        return nil
    }

    private static func read<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], _ name: String
    ) throws(SnapshotRefusal) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw .unreadableChunk(name, "\(error)")
        }
    }

    private static func shaping(
        _ global: GlobalChunk, _ tenants: [TenantID: TenantRecord]
    ) throws(SnapshotRefusal) -> Shaping {
        let shaping = Shaping.effective(global.shaping)
        if let problem = shaping.problems().first { throw .unusableShaping("\(problem)") }
        for tenant in tenants.values {
            if let problem = shaping.problems(of: tenant.limits).first {
                throw .unusableShaping("tenants[\(tenant.id)].\(problem)")
            }
        }
        return shaping
    }

    private static func verifier(
        _ global: GlobalChunk, seals: [SymmetricSeal]
    ) throws(SnapshotRefusal) -> JWTVerifier {
        var keys: [JWTKey] = []
        for key in global.tokenKeys {
            do {
                if let pem = key.publicKeyPEM {
                    keys.append(try JWTKey(pem: pem, keyID: key.keyID))
                } else if let sealed = key.sealedSecret {
                    guard let secret = open(sealed, context: "token-key", seals) else {
                        throw CryptoError.authenticationFailed
                    }
                    keys.append(try .secret(secret, keyID: key.keyID))
                }
            } catch { throw .unreadableChunk("global", "token key \(key.keyID ?? "-"): \(error)") }
        }
        return JWTVerifier(keys: JWTKeySet(keys), issuer: global.tokenIssuer, audience: global.tokenAudience)
    }
}
