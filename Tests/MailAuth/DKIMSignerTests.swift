import Crypto
import MailAuth
import Testing

@Suite struct DKIMSignerTests {
    private func field(_ message: [UInt8], _ signer: DKIMSigner) throws -> String {
        String(decoding: try signer.sign(message, at: 1_800_000_000), as: UTF8.self)
    }

    /// The value of a tag with all white space removed.
    private func tag(_ name: String, of field: String) -> String? {
        let value = field.dropFirst("DKIM-Signature:".count)
        let tags = value.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
        return tags.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    @Test func `lines are folded at 78 characters and end in CRLF`() throws {
        for selector in ["rsa", "ed"] {
            let text = try field(DKIMFixtures.plain, DKIMFixtures.signer(selector, lifetimeSeconds: 86_400))
            #expect(text.hasSuffix("\r\n"))
            let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
            for line in lines {
                #expect(line.last == 0x0D)
                #expect(line.count - 1 <= 78, "\(String(Substring(line)))")
                #expect(!line.dropLast().contains(0x0D))
            }
            for line in lines.dropFirst() { #expect(line.first == 0x20) }
        }
    }

    @Test func `the tags say what was asked for`() throws {
        let text = try field(
            DKIMFixtures.plain,
            DKIMFixtures.signer("rsa", header: .relaxed, body: .simple, lifetimeSeconds: 60))
        #expect(text.hasPrefix("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.test; s=rsa;"))
        #expect(tag("t", of: text) == "1800000000")
        #expect(tag("x", of: text) == "1800000060")
        #expect(tag("l", of: text) == nil)
    }

    @Test func `fields are signed as often as they occur and the important ones once more`() throws {
        let message = DKIMFixtures.wire(
            "X-Other: 1\nFrom: a@example.test\nReferences: <1@x>\nReferences: <2@x>\nTo: b@example.org\n"
                + "\nbody\n"
        )
        let text = try field(message, DKIMFixtures.signer("ed"))
        let names = try #require(tag("h", of: text)).split(separator: ":").map { String($0) }
        let counts = names.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        #expect(counts["from"] == 2)
        #expect(counts["to"] == 2)
        #expect(counts["cc"] == 1)
        #expect(counts["subject"] == 1)
        #expect(counts["references"] == 2)
        #expect(counts["x-other"] == nil)
        #expect(counts["received"] == nil)
        let few = DKIMSignedFields(present: ["To", "TO", "From"], oversigned: [])
        #expect(try tag("h", of: field(message, DKIMFixtures.signer("ed", fields: few))) == "from:from:to")
    }

    @Test func `what cannot be signed is refused`() throws {
        let signer = try DKIMFixtures.signer("ed")
        #expect(throws: DKIMSigningError.noFrom) {
            try signer.sign(DKIMFixtures.wire("To: x\n\nbody\n"), at: 1)
        }
        #expect(throws: DKIMSigningError.noFrom) { try signer.sign([], at: 1) }
        #expect(throws: DKIMSigningError.malformedHeader) {
            try signer.sign(DKIMFixtures.wire("From: x\nno field\n\nbody\n"), at: 1)
        }
        #expect(throws: DKIMSigningError.malformedHeader) {
            try signer.sign(DKIMFixtures.wire(" folded first\nFrom: x\n\nbody\n"), at: 1)
        }
        let key = DKIMSigner.Key.ed25519(try Ed25519PrivateKey.generate())
        for domain in [
            "", "example", "a..example", "a;b.example", "ä.example", "a b.example", ".example.test",
        ] {
            #expect(throws: DKIMSigningError.self) { try DKIMSigner(domain: domain, selector: "s", key: key) }
        }
        #expect(throws: DKIMSigningError.self) {
            try DKIMSigner(domain: "a.example", selector: "s;", key: key)
        }
    }

    @Test func `body hashes are those of the plain reading of the standard, for all small bodies`() throws {
        let alphabet: [[UInt8]] = [[0x61], [0x20], [0x09], [0x0D, 0x0A], [0x0D], [0x0A]]
        let signers = try [DKIMCanonicalization.simple, .relaxed].map {
            (
                $0,
                try DKIMFixtures.signer("ed", body: $0, fields: DKIMSignedFields(present: [], oversigned: []))
            )
        }
        var bodies: [[UInt8]] = [[]]
        var all = bodies
        for _ in 0..<4 {
            bodies = bodies.flatMap { body in alphabet.map { body + $0 } }
            all += bodies
        }
        let header = DKIMFixtures.wire("From: a@example.test\n\n")
        for body in Set(all) {
            for (canonicalization, signer) in signers {
                let expected = Base64.encode(Digest.sha256(Self.canonical(body, canonicalization)))
                #expect(
                    try tag("bh", of: field(header + body, signer)) == expected, "\(body) \(canonicalization)"
                )
            }
        }
    }

    /// RFC 6376 §3.4.3 and §3.4.4, one rule after the other, without regard to speed.
    private static func canonical(_ body: [UInt8], _ canonicalization: DKIMCanonicalization) -> [UInt8] {
        var lines: [[UInt8]] = [[]]
        var index = 0
        while index < body.count {
            if body[index] == 0x0D, index + 1 < body.count, body[index + 1] == 0x0A {
                lines.append([])
                index += 2
            } else {
                lines[lines.count - 1].append(body[index])
                index += 1
            }
        }
        if canonicalization == .relaxed {
            lines = lines.map { line in
                var result: [UInt8] = []
                for byte in line {
                    if byte != 0x20 && byte != 0x09 {
                        result.append(byte)
                    } else if result.last != 0x20 {
                        result.append(0x20)
                    }
                }
                if result.last == 0x20 { result.removeLast() }
                return result
            }
        }
        while lines.last == [] { lines.removeLast() }
        if lines.isEmpty && canonicalization == .simple { return [0x0D, 0x0A] }
        return lines.flatMap { $0 + [0x0D, 0x0A] }
    }
}
