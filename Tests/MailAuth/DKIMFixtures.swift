import Crypto
import MailAuth
import Testing

/// Keys, messages and a DNS of two names for the DKIM tests.
enum DKIMFixtures {
    static let domain = "example.test"
    static let now = 1_800_000_000
    static let canonicalizations: [(DKIMCanonicalization, DKIMCanonicalization)] = [
        (.simple, .simple), (.simple, .relaxed), (.relaxed, .simple), (.relaxed, .relaxed),
    ]

    struct Keys: Sendable {
        let rsa: RSAPrivateKey
        let ed25519: Ed25519PrivateKey
        let records: [String: [String]]

        init() throws {
            rsa = try RSAPrivateKey.generate()
            ed25519 = try Ed25519PrivateKey.generate()
            records = [
                "rsa": [try DKIMKeyRecord.text(for: rsa.publicKey)],
                "ed": [DKIMKeyRecord.text(for: ed25519.publicKey)],
            ]
        }

        func lookup(_ selector: String, _ domain: String) -> [String] {
            domain == DKIMFixtures.domain ? records[selector] ?? [] : []
        }
    }

    private static let result = Result { try Keys() }
    /// Made once: an RSA key takes a while.
    static func keys() throws -> Keys { try result.get() }

    static func signer(
        _ selector: String, header: DKIMCanonicalization = .relaxed, body: DKIMCanonicalization = .relaxed,
        fields: DKIMSignedFields = .standard, lifetimeSeconds: Int? = nil
    ) throws -> DKIMSigner {
        let keys = try keys()
        return try DKIMSigner(
            domain: domain, selector: selector,
            key: selector == "rsa" ? .rsa(keys.rsa) : .ed25519(keys.ed25519),
            header: header, body: body, signedFields: fields, lifetimeSeconds: lifetimeSeconds)
    }

    static func verify(_ message: [UInt8], now: Int = now) async throws -> [DKIMVerification] {
        let keys = try keys()
        return await DKIMVerifier.verify(message, now: now) { keys.lookup($0, $1) }
    }

    /// Text with `\n` as it is on the wire.
    static func wire(_ text: String) -> [UInt8] { Array(text.replacing("\n", with: "\r\n").utf8) }

    static let plain = wire(
        """
        Received: from a.example by b.example;
        \tFri, 1 Jan 2027 00:00:00 +0000
        From: Alice <alice@example.test>
        To: Bob <bob@example.org>,
          Carol <carol@example.org>
        Subject:  A  subject with\t two   kinds of space \n\tand a fold
        Date: Fri, 01 Jan 2027 00:00:00 +0000
        Message-ID: <1@example.test>
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8

        Dear Bob,

          this  line\thas \t space,   and some at its end: \t
        .a line that begins with a dot
        Grüße

        Alice
        \u{20}
        \t


        """)

    static let messages: [String: [UInt8]] = [
        "plain": plain,
        "without a body": wire("From: a@example.test\nSubject: s\n\n"),
        "without an empty line": wire("From: a@example.test\nSubject: s\n"),
        "without a line end": wire("From: a@example.test\nSubject: s\n\nbody"),
        "with an empty body of lines": wire("From: a@example.test\n\n\n\n\n"),
        "with a body of space": wire("From: a@example.test\n\n \n\t\n"),
        "with two of a field": wire(
            "From: a@example.test\nComments: 1\nReferences: <a@b>\nreferences: <c@d>\nTo: x@y\nTo: z@y\n"
                + "\nbody\n"
        ),
        "with an empty field": wire("From: a@example.test\nSubject:\nTo: \n\nbody\n"),
        "with space before a colon": wire("From : a@example.test\nSubject : s\n\nbody\n"),
        "with long lines": wire(
            "From: a@example.test\nSubject: \(String(repeating: "word ", count: 150))\n\n"
                + String(repeating: "x", count: 3000) + " \n"),
    ]
}
