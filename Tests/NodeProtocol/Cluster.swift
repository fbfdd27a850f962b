import Crypto
import FoundationEssentials
import NodeProtocol
import Testing

/// A cluster with one signing key and what a node of it pinned; makes manifests and snapshots.
struct Cluster {
    let id = "cluster-a"
    let keyID = "k1"
    let now: Int64 = 1_800_000_000
    let key: Ed25519PrivateKey
    let clusterKey = [UInt8](repeating: 7, count: 32)

    init() throws { key = try Ed25519PrivateKey(raw: [UInt8](repeating: 3, count: 32)) }

    var pinned: [SigningKey] { [SigningKey(keyID: keyID, publicKey: Data(key.publicKey.raw))] }

    func seal(_ secret: [UInt8], context: String) throws -> Data {
        Data(try SymmetricSeal(key: clusterKey).seal(secret, context: Array(context.utf8)))
    }

    func manifest(
        version: Int64 = 5, cluster: String? = nil, expiresAt: Int64? = nil, keyID: String? = nil,
        chunks: [String: [UInt8]] = [:]
    ) -> Manifest {
        Manifest(
            clusterID: cluster ?? id, version: version, issuedAt: now, expiresAt: expiresAt ?? now + 600,
            keyID: keyID ?? self.keyID,
            chunks: chunks.sorted { $0.key < $1.key }.map { name, bytes in
                .init(name: name, sha256: Hex.encode(Digest.sha256(bytes)), sizeBytes: bytes.count)
            })
    }

    /// What a node decides about the manifest: nil when it takes it.
    func refusal(
        of signed: SignedManifest, keys: [SigningKey]? = nil, held: Int64? = 4, at now: Int64? = nil
    ) -> SnapshotRefusal? {
        do throws(SnapshotRefusal) {
            _ = try signed.verified(by: keys ?? pinned, clusterID: id, held: held, now: now ?? self.now)
            return nil
        } catch { return error }
    }

    func chunk(_ value: some Encodable) throws -> [UInt8] { Array(try JSONEncoder.sorted.encode(value)) }

    func global(_ keys: [GlobalChunk.TokenKey] = []) -> GlobalChunk {
        GlobalChunk(
            tokenKeys: keys, tokenIssuer: "portal", tokenAudience: "dispatch", tokensVoidBefore: [:],
            serviceHost: "dispatch.example")
    }

    /// The chunks of a snapshot with these tenants and suppressions.
    func chunks(
        _ tenants: [TenantRecord], suppressed: [TenantID: [String]] = [:], keys: [GlobalChunk.TokenKey] = []
    ) throws -> [String: [UInt8]] {
        var chunks = ["global": try chunk(global(keys))]
        for (name, members) in Dictionary(grouping: tenants, by: { TenantsChunk.name(for: $0.id) }) {
            chunks[name] = try chunk(TenantsChunk(tenants: members))
        }
        for (tenant, addresses) in suppressed {
            chunks[SuppressionsChunk.name(for: tenant)] =
                try chunk(SuppressionsChunk(addresses: [tenant.description: addresses]))
        }
        return chunks
    }

    func snapshot(_ chunks: [String: [UInt8]]) throws(SnapshotRefusal) -> Snapshot {
        try Snapshot(manifest(chunks: chunks), chunks: chunks, clusterKeys: [clusterKey])
    }
}

func tenantID(_ last: UInt8) throws -> TenantID {
    let digits = String(last, radix: 16)
    return try #require(
        TenantID(text: "11111111-1111-4111-8111-1111111111\(digits.count < 2 ? "0" : "")\(digits)"))
}

func sha256(_ text: String) -> String { Hex.encode(Digest.sha256(Array(text.utf8))) }
