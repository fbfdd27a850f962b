import Crypto

/// Signs messages for one domain, selector and key (RFC 6376 §5, RFC 8463).
///
/// What it is for: every message that leaves carries a signature of its sender's domain.
/// What it promises: the same message, settings and time give the same bytes (`rsa-sha256` and Ed25519 are
/// both deterministic), so that a retry sends what the first attempt sent and nothing needs to be stored.
/// How it fails: `DKIMSigningError`; nothing is signed in part.
/// Cost: the arithmetic of the key and about 10 µs for a message of 4 kB; the body is read once and not
/// copied.
///
/// `l=` is never written: a signature that does not cover the end of a message invites additions.
package struct DKIMSigner: Sendable {
    /// The key, and with it the algorithm.
    package enum Key: Sendable {
        /// `rsa-sha256`, understood everywhere.
        case rsa(RSAPrivateKey)
        /// `ed25519-sha256` (RFC 8463), to be used beside an RSA signature.
        case ed25519(Ed25519PrivateKey)
    }

    package let domain: String
    package let selector: String
    private let key: Key
    private let header: DKIMCanonicalization
    private let body: DKIMCanonicalization
    private let signedFields: DKIMSignedFields
    private let lifetimeSeconds: Int?
    private let fixedTags: [[UInt8]]

    /// - Parameters:
    ///   - domain: `d=`, in its ASCII form.
    ///   - selector: `s=`, in its ASCII form.
    ///   - header, body: `c=`.
    ///   - lifetimeSeconds: `x=` is this long after `t=`; nil for a signature that does not expire.
    /// - Throws: `invalidName` when domain or selector are no DNS names.
    package init(
        domain: String, selector: String, key: Key, header: DKIMCanonicalization = .relaxed,
        body: DKIMCanonicalization = .relaxed, signedFields: DKIMSignedFields = .standard,
        lifetimeSeconds: Int? = nil
    ) throws(DKIMSigningError) {
        guard DKIMName.isDomain(domain), domain.contains(".") else { throw .invalidName(domain) }
        guard DKIMName.isDomain(selector) else { throw .invalidName(selector) }
        self.domain = domain
        self.selector = selector
        self.key = key
        self.header = header
        self.body = body
        self.signedFields = signedFields
        self.lifetimeSeconds = lifetimeSeconds
        let algorithm =
            switch key {
            case .rsa: DKIMAlgorithm.rsaSHA256
            case .ed25519: DKIMAlgorithm.ed25519SHA256
            }
        fixedTags = [
            "v=1;", "a=\(algorithm.rawValue);", "c=\(header.rawValue)/\(body.rawValue);", "d=\(domain);",
            "s=\(selector);",
        ].map { Array($0.utf8) }
    }

    /// Signs a message whose lines end in CRLF.
    /// - Parameter seconds: `t=`, seconds since 1970.
    /// - Returns: the field `DKIM-Signature: …` with the CRLF at its end, to be put before the message.
    package func sign(_ message: [UInt8], at seconds: Int) throws(DKIMSigningError) -> [UInt8] {
        try Self.sign(message, with: [self], at: seconds)
    }

    /// Signs a message with several keys, the header and the body being read once for all of them.
    /// - Returns: one field for each signer, in their order.
    package static func sign(
        _ message: [UInt8], with signers: [DKIMSigner], at seconds: Int
    ) throws(DKIMSigningError) -> [UInt8] {
        guard let fields = MessageFields(message) else { throw .malformedHeader }
        guard fields.fields.contains(where: { message.matches(fromName, in: $0.name) }) else { throw .noFrom }
        var bodyHashes: [DKIMCanonicalization: [UInt8]] = [:]
        var output: [UInt8] = []
        for signer in signers {
            let bodyHash =
                bodyHashes[signer.body]
                ?? DKIMBodyHash(
                    message, from: fields.bodyStart, canonicalization: signer.body
                ).digest
            bodyHashes[signer.body] = bodyHash
            output += try signer.field(for: message, fields.fields, bodyHash: bodyHash, at: seconds)
        }
        return output
    }

    private static let fromName = Array("from".utf8)
    private static let lineEnd: [UInt8] = [0x0D, 0x0A]

    private func field(
        for message: [UInt8], _ fields: [MessageFields.Field], bodyHash: [UInt8], at seconds: Int
    ) throws(DKIMSigningError) -> [UInt8] {
        let selection = signedFields.selection(from: message, fields)
        var signature = unsignedField(selection.map(\.name), bodyHash: bodyHash, at: seconds)
        var input: [UInt8] = []
        input.reserveCapacity(4096)
        for case (_, let index?) in selection {
            header.appendField(fields[index], of: message, to: &input)
            input.append(contentsOf: Self.lineEnd)
        }
        guard let own = MessageFields(signature.bytes)?.fields.first else { throw .malformedHeader }
        header.appendField(own, of: signature.bytes, to: &input)
        signature.appendBreakable(Array(Base64.encode(try signed(Digest.sha256(input))).utf8))
        return signature.bytes + Self.lineEnd
    }

    /// The field up to and including `b=`, which is what the signature is computed over.
    private func unsignedField(_ names: [[UInt8]], bodyHash: [UInt8], at seconds: Int) -> FoldedField {
        var field = FoldedField(name: "DKIM-Signature")
        for tag in fixedTags { field.appendTag(tag) }
        field.appendTag(Array("t=\(seconds);".utf8))
        if let lifetimeSeconds { field.appendTag(Array("x=\(seconds.addingClamped(lifetimeSeconds));".utf8)) }
        for (index, name) in names.enumerated() {
            let ending = UInt8(ascii: index == names.count - 1 ? ";" : ":")
            if index == 0 {
                field.appendTag("h=".utf8 + name + [ending])
            } else {
                field.appendPart(name + [ending])
            }
        }
        field.appendTag(Array("bh=\(Base64.encode(bodyHash));".utf8))
        field.appendTag(Array("b=".utf8))
        return field
    }

    private func signed(_ digest: [UInt8]) throws(DKIMSigningError) -> [UInt8] {
        do throws(CryptoError) {
            switch key {
            case .rsa(let key): return try key.sign(digest: digest)
            // RFC 8463 §3: the message of PureEdDSA is the SHA-256 digest.
            case .ed25519(let key): return try key.sign(digest)
            }
        } catch { throw .key(error) }
    }
}

extension Int {
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
