import Crypto
import FoundationEssentials
import NodeProtocol
import Testing

@Suite struct SnapshotTests {
    private let cluster: Cluster
    private let tenant: TenantRecord
    private let other: TenantRecord

    init() throws {
        cluster = try Cluster()
        let key = TenantRecord.APIKey(id: UUID(), sha256: sha256("dsp_live_one"), scopes: ["*"])
        let credential = TenantRecord.Credential(
            id: UUID(), username: "Box@dispatch.example", passwordSHA256: sha256("dp_sk_secret"))
        tenant = TenantRecord(id: try tenantID(0x0A), name: "One", apiKeys: [key], credentials: [credential])
        other = TenantRecord(id: try tenantID(0xF0), name: "Two")
    }

    private func refusal(_ chunks: [String: [UInt8]], given: [String: [UInt8]]) -> SnapshotRefusal? {
        do throws(SnapshotRefusal) {
            _ = try Snapshot(
                cluster.manifest(chunks: chunks), chunks: given, clusterKeys: [cluster.clusterKey])
            return nil
        } catch { return error }
    }

    @Test func `tenants are found in their chunks`() throws {
        let snapshot = try cluster.snapshot(cluster.chunks([tenant, other]))
        #expect(snapshot.tenantCount == 2)
        #expect(snapshot.tenant(tenant.id) == tenant)
        #expect(snapshot.tenant(other.id) == other)
        #expect(snapshot.tenant(try tenantID(0x0B)) == nil)
        #expect(snapshot.version == 5)
    }

    @Test func `an API key is found by itself alone`() throws {
        let snapshot = try cluster.snapshot(cluster.chunks([tenant, other]))
        #expect(snapshot.apiKey("dsp_live_one")?.tenant.id == tenant.id)
        for wrong in [
            "", "dsp_live_on", "dsp_live_one ", "DSP_LIVE_ONE", sha256("dsp_live_one"), "dsp_live_one\0",
        ] {
            #expect(snapshot.apiKey(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `a credential is found by name in any case and its password`() throws {
        let snapshot = try cluster.snapshot(cluster.chunks([tenant, other]))
        let name = "box@dispatch.example"
        #expect(snapshot.credential(username: name, password: "dp_sk_secret")?.tenant.id == tenant.id)
        #expect(snapshot.credential(username: name.uppercased(), password: "dp_sk_secret") != nil)
        for (user, password) in [
            (name, ""), (name, "dp_sk_secre"), (name, "DP_SK_SECRET"), (name, sha256("dp_sk_secret")),
            ("", "dp_sk_secret"), ("nobody@dispatch.example", "dp_sk_secret"), ("nobody", ""),
        ] {
            #expect(snapshot.credential(username: user, password: password) == nil, "\(user) \(password)")
        }
    }

    @Test func `a suppression holds for its tenant alone, in any case`() throws {
        let chunks = try cluster.chunks([tenant, other], suppressed: [tenant.id: ["joe@x.example"]])
        let snapshot = try cluster.snapshot(chunks)
        #expect(snapshot.isSuppressed("joe@x.example", tenant: tenant.id))
        #expect(snapshot.isSuppressed("JOE@X.example", tenant: tenant.id))
        #expect(!snapshot.isSuppressed("joe@x.example", tenant: other.id))
        #expect(!snapshot.isSuppressed("jo@x.example", tenant: tenant.id))
    }

    @Test func `a sealed secret opens in its own context and with this cluster's key`() throws {
        let snapshot = try cluster.snapshot(cluster.chunks([tenant]))
        let context = TenantRecord.Domain.sealContext(tenant: tenant.id, domain: "one.example")
        let sealed = try cluster.seal([1, 2, 3], context: context)
        #expect(snapshot.open(sealed, context: context) == [1, 2, 3])
        let elsewhere = TenantRecord.Domain.sealContext(tenant: other.id, domain: "one.example")
        #expect(snapshot.open(sealed, context: elsewhere) == nil)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(snapshot.open(changed, context: context) == nil)
        }
        for count in 0..<sealed.count {
            #expect(snapshot.open(sealed.prefix(count), context: context) == nil)
        }
    }

    @Test func `user tokens are verified by sealed secrets and by public keys`() throws {
        let secret = [UInt8](repeating: 9, count: 32)
        let pair = try Ed25519PrivateKey.generate()
        let keys = [
            GlobalChunk.TokenKey(
                keyID: "h", algorithm: "HS256", publicKeyPEM: nil,
                sealedSecret: try cluster.seal(secret, context: "token-key")),
            GlobalChunk.TokenKey(
                keyID: "e", algorithm: "EdDSA", publicKeyPEM: try pair.publicKey.pemEncoded(),
                sealedSecret: nil),
        ]
        let snapshot = try cluster.snapshot(cluster.chunks([tenant], keys: keys))
        struct Claims: Encodable {
            var iss = "portal"
            var aud = "dispatch"
            var sub = "u"
            var exp: Int64
        }
        let claims = Claims(exp: cluster.now + 10)
        for key in [try JWTKey.secret(secret, keyID: "h"), JWTKey(pair, keyID: "e")] {
            let token = try JWTSigner(key).sign(claims)
            #expect(try snapshot.tokenVerifier.verify(token, now: Int(cluster.now)).subject == "u")
        }
        let forged = try JWTSigner(.secret([UInt8](repeating: 8, count: 32), keyID: "h")).sign(claims)
        #expect(throws: JWTError.badSignature) {
            try snapshot.tokenVerifier.verify(forged, now: Int(cluster.now))
        }
    }

    @Test func `a token key that cannot be read refuses the whole snapshot`() throws {
        let pem = GlobalChunk.TokenKey(
            keyID: "x", algorithm: "RS256", publicKeyPEM: "no pem", sealedSecret: nil)
        let sealed = GlobalChunk.TokenKey(
            keyID: "x", algorithm: "HS256", publicKeyPEM: nil, sealedSecret: Data([1, 2, 3]))
        for key in [pem, sealed] {
            let chunks = try cluster.chunks([tenant], keys: [key])
            #expect(refusal(chunks, given: chunks)?.reason == "unreadable_chunk")
        }
    }

    @Test func `a missing, swapped, longer or altered chunk is refused by its name`() throws {
        let chunks = try cluster.chunks([tenant, other])
        for name in chunks.keys {
            #expect(refusal(chunks, given: chunks.filter { $0.key != name }) == .missingChunk(name))
            var given = chunks
            given[name]?.append(0x20)
            #expect(refusal(chunks, given: given) == .chunkSizeDiffers(name))
            given = chunks
            given[name]?[0] ^= 1
            #expect(refusal(chunks, given: given) == .chunkHashDiffers(name))
        }
        var swapped = chunks
        let first = TenantsChunk.name(for: tenant.id)
        let second = TenantsChunk.name(for: other.id)
        swapped[first] = chunks[second]
        swapped[second] = chunks[first]
        #expect(
            ["chunk_size_differs", "chunk_hash_differs"].contains(
                refusal(chunks, given: swapped)?.reason ?? ""))
    }

    @Test func `no snapshot is made without the global chunk, of unreadable ones or with a short key`() throws
    {
        #expect(refusal([:], given: [:]) == .missingChunk("global"))
        for bytes in [[], Array("{}".utf8), Array("[".utf8), [0xFF]] as [[UInt8]] {
            #expect(refusal(["global": bytes], given: ["global": bytes])?.reason == "unreadable_chunk")
        }
        let chunks = try cluster.chunks([tenant])
        #expect(throws: SnapshotRefusal.self) {
            try Snapshot(cluster.manifest(chunks: chunks), chunks: chunks, clusterKeys: [[1]])
        }
    }

    @Test func `chunks that this code does not know do no harm`() throws {
        var chunks = try cluster.chunks([tenant])
        chunks["later/00"] = [0xFF, 0]
        #expect(refusal(chunks, given: chunks) == nil)
    }
}
