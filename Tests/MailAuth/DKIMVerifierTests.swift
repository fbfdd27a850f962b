import Crypto
import MailAuth
import TestSupport
import Testing

@Suite struct DKIMVerifierTests {
    private let message = DKIMFixtures.wire("From: alice@example.test\nSubject: s\n\nbody\n")

    /// A signature of `message` with tags of our choice, correctly computed with the Ed25519 key.
    private func signed(_ tags: String, message: [UInt8]? = nil, body: String = "body\r\n") throws -> [UInt8]
    {
        let bodyHash = Base64.encode(Digest.sha256(body))
        let field = "DKIM-Signature: \(tags.replacing("BH", with: bodyHash)); b="
        let input = "from:alice@example.test\r\nsubject:s\r\n" + "dkim-signature:" + field.dropFirst(16)
        let signature = try DKIMFixtures.keys().ed25519.sign(Digest.sha256(input))
        return Array("\(field)\(Base64.encode(signature))\r\n".utf8) + (message ?? self.message)
    }

    private let good = "v=1; a=ed25519-sha256; c=relaxed/simple; d=example.test; s=ed; h=from:subject; bh=BH"

    private func result(_ tags: String, now: Int = DKIMFixtures.now) async throws -> DKIMResult? {
        let results = try await DKIMFixtures.verify(signed(tags), now: now)
        #expect(results.count == 1)
        return results.first?.result
    }

    @Test func `tags that are allowed are accepted`() async throws {
        for tags in [
            good, good + "; q=dns/txt", good + "; q=other:dns/txt", good + "; i=@example.test",
            good + "; i=alice@example.test", good + "; i=@sub.EXAMPLE.test", good + "; x=1800000000",
            good + "; t=1799999999; x=1800000001", good + "; l=6", good + "; unknown=1; z=From:a",
        ] { #expect(try await result(tags) == .pass, "\(tags)") }
    }

    @Test func `tags that are not allowed are named`() async throws {
        let cases: [(String, DKIMResult)] = [
            (good.replacing("v=1", with: "v=2"), .permanentError(.unsupportedVersion)),
            (good.replacing("v=1; ", with: ""), .permanentError(.unsupportedVersion)),
            (good.replacing("a=ed25519-sha256", with: "a=rsa-sha1"), .permanentError(.unsupportedAlgorithm)),
            (good.replacing("a=ed25519-sha256", with: "a=rsa-sha256"), .permanentError(.keyTypeMismatch)),
            (
                good.replacing("c=relaxed/simple", with: "c=nofws"),
                .permanentError(.unsupportedCanonicalization)
            ),
            (
                good.replacing("c=relaxed/simple", with: "c=relaxed/"),
                .permanentError(.unsupportedCanonicalization)
            ),
            (good.replacing("h=from:subject", with: "h=subject"), .permanentError(.fromNotSigned)),
            (good.replacing("; h=from:subject", with: ""), .permanentError(.missingTag)),
            (good.replacing("; s=ed", with: ""), .permanentError(.missingTag)),
            (good.replacing("bh=BH", with: "bh=AAAA"), .permanentError(.syntax)),
            (good.replacing("d=example.test", with: "d=exa mple.test;d=x"), .permanentError(.syntax)),
            (good.replacing("s=ed", with: "s=none"), .permanentError(.noKey)),
            (good.replacing("d=example.test", with: "d=other.test"), .permanentError(.noKey)),
            (good + "; i=@notexample.test", .permanentError(.identityNotInDomain)),
            (good + "; i=@test", .permanentError(.identityNotInDomain)),
            (good + "; i=example.test", .permanentError(.syntax)),
            (good + "; v=1", .permanentError(.syntax)), (good + "; nothing", .permanentError(.syntax)),
            (good + "; q=http", .permanentError(.unsupportedQuery)),
            (good + "; x=1799999999", .fail(.expired)),
            (good + "; t=1800000002; x=1800000001", .permanentError(.syntax)),
            (good + "; x=soon", .permanentError(.syntax)), (good + "; l=-1", .permanentError(.syntax)),
            (good + "; l=99999999999999999999", .permanentError(.syntax)),
            (good + "; l=7", .permanentError(.bodyShorterThanSigned)),
            (good + "; l=5", .fail(.bodyHashMismatch)),
        ]
        for (tags, expected) in cases { #expect(try await result(tags) == expected, "\(tags)") }
    }

    @Test func `what l= leaves unsigned is counted`() async throws {
        let tags = good + "; l=6"
        let results = try await DKIMFixtures.verify(signed(tags) + Array("more\r\n".utf8))
        #expect(results.map(\.result) == [.pass])
        #expect(results.first?.unsignedBodyBytes == 6)
        #expect(try await DKIMFixtures.verify(signed(tags)).first?.unsignedBodyBytes == 0)
        let none = try signed(good + "; l=0", body: "")
        #expect(try await DKIMFixtures.verify(none).first?.unsignedBodyBytes == 6)
    }

    @Test func `the key record decides what its key may do`() async throws {
        let key = DKIMKeyRecord.text(for: try DKIMFixtures.keys().ed25519.publicKey)
        let p = key.dropFirst("v=DKIM1; k=ed25519; ".count)
        let cases: [(String, DKIMResult)] = [
            (key, .pass), ("k=ed25519;\(p)", .pass),
            ("v=DKIM1;k=ed25519;h=sha1:sha256;s=email;t=y:s;n=note;\(p);", .pass),
            ("v=DKIM1; k=ed25519; s=tlsrpt:*; \(p)", .pass),
            ("v=DKIM1; k=ed25519; p=", .permanentError(.keyRevoked)),
            ("v=DKIM1; \(p)", .permanentError(.keyTypeMismatch)),
            ("v=DKIM1; k=ed25519; h=sha1; \(p)", .permanentError(.digestNotAllowed)),
            ("v=DKIM1; k=ed25519; s=tlsrpt; \(p)", .permanentError(.serviceNotAllowed)),
            ("k=ed25519; v=DKIM1; \(p)", .permanentError(.malformedKey)),
            ("v=DKIM2; k=ed25519; \(p)", .permanentError(.malformedKey)),
            ("v=DKIM1; k=ed25519", .permanentError(.malformedKey)), ("", .permanentError(.malformedKey)),
            ("v=DKIM1; k=ed25519; p=AAAA", .permanentError(.malformedKey)),
            (
                "v=DKIM1; k=ed25519; p=\(Base64.encode([UInt8](repeating: 9, count: 32)))",
                .fail(.badSignature)
            ),
        ]
        let bytes = try signed(good)
        for (record, expected) in cases {
            let results = await DKIMVerifier.verify(bytes, now: DKIMFixtures.now) { _, _ in [record] }
            #expect(results.map(\.result) == [expected], "\(record)")
            #expect(results.first?.isTesting == record.contains("t=y"))
        }
        let exact = "v=DKIM1; k=ed25519; t=s; \(p)"
        let below = await DKIMVerifier.verify(try signed(good + "; i=@a.example.test"), now: 1) { _, _ in
            [exact]
        }
        #expect(below.map(\.result) == [.permanentError(.identityNotInDomain)])
        let several = await DKIMVerifier.verify(bytes, now: 1) { _, _ in ["other", key] }
        #expect(several.map(\.result) == [.pass])
    }

    @Test func `DNS that does not answer is a temporary error`() async throws {
        struct Timeout: Error {}
        let results = await DKIMVerifier.verify(try signed(good), now: 1) { _, _ in throw Timeout() }
        #expect(results.map(\.result) == [.temporaryError(.keyLookupFailed)])
        #expect(results.first?.result.word == "temperror")
    }

    @Test func `a message without signatures has no results, and one with many has a limit`() async throws {
        #expect(try await DKIMFixtures.verify(message).isEmpty)
        #expect(try await DKIMFixtures.verify([]).isEmpty)
        let many = Array(repeating: Array("DKIM-Signature: v=1\r\n".utf8), count: 30).flatMap { $0 } + message
        let results = try await DKIMFixtures.verify(many)
        #expect(results.count == DKIMVerifier.maxSignatures + 1)
        #expect(results.last?.result == .permanentError(.tooManySignatures))
    }

    @Test func `short and weak RSA keys are refused, padding in Base64 may be folded or missing`()
        async throws
    {
        let keys = try DKIMFixtures.keys()
        let record = try #require(keys.records["rsa"]?.first)
        let folded = record.replacing("p=", with: "p= \t") + " "
        let signed = try DKIMFixtures.signer("rsa").sign(message, at: 1) + message
        let results = await DKIMVerifier.verify(signed, now: 1) { _, _ in [folded] }
        #expect(results.map(\.result) == [.pass])
        // A modulus of 512 bits in a SubjectPublicKeyInfo.
        let weak: [UInt8] =
            [
                0x30, 0x5C, 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01,
                0x05, 0x00,
            ]
            + [0x03, 0x4B, 0x00, 0x30, 0x48, 0x02, 0x41, 0x00] + [UInt8](repeating: 0xF1, count: 64)
            + [0x02, 0x03, 0x01, 0x00, 0x01]
        let refused = await DKIMVerifier.verify(signed, now: 1) { _, _ in ["p=\(Base64.encode(weak))"] }
        #expect(refused.map(\.result) == [.permanentError(.malformedKey)])
    }

    @Test func `no bytes in a signature field make the verifier fail`() async throws {
        var generator = SeededRandom(seed: 0x5EED)
        let start = try signed(good)
        for _ in 0..<2000 {
            var bytes = start
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<min(330, bytes.count), using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 0...127, using: &generator), at: index)
                }
            }
            _ = try await DKIMFixtures.verify(bytes)
        }
    }
}
