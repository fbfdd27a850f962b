import Crypto
import FoundationEssentials

/// One version of all that a node decides from, ready for look-ups. Never changed after `init`: a node swaps
/// one for the next, which shares with it every chunk that is the same.
///
/// Secrets stay sealed here; `open` unseals one when it is needed.
package final class Snapshot: Sendable {
    package let manifest: Manifest
    package let global: GlobalChunk
    /// In force: the built-in rows with those of the snapshot over them.
    package let shaping: Shaping
    package let tokenVerifier: JWTVerifier
    /// Nil while the control plane has given no key: then nothing is tracked.
    package let tracking: TrackingTokens?
    /// By slot; where a chunk stands never changes from one version to the next.
    private let parts: [SnapshotPart?]
    private let slots: [String: Int]
    /// The slots of the chunks of usage, by bucket: they are looked up for each message.
    private let usageSlots: [Int?]
    private let lookups: SnapshotLookups
    /// Newest last; more than one while the cluster changes its key.
    private let seals: [SymmetricSeal]

    package var version: Int64 { manifest.version }
    package var tenantCount: Int { parts.reduce(0) { $0 + ($1?.content.tenants.count ?? 0) } }

    /// Builds the look-ups from verified chunks.
    ///
    /// - Parameters:
    ///   - chunks: the bytes by name; each is held against its hash and size first.
    ///   - clusterKeys: 32 bytes each, newest last: more than one while the cluster changes its key.
    /// - Throws: `.missingChunk`, `.chunkSizeDiffers`, `.chunkHashDiffers`, `.unreadableChunk`,
    ///   `.unusableShaping`.
    package convenience init(
        _ manifest: Manifest, chunks: [String: [UInt8]], clusterKeys: [[UInt8]]
    ) throws(SnapshotRefusal) {
        var parts: [String: SnapshotPart] = [:]
        for chunk in manifest.chunks {
            guard let bytes = chunks[chunk.name] else { throw .missingChunk(chunk.name) }
            parts[chunk.name] = try SnapshotPart(chunk, bytes)
        }
        try self.init(manifest, parts: parts, clusterKeys: clusterKeys)
    }

    /// Puts the parts that are new in place of those of the version before; what they do not concern is
    /// shared with it.
    ///
    /// - Parameter parts: by name, those that the version before does not hold (`holds`).
    /// - Throws: `.missingChunk`, `.unreadableChunk`, `.unusableShaping`.
    package init(
        _ manifest: Manifest, parts fresh: [String: SnapshotPart], clusterKeys: [[UInt8]],
        replacing old: Snapshot? = nil
    ) throws(SnapshotRefusal) {
        self.manifest = manifest
        let seals = clusterKeys.compactMap { try? SymmetricSeal(key: $0) }
        guard !seals.isEmpty, seals.count == clusterKeys.count else {
            throw .malformed("a cluster key has not 32 bytes")
        }
        self.seals = seals
        var slots = old?.slots ?? [:]
        var parts = old?.parts ?? []
        var lookups = old?.lookups ?? SnapshotLookups()
        var changed: [SnapshotPart] = []
        func put(_ part: SnapshotPart?, _ name: String) {
            let slot = slots[name] ?? parts.count
            if slot == parts.count { parts.append(nil) }
            slots[name] = slot
            lookups.replace(parts[slot], by: part, slot: slot)
            parts[slot] = part
            if let part { changed.append(part) }
        }
        for chunk in manifest.chunks {
            if let old, old.holds(chunk) { continue }
            guard let part = fresh[chunk.name], part.sha256 == chunk.sha256 else {
                throw .missingChunk(chunk.name)
            }
            put(part, chunk.name)
        }
        let named = Set(manifest.chunks.map(\.name))
        for name in slots.keys where !named.contains(name) { put(nil, name) }
        guard let slot = slots["global"], case .global(let global)? = parts[slot]?.content else {
            throw .missingChunk("global")
        }
        self.global = global
        shaping = try Self.shaping(
            global, parts: old?.global.shaping == global.shaping ? changed : parts.compactMap(\.self))
        tokenVerifier = try Self.verifier(global, seals: seals)
        tracking = try Self.tracking(global, seals: seals)
        (self.parts, self.slots, self.lookups) = (parts, slots, lookups)
        usageSlots = UsageChunk.names.map { slots[$0] }
    }

    /// Whether this version has the chunk already, read and checked.
    package func holds(_ chunk: Manifest.Chunk) -> Bool {
        slots[chunk.name].flatMap { parts[$0] }?.sha256 == chunk.sha256
    }

    /// Tenants that may neither send nor have what they sent delivered.
    package var inactiveTenants: Set<TenantID> { Set(parts.lazy.flatMap { $0?.inactive ?? [] }) }

    package func tenant(_ id: TenantID) -> TenantRecord? { tenant(at: lookups.tenants[id]) }

    private func tenant(at place: SnapshotPlace?) -> TenantRecord? {
        guard let place, let part = parts.element(Int(place.slot)) else { return nil }
        return part?.content.tenants.element(Int(place.tenant))
    }

    /// What the nodes had taken for a tenant; nil when none had told of anything.
    package func usage(of tenant: TenantID) -> TenantUsage? {
        guard let slot = usageSlots[Int(tenant.bucket)] else { return nil }
        return parts[slot]?.content.usage?.usage(of: tenant)
    }

    /// Whose verified domain this is, which one tenant at a time has; A-labels in lower case.
    package func owner(ofDomain name: String) -> TenantID? { tenant(at: lookups.domains[name])?.id }

    /// Finds a key by what the caller presents.
    package func apiKey(_ presented: String) -> (tenant: TenantRecord, key: TenantRecord.APIKey)? {
        guard let place = lookups.apiKeys[SecretHash(of: presented)], let tenant = tenant(at: place),
            let key = tenant.apiKeys.element(Int(place.item))
        else { return nil }
        return (tenant, key)
    }

    /// Finds a credential whose password is the one presented. Takes the same time whether the name exists or
    /// not.
    package func credential(
        username: String, password: String
    ) -> (tenant: TenantRecord, credential: TenantRecord.Credential)? {
        let presented = SecretHash(of: password)
        let place = lookups.credentials[username.lowercased()]
        let tenant = tenant(at: place)
        let found = tenant?.credentials.element(place.map { Int($0.item) })
        guard presented.equals(found?.passwordHash ?? .none), let tenant, let found else { return nil }
        return (tenant, found)
    }

    /// Whether the tenant may not send to this address, which is compared without case.
    package func isSuppressed(_ address: String, tenant: TenantID) -> Bool {
        guard let place = lookups.suppressions[tenant], let part = parts.element(Int(place.slot)) else {
            return false
        }
        return part?.content.suppressions?.contains(address, tenant: tenant) ?? false
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

    /// - Parameter parts: those whose tenants have not been held against this shaping yet.
    private static func shaping(
        _ global: GlobalChunk, parts: [SnapshotPart]
    ) throws(SnapshotRefusal) -> Shaping {
        let shaping = Shaping.effective(global.shaping)
        if let problem = shaping.problems().first { throw .unusableShaping("\(problem)") }
        for tenant in parts.lazy.flatMap(\.poolUsers) {
            if let problem = shaping.problems(of: tenant.limits).first {
                throw .unusableShaping("tenants[\(tenant.id)].\(problem)")
            }
        }
        return shaping
    }

    private static func tracking(
        _ global: GlobalChunk, seals: [SymmetricSeal]
    ) throws(SnapshotRefusal) -> TrackingTokens? {
        var keys: [(id: UInt8, secret: [UInt8])] = []
        for key in global.trackingKeys ?? [] {
            let context = GlobalChunk.TrackingKey.sealContext
            guard let secret = open(key.sealedSecret, context: context, seals) else {
                throw .unreadableChunk("global", "tracking key \(key.id): not sealed for this cluster")
            }
            keys.append((key.id, secret))
        }
        return TrackingTokens(keys: keys)
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
