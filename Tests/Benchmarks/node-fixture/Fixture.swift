import Crypto
import FoundationEssentials
import Glibc
import Node
import NodeProtocol

/// The directory of a node that was never enrolled: an identity and a snapshot with some tenants, signed by
/// a key of its own, which stays in `cluster-key.pem` for those who want to sign further snapshots.
///
/// The first tenant has the domain that was asked for, the others `t2.…`, `t3.…` below it. All domains have
/// the same DKIM key, because making one takes a tenth of a second. The file `tenants` has a line for each:
/// id, API key, domain.
struct Fixture {
    private struct Tenant {
        let id = TenantID(UUID())
        let key = SecureRandom.token(prefix: "dsp_live_", bytes: 32)
        let username: String
        let password = SecureRandom.token(prefix: "dp_sk_", bytes: 32)
        let domain: String
    }

    private let directory: String
    private let tenants: [Tenant]
    private let clusterKey = SecureRandom.bytes(32)

    init(directory: String, domain: String, tenants count: Int) {
        self.directory = directory
        tenants = (1...max(1, count)).map { number in
            number == 1
                ? Tenant(username: "bench@localhost", domain: domain)
                : Tenant(username: "bench\(number)@localhost", domain: "t\(number).\(domain)")
        }
    }

    /// Writes everything and prints what a client of the first tenant needs, one NAME=value a line.
    func make() throws {
        let files = NodeFiles(directory: directory)
        try files.makeDirectories()
        let cluster = try Ed25519PrivateKey.generate()
        let identity = NodeIdentity(
            node: 1, name: "fixture", clusterID: "fixture",
            signingKeys: [SigningKey(keyID: "fixture", publicKey: Data(cluster.publicKey.raw))],
            clusterKeys: [Data(clusterKey)], privateSigningKey: Data(try Ed25519PrivateKey.generate().raw),
            privateSealingKey: Data(try X25519PrivateKey.generate().raw))
        try identity.save(to: files)
        try Self.write(try cluster.pemEncoded(), to: "\(directory)/cluster-key.pem")
        let dkim = try RSAPrivateKey.generate()
        let chunks = try chunks(dkim)
        let now = Int64(time(nil))
        let manifest = Manifest(
            clusterID: "fixture", version: 1, issuedAt: now, expiresAt: now + 86_400 * 365, keyID: "fixture",
            chunks: chunks.sorted { $0.key < $1.key }.map { name, bytes in
                Manifest.Chunk(name: name, sha256: Hex.encode(Digest.sha256(bytes)), sizeBytes: bytes.count)
            })
        try SnapshotStore(files: files, identity: identity).save(
            try SignedManifest(manifest, key: cluster), manifest, chunks: chunks)
        try Self.write(
            tenants.map { "\($0.id) \($0.key) \($0.domain)\n" }.joined(), to: "\(directory)/tenants")
        let first = tenants[0]
        print("TENANT=\(first.id)\nAPI_KEY=\(first.key)\nUSERNAME=\(first.username)")
        print("PASSWORD=\(first.password)\nDOMAIN=\(first.domain)")
        print("DKIM_PUBLIC_KEY=\(Base64.encode(try dkim.publicKey.derEncoded()))")
    }

    private func chunks(_ dkim: RSAPrivateKey) throws -> [String: [UInt8]] {
        let global = GlobalChunk(
            tokenKeys: [], tokenIssuer: nil, tokenAudience: nil, tokensVoidBefore: [:],
            serviceHost: "localhost")
        let pem = try dkim.pemEncoded()
        let bodyKey = Data(try X25519PrivateKey.generate().publicKey.raw)
        var records: [String: [TenantRecord]] = [:]
        for tenant in tenants {
            records[TenantsChunk.name(for: tenant.id), default: []].append(
                try record(of: tenant, pem: pem, bodyKey: bodyKey))
        }
        var chunks = records.mapValues { TenantsChunk(tenants: $0).encoded() }
        chunks["global"] = Array(try JSONEncoder.sorted.encode(global))
        return chunks
    }

    private func record(of tenant: Tenant, pem: String, bodyKey: Data) throws -> TenantRecord {
        let context = TenantRecord.Domain.sealContext(tenant: tenant.id, domain: tenant.domain)
        let sealed = try SymmetricSeal(key: clusterKey).seal(pem, context: context)
        var limits = TenantRecord.Limits()
        limits.maxRecipients = 1_000
        return TenantRecord(
            id: tenant.id, name: "Fixture", limits: limits, bodyKey: bodyKey,
            domains: [
                TenantRecord.Domain(
                    id: UUID(), name: tenant.domain, selector: "dispatch", sealedKey: Data(sealed))
            ],
            apiKeys: [
                TenantRecord.APIKey(
                    id: UUID(), sha256: Hex.encode(Digest.sha256(tenant.key)), scopes: ["*"],
                    requestsPerMinute: 1_000_000_000)
            ],
            credentials: [
                TenantRecord.Credential(
                    id: UUID(), username: tenant.username,
                    passwordSHA256: Hex.encode(Digest.sha256(tenant.password)))
            ])
    }

    /// Writes a small file, readable for the owner alone.
    private static func write(_ text: String, to path: String) throws {
        let bytes = Array(text.utf8)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw CocoaError(.fileWriteUnknown)
        }
    }
}
