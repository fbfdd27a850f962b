import Crypto
import FoundationEssentials
import Glibc
import Node
import NodeProtocol

// Makes the directory of a node that was never enrolled: an identity and a snapshot with one tenant, signed
// by a key of its own, which it leaves in cluster-key.pem for those who want to sign further snapshots. For
// benchmarks and tests of a node alone. Prints what a client needs, one NAME=value a line.

func make(_ directory: String, domain: String) throws {
    let files = NodeFiles(directory: directory)
    try files.makeDirectories()
    let cluster = try Ed25519PrivateKey.generate()
    let clusterKey = SecureRandom.bytes(32)
    let identity = NodeIdentity(
        node: 1, name: "fixture", clusterID: "fixture",
        signingKeys: [SigningKey(keyID: "fixture", publicKey: Data(cluster.publicKey.raw))],
        clusterKeys: [Data(clusterKey)], privateSigningKey: Data(try Ed25519PrivateKey.generate().raw),
        privateSealingKey: Data(try X25519PrivateKey.generate().raw))
    try identity.save(to: files)
    try write(try cluster.pemEncoded(), to: "\(directory)/cluster-key.pem")

    let tenant = TenantID(UUID())
    let key = SecureRandom.token(prefix: "dsp_live_", bytes: 32)
    let username = "bench@localhost"
    let password = SecureRandom.token(prefix: "dp_sk_", bytes: 32)
    let dkim = try RSAPrivateKey.generate()
    let context = TenantRecord.Domain.sealContext(tenant: tenant, domain: domain)
    let sealed = try SymmetricSeal(key: clusterKey).seal(try dkim.pemEncoded(), context: context)
    var limits = TenantRecord.Limits()
    limits.maxRecipients = 1_000
    let record = TenantRecord(
        id: tenant, name: "Fixture", limits: limits,
        bodyKey: Data(try X25519PrivateKey.generate().publicKey.raw),
        domains: [
            TenantRecord.Domain(id: UUID(), name: domain, selector: "dispatch", sealedKey: Data(sealed))
        ],
        apiKeys: [
            TenantRecord.APIKey(
                id: UUID(), sha256: Hex.encode(Digest.sha256(key)), scopes: ["*"],
                requestsPerMinute: 1_000_000_000)
        ],
        credentials: [
            TenantRecord.Credential(
                id: UUID(), username: username, passwordSHA256: Hex.encode(Digest.sha256(password)))
        ])
    let global = GlobalChunk(
        tokenKeys: [], tokenIssuer: nil, tokenAudience: nil, tokensVoidBefore: [:], serviceHost: "localhost")
    let chunks = [
        "global": Array(try JSONEncoder.sorted.encode(global)),
        TenantsChunk.name(for: tenant): Array(try JSONEncoder.sorted.encode(TenantsChunk(tenants: [record]))),
    ]
    let now = Int64(time(nil))
    let manifest = Manifest(
        clusterID: "fixture", version: 1, issuedAt: now, expiresAt: now + 86_400 * 365, keyID: "fixture",
        chunks: chunks.sorted { $0.key < $1.key }.map { name, bytes in
            Manifest.Chunk(name: name, sha256: Hex.encode(Digest.sha256(bytes)), sizeBytes: bytes.count)
        })
    try SnapshotStore(files: files, identity: identity).save(
        try SignedManifest(manifest, key: cluster), manifest, chunks: chunks)
    print("TENANT=\(tenant)\nAPI_KEY=\(key)\nUSERNAME=\(username)\nPASSWORD=\(password)\nDOMAIN=\(domain)")
    print("DKIM_PUBLIC_KEY=\(Base64.encode(try dkim.publicKey.derEncoded()))")
}

/// Writes a small file, readable for the owner alone.
func write(_ text: String, to path: String) throws {
    let bytes = Array(text.utf8)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
        throw CocoaError(.fileWriteUnknown)
    }
}

func complain(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = Glibc.write(STDERR_FILENO, line, line.count)
}

guard (2...3).contains(CommandLine.arguments.count) else {
    complain("usage: node-fixture DIRECTORY [DOMAIN]")
    exit(64)
}
do {
    let domain = CommandLine.arguments.count == 3 ? CommandLine.arguments[2] : "example.com"
    try make(CommandLine.arguments[1], domain: domain)
} catch {
    complain("node-fixture: \(error)")
    exit(1)
}
