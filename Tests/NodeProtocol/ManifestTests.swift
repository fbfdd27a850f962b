import Crypto
import FoundationEssentials
import NodeProtocol
import Testing

@Suite struct ManifestTests {
    private let cluster: Cluster
    private let signed: SignedManifest

    init() throws {
        cluster = try Cluster()
        signed = try SignedManifest(cluster.manifest(chunks: ["global": [1, 2, 3]]), key: cluster.key)
    }

    @Test func `a manifest that the pinned key signed is taken`() throws {
        #expect(cluster.refusal(of: signed) == nil)
        #expect(cluster.refusal(of: signed, held: nil) == nil)
    }

    @Test func `one altered byte, wherever it is, is refused`() {
        for index in signed.manifest.indices {
            for flip in [0x01, 0x20, 0x80] as [UInt8] {
                var bytes = signed.manifest
                bytes[index] ^= flip
                let refusal = cluster.refusal(
                    of: SignedManifest(manifest: bytes, signature: signed.signature))
                let reasons = ["bad_signature", "malformed", "unknown_key"]
                #expect(reasons.contains(refusal?.reason ?? "taken"), "byte \(index)")
            }
        }
        for index in signed.signature.indices {
            var signature = signed.signature
            signature[index] ^= 1
            let refusal = cluster.refusal(of: SignedManifest(manifest: signed.manifest, signature: signature))
            #expect(refusal == .badSignature, "signature byte \(index)")
        }
    }

    @Test func `the same content in other bytes is refused`() {
        let spaced = signed.manifest + Data(" ".utf8)
        #expect(
            cluster.refusal(of: SignedManifest(manifest: spaced, signature: signed.signature))
                == .badSignature)
    }

    @Test(arguments: [0, 1, 63, 65, 1000])
    func `a signature of another length is refused`(count: Int) {
        let signature = Data(repeating: 0, count: count)
        #expect(
            cluster.refusal(of: SignedManifest(manifest: signed.manifest, signature: signature))
                == .badSignature)
    }

    @Test func `another key does not configure this node, whatever id it takes`() throws {
        let stranger = try Ed25519PrivateKey.generate()
        #expect(cluster.refusal(of: try SignedManifest(cluster.manifest(), key: stranger)) == .badSignature)
        let named = try SignedManifest(cluster.manifest(keyID: "k2"), key: stranger)
        #expect(cluster.refusal(of: named) == .unknownKey("k2"))
        #expect(cluster.refusal(of: signed, keys: []) == .unknownKey("k1"))
        let broken = [SigningKey(keyID: "k1", publicKey: Data([1, 2]))]
        #expect(cluster.refusal(of: signed, keys: broken) == .badSignature)
    }

    @Test func `of two pinned keys the named one counts`() throws {
        let second = try Ed25519PrivateKey.generate()
        let keys = cluster.pinned + [SigningKey(keyID: "k2", publicKey: Data(second.publicKey.raw))]
        let rotated = try SignedManifest(cluster.manifest(keyID: "k2"), key: second)
        #expect(cluster.refusal(of: rotated, keys: keys) == nil)
        #expect(
            cluster.refusal(of: try SignedManifest(cluster.manifest(), key: second), keys: keys)
                == .badSignature)
    }

    @Test func `an older or equal version is refused`() {
        #expect(cluster.refusal(of: signed, held: 5) == .notNewer(offered: 5, held: 5))
        #expect(cluster.refusal(of: signed, held: 6) == .notNewer(offered: 5, held: 6))
        #expect(cluster.refusal(of: signed, held: .max)?.reason == "not_newer")
    }

    @Test func `the manifest of another cluster is refused`() throws {
        let other = try SignedManifest(cluster.manifest(cluster: "cluster-b"), key: cluster.key)
        #expect(cluster.refusal(of: other) == .otherCluster("cluster-b"))
    }

    @Test func `an expired manifest is refused, but for what the node starts from`() throws {
        let end = cluster.now + 600
        #expect(cluster.refusal(of: signed, at: end - 1) == nil)
        #expect(cluster.refusal(of: signed, at: end) == .expired(at: end))
        #expect(cluster.refusal(of: signed, at: .max) == .expired(at: end))
        _ = try signed.verified(by: cluster.pinned, clusterID: cluster.id, held: nil, now: nil)
    }

    @Test(arguments: [0, 3, -1])
    func `a format that this code does not know is refused, though it is signed`(format: Int) throws {
        let text = #"{"keyID":"k1","format":\#(format),"something":"else"}"#
        let other = SignedManifest(
            manifest: Data(text.utf8), signature: Data(try cluster.key.sign(Array(text.utf8))))
        #expect(cluster.refusal(of: other) == .unsupportedFormat(format))
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "{\"keyID\":\"k1\"}", "{\"keyID\":1,\"format\":1}", "\u{FEFF}{",
    ])
    func `what is no manifest is refused, though it is signed`(text: String) throws {
        let other = SignedManifest(
            manifest: Data(text.utf8), signature: Data(try cluster.key.sign(Array(text.utf8))))
        #expect(cluster.refusal(of: other)?.reason == "malformed")
    }

    @Test func `a signed manifest without its fields, with too many chunks or one name twice is refused`()
        throws
    {
        let chunk = Manifest.Chunk(name: "global", sha256: "", sizeBytes: 0)
        let lists = [
            [chunk, chunk], (0...Manifest.maxChunks).map { .init(name: "\($0)", sha256: "", sizeBytes: 0) },
        ]
        for chunks in lists {
            let manifest = Manifest(
                clusterID: cluster.id, version: 5, issuedAt: 0, expiresAt: .max, keyID: "k1", chunks: chunks)
            #expect(
                cluster.refusal(of: try SignedManifest(manifest, key: cluster.key))?.reason == "malformed")
        }
        let text = #"{"keyID":"k1","format":1}"#
        let bare = SignedManifest(
            manifest: Data(text.utf8), signature: Data(try cluster.key.sign(Array(text.utf8))))
        #expect(cluster.refusal(of: bare)?.reason == "malformed")
    }

    @Test func `a manifest beyond its limit is refused before it is read`() {
        let huge = SignedManifest(manifest: Data(count: Manifest.maxBytes + 1), signature: Data())
        #expect(cluster.refusal(of: huge)?.reason == "malformed")
    }

    @Test func `it survives its way as JSON`() throws {
        let wire = try JSONEncoder().encode(signed)
        let read = try JSONDecoder().decode(SignedManifest.self, from: wire)
        #expect(read == signed)
        #expect(cluster.refusal(of: read) == nil)
    }
}
