import Crypto

/// A DKIM key record (RFC 6376 §3.6.1), as it is published at `selector._domainkey.domain`.
package struct DKIMKeyRecord: Sendable {
    /// `k=`: `rsa` when missing.
    package let keyType: String
    /// The bytes of `p=`; empty for a key that was revoked.
    package let publicKey: [UInt8]
    /// `h=`: the digests that the key may be used with; nil for all.
    package let digests: [String]?
    /// `s=`: the services that the key may be used for.
    package let services: [String]
    /// `t=y`: the domain is only testing.
    package let isTesting: Bool
    /// `t=s`: the domain of `i=` must be that of `d=`, not one below it.
    package let requiresExactDomain: Bool

    /// No record is longer.
    package static let maxTextBytes = 4096

    /// Reads the text of a TXT record, its strings joined; nil when it is no DKIM key record.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maxTextBytes, let tags = DKIMTagList(Array(text.utf8)[...]) else {
            return nil
        }
        // §3.6.1: a version, if any, comes first and is this one.
        if let version = tags["v"] {
            guard version.text == "DKIM1", tags.firstName == "v" else { return nil }
        }
        guard let key = tags["p"], let bytes = key.bytes.isEmpty ? [] : key.base64 else { return nil }
        publicKey = bytes
        keyType = tags["k"]?.text.lowercased() ?? "rsa"
        digests = tags["h"]?.items.map { $0.lowercased() }
        services = tags["s"]?.items.map { $0.lowercased() } ?? ["*"]
        let flags = tags["t"]?.items ?? []
        isTesting = flags.contains("y")
        requiresExactDomain = flags.contains("s")
    }

    /// The text to publish for an RSA key.
    package static func text(for key: RSAPublicKey) throws(CryptoError) -> String {
        "v=DKIM1; k=rsa; p=\(Base64.encode(try key.derEncoded()))"
    }

    /// The text to publish for an Ed25519 key (RFC 8463 §4).
    package static func text(for key: Ed25519PublicKey) -> String {
        "v=DKIM1; k=ed25519; p=\(Base64.encode(key.raw))"
    }

    /// Whether the key may sign mail with SHA-256; what forbids it otherwise.
    func problem(for signature: DKIMSignature) -> DKIMProblem? {
        if publicKey.isEmpty { return .keyRevoked }
        if keyType != signature.algorithm.keyType { return .keyTypeMismatch }
        if let digests, !digests.contains("sha256") { return .digestNotAllowed }
        if !services.contains("*") && !services.contains("email") { return .serviceNotAllowed }
        let isExact = signature.identityDomain.lowercased() == signature.domain.lowercased()
        if requiresExactDomain && !isExact { return .identityNotInDomain }
        return nil
    }

    /// Whether `signature` is this key's over a SHA-256 digest; nil when the key itself is unusable.
    func verifies(_ signature: [UInt8], digest: [UInt8], algorithm: DKIMAlgorithm) -> Bool? {
        switch algorithm {
        case .rsaSHA256:
            // RFC 8301 §3.2: 1024 bits are weak and still in use. Some publish the bare PKCS #1 key.
            let key =
                (try? RSAPublicKey(derEncoded: publicKey, minimumBitCount: 1024))
                ?? (try? RSAPublicKey(pkcs1DER: publicKey, minimumBitCount: 1024))
            return key?.verify(signature, digest: digest)
        case .ed25519SHA256:
            return (try? Ed25519PublicKey(raw: publicKey))?.verify(signature, of: digest)
        }
    }
}
