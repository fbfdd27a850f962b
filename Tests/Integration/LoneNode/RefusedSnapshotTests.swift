import Crypto
import FoundationEssentials
import Glibc
import NodeProtocol
import TestSupport
import Testing

/// Snapshots that a node must not take: each is refused with its reason, in the answer and in the metric, and
/// the one that it holds goes on holding.
@Suite struct RefusedSnapshotTests {
    private static func makeNode() async throws -> (LoneNode, SnapshotSource, MailSink) {
        let sink = try MailSink()
        let source = try SnapshotSource()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route, "DISPATCH_CONTROL_URL": source.baseURL])
        try await node.start()
        return (node, source, sink)
    }

    @Test func `a manifest that is not the cluster's, altered, old or spent is refused`() async throws {
        let (node, source, sink) = try await Self.makeNode()
        let key = try node.clusterKey()
        let other = try Ed25519PrivateKey.generate()
        var draft = try node.nextDraft()
        source.serve(draft)
        #expect(try await node.push(SignedManifest(draft.manifest, key: key)).answer.accepted)
        draft = try node.nextDraft()
        #expect(draft.version == 3)

        var cases: [(reason: String, signed: SignedManifest)] = []
        let good = try SignedManifest(draft.manifest, key: key)
        cases.append(("bad_signature", try Self.altered(good)))
        cases.append(
            (
                "bad_signature",
                SignedManifest(manifest: good.manifest, signature: Data(good.signature.reversed()))
            ))
        cases.append(("bad_signature", SignedManifest(manifest: good.manifest, signature: Data())))
        cases.append(("bad_signature", try SignedManifest(draft.manifest, key: other)))
        func spoiled(_ reason: String, _ change: (inout SnapshotSource.Draft) -> Void) throws {
            var spoiled = draft
            change(&spoiled)
            cases.append((reason, try SignedManifest(spoiled.manifest, key: key)))
        }
        try spoiled("unknown_key") { $0.keyID = "other" }
        try spoiled("not_newer") { $0.version = 1 }
        try spoiled("not_newer") { $0.version = .min }
        try spoiled("other_cluster") { $0.clusterID = "another" }
        try spoiled("expired") { $0.expiresAt = Int64(time(nil)) - 1 }
        try spoiled("missing_chunk") { $0.chunks["global"] = nil }
        cases.append(("unsupported_format", try Self.ofFormat(3, good, key)))
        cases.append(("malformed", SignedManifest(manifest: Data("[]".utf8), signature: good.signature)))
        try await Self.expectRefused(cases, node)

        try await node.caller().must("POST", "/api/v1/messages", node.message("still sending"))
        _ = try await sink.wait(forSubject: "still sending")
        #expect(try await node.push(good).answer == SnapshotAnswer(accepted: true, heldVersion: 3))
    }

    @Test func `a chunk that is missing, swapped, cut or no chunk at all is refused with the whole snapshot`()
        async throws
    {
        let (node, source, sink) = try await Self.makeNode()
        let key = try node.clusterKey()
        var draft = try node.nextDraft()
        let name = try #require(draft.chunks.keys.first { $0.hasPrefix("tenants/") })
        let tenants = try #require(draft.chunks[name])
        let changed = Array("{\"tenants\":[]}".utf8)
        draft.chunks[name] = changed
        let hash = Hex.encode(Digest.sha256(changed))
        let signed = try SignedManifest(draft.manifest, key: key)

        try await Self.expectRefused([("missing_chunk", signed)], node)
        source.serve(Array("{\"tenants\":{}}".utf8), as: hash)
        try await Self.expectRefused([("chunk_hash_differs", signed)], node)
        source.serve(tenants, as: hash)
        try await Self.expectRefused([("chunk_size_differs", signed)], node)
        source.serve(changed.dropLast(), as: hash)
        try await Self.expectRefused([("chunk_size_differs", signed)], node)

        var senseless = draft
        senseless.chunks[name] = Array("{\"tenants\":[{}]}".utf8)
        source.serve(senseless)
        try await Self.expectRefused(
            [("unreadable_chunk", try SignedManifest(senseless.manifest, key: key))], node)

        try await node.caller().must("POST", "/api/v1/messages", node.message("still sending"))
        _ = try await sink.wait(forSubject: "still sending")

        // With the right bytes it is taken: the tenant is gone, and stays gone after a restart.
        source.serve(draft)
        #expect(
            try await node.push(signed).answer == SnapshotAnswer(accepted: true, heldVersion: draft.version))
        #expect(try await node.caller().post("/api/v1/messages", node.message("gone")).status == 401)
        try await node.process.kill()
        try await node.start()
        #expect(try await node.process.health()["snapshot_version"].integer == Int(draft.version))
        #expect(try await node.caller().post("/api/v1/messages", node.message("gone")).status == 401)
    }

    /// Pushes each and demands the refusal, the unchanged version, and one more in the metric.
    private static func expectRefused(_ cases: [(reason: String, signed: SignedManifest)], _ node: LoneNode)
        async throws
    {
        let held = try await node.process.health()["snapshot_version"].integer
        for (reason, signed) in cases {
            let metric = "dispatch_snapshots_refused_total{reason=\"\(reason)\"}"
            let before = try await node.process.metric(metric)
            let (status, answer) = try await node.push(signed)
            #expect(status == 409)
            #expect(answer.reason == reason, "\(answer)")
            #expect(answer.heldVersion.map(Int.init) == held)
            #expect(try await node.process.metric(metric) == before + 1)
            #expect(try await node.process.health()["snapshot_version"].integer == held)
        }
    }

    /// With one digit of the version changed.
    private static func altered(_ signed: SignedManifest) throws -> SignedManifest {
        var bytes = Array(signed.manifest)
        let position = try #require(bytes.lastIndex(of: UInt8(ascii: "3")))
        bytes[position] = UInt8(ascii: "9")
        return SignedManifest(manifest: Data(bytes), signature: signed.signature)
    }

    private static func ofFormat(_ format: Int, _ signed: SignedManifest, _ key: Ed25519PrivateKey) throws
        -> SignedManifest
    {
        guard case .object(var members) = try JSONDecoder().decode(JSONValue.self, from: signed.manifest)
        else {
            throw TestSupportError("a manifest is an object")
        }
        members["format"] = .integer(format)
        let bytes = try JSONEncoder().encode(JSONValue.object(members))
        return SignedManifest(manifest: bytes, signature: Data(try key.sign(Array(bytes))))
    }
}
