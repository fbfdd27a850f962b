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
/// A class, because it is handed on with every message and never changed.
///
/// `l=` is never written: a signature that does not cover the end of a message invites additions.
package final class DKIMSigner: Sendable {
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
    /// The field up to and including `s=`: the same in every signature.
    private let beginning: FoldedField

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
        var beginning = FoldedField(name: Self.fieldName)
        for tag in [
            "v=1;", "a=\(algorithm.rawValue);", "c=\(header.rawValue)/\(body.rawValue);", "d=\(domain);",
            "s=\(selector);",
        ] { beginning.appendTag(Array(tag.utf8)) }
        self.beginning = beginning
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
        var bodyHashes: [(canonicalization: DKIMCanonicalization, digest: [UInt8])] = []
        var output: [UInt8] = []
        for signer in signers {
            let bodyHash: [UInt8]
            if let known = bodyHashes.first(where: { $0.canonicalization == signer.body }) {
                bodyHash = known.digest
            } else {
                bodyHash =
                    DKIMBodyHash(message, from: fields.bodyStart, canonicalization: signer.body).digest
                bodyHashes.append((signer.body, bodyHash))
            }
            output += try signer.field(for: message, fields.fields, bodyHash: bodyHash, at: seconds)
        }
        return output
    }

    private static let fieldName = "DKIM-Signature"
    private static let fromName = Array("from".utf8)

    private func field(
        for message: [UInt8], _ fields: [MessageFields.Field], bodyHash: [UInt8], at seconds: Int
    ) throws(DKIMSigningError) -> [UInt8] {
        var signature = beginning
        signature.reserve(1_024)
        signature.appendTag("t=", Array(String(seconds).utf8)[...])
        if let lifetimeSeconds {
            signature.appendTag("x=", Array(String(seconds.addingClamped(lifetimeSeconds)).utf8)[...])
        }
        var input = signedHeader(of: message, fields, &signature)
        signature.appendTag("bh=", Array(Base64.encode(bodyHash).utf8)[...])
        signature.appendTag("b=", [], isEnded: false)
        // What the signature is computed over ends in its own field up to and including `b=`.
        let nameLength = Self.fieldName.utf8.count
        let own = MessageFields.Field(name: 0..<nameLength, value: nameLength + 1..<signature.bytes.count)
        header.appendField(own, of: signature.bytes, to: &input)
        signature.appendBreakable(Array(Base64.encode(try signed(Digest.sha256(input))).utf8))
        return signature.ended()
    }

    /// Lists the signed fields in `h=`, and gives them as they are signed.
    private func signedHeader(
        of message: [UInt8], _ fields: [MessageFields.Field], _ signature: inout FoldedField
    ) -> [UInt8] {
        var input: [UInt8] = []
        input.reserveCapacity(4096)
        var isFirst = true
        signedFields.select(from: message, fields) { listedName, field in
            if isFirst {
                signature.appendTag("h=", listedName, isEnded: false)
            } else {
                signature.appendPart(listedName)
            }
            isFirst = false
            guard let field else { return }
            header.appendField(fields[field], of: message, to: &input)
            input.append(0x0D)
            input.append(0x0A)
        }
        // Each name has a colon behind it, and there is one at least.
        signature.replaceLast(with: UInt8(ascii: ";"))
        return input
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
