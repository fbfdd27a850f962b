import Crypto
import FoundationEssentials

/// A key of somebody else's that user tokens may be signed with, the portal's for example.
package struct ExternalTokenKey: Sendable {
    package let keyID: String?
    package let algorithm: JWTAlgorithm
    /// For RS256, ES256 and EdDSA.
    package let publicKeyPEM: String?
    /// For HS256, at least 32 bytes.
    package let secret: [UInt8]?
    package let key: JWTKey

    /// - Parameter pem: a public key; of a private one only the public half is used.
    package init(pem: String, keyID: String?) throws(CryptoError) {
        let key = try JWTKey(pem: pem, keyID: keyID)
        guard !pem.contains("PRIVATE KEY") else {
            throw .unsupportedKey("a private key where a public one belongs")
        }
        self.init(key, pem: pem)
    }

    package init(secret: [UInt8], keyID: String?) throws(CryptoError) {
        key = try .secret(secret, keyID: keyID)
        self.keyID = keyID
        algorithm = .hs256
        publicKeyPEM = nil
        self.secret = secret
    }

    private init(_ key: JWTKey, pem: String) {
        self.key = key
        keyID = key.keyID
        algorithm = key.algorithm
        publicKeyPEM = pem
        secret = nil
    }

    /// The usable keys of a JWKS document (RFC 7517 §5); secrets in one are refused.
    ///
    /// - Throws: `malformedKey` when the document is none or has no usable key.
    package static func keys(jwks document: [UInt8]) throws(CryptoError) -> [ExternalTokenKey] {
        // Checks the document as a whole, private halves among its keys included.
        _ = try JWTKeySet(jwks: document)
        guard let set = try? JSONDecoder().decode(PublishedKeys.self, from: Data(document)) else {
            throw .malformedKey("not a JWKS")
        }
        let keys = set.keys.compactMap { entry in
            entry.pem.flatMap { try? ExternalTokenKey(pem: $0, keyID: entry.kid) }
        }
        guard !keys.isEmpty else { throw .malformedKey("no usable public key in the JWKS") }
        return keys
    }
}

/// The public keys of a JWKS as PEM, which is how nodes get them.
private struct PublishedKeys: Decodable {
    struct Entry: Decodable {
        let kty: String
        let kid: String?
        let use: String?
        let crv: String?
        let n: String?
        let e: String?
        let x: String?
        let y: String?
        let d: String?

        var pem: String? {
            guard use == nil || use == "sig", d == nil else { return nil }
            switch (kty, crv) {
            case ("RSA", _):
                guard let n = bytes(n), let e = bytes(e) else { return nil }
                return try? RSAPublicKey(modulus: n, exponent: e).pemEncoded()
            case ("EC", "P-256"):
                guard let x = bytes(x), let y = bytes(y) else { return nil }
                return try? P256PublicKey(x: x, y: y).pemEncoded()
            case ("OKP", "Ed25519"):
                guard let x = bytes(x) else { return nil }
                return try? Ed25519PublicKey(raw: x).pemEncoded()
            default: return nil
            }
        }

        private func bytes(_ text: String?) -> [UInt8]? { text.flatMap { Base64.decodeURL($0) } }
    }

    let keys: [Entry]
}

/// How user tokens are made and which are believed.
package struct TokenSettings: Sendable {
    /// `iss` of our tokens, and the only one believed, at both planes.
    package let issuer: String
    /// `aud`, likewise.
    package let audience: String
    package let lifetimeSeconds: Int64
    package let externalKeys: [ExternalTokenKey]

    package init(
        issuer: String, audience: String, lifetimeSeconds: Int64 = 3600, externalKeys: [ExternalTokenKey] = []
    ) {
        self.issuer = issuer
        self.audience = audience
        self.lifetimeSeconds = lifetimeSeconds
        self.externalKeys = externalKeys
    }
}
