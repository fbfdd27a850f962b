import FoundationEssentials

/// The keys that tokens may be signed with.
package struct JWTKeySet: Sendable {
    /// No set is larger; a token without `kid` costs at most this many verifications.
    package static let maxKeys = 64
    /// No JWKS document is larger.
    package static let maxDocumentBytes = 256 * 1024

    package let keys: [JWTKey]

    package init(_ keys: [JWTKey]) { self.keys = Array(keys.prefix(Self.maxKeys)) }

    /// From a JWKS document (RFC 7517 §5). Keys that are not for us (encryption keys, other curves, other
    /// algorithms) are left out, as §5 says; private keys of key pairs are refused, since whoever publishes
    /// one has lost it.
    /// - Throws: `malformedKey` when the document is no JWKS, or too long, or no key of it is usable.
    package init(jwks document: [UInt8]) throws(CryptoError) {
        guard document.count <= Self.maxDocumentBytes else { throw .malformedKey("JWKS too long") }
        guard JSONObjectCheck.isObjectWithDistinctNames(document),
            let set = try? JSONDecoder().decode(JWKSet.self, from: Data(document))
        else { throw .malformedKey("not a JWKS") }
        guard set.keys.count <= Self.maxKeys else { throw .malformedKey("more than \(Self.maxKeys) keys") }
        let usable = set.keys.compactMap { entry in entry.key.flatMap { try? $0.imported() } }
        guard !usable.isEmpty else { throw .malformedKey("no usable key in the JWKS") }
        self.init(usable)
    }

    /// The keys that a token with this header may be signed with.
    func candidates(algorithm: JWTAlgorithm, keyID: String?) -> [JWTKey] {
        keys.filter { key in
            key.algorithm == algorithm && (keyID == nil || key.keyID == nil || key.keyID == keyID)
        }
    }

    /// Checks form, header and signature of a compact JWS (RFC 7515 §5.2), and nothing about its claims.
    /// - Returns: the payload.
    package func verifiedPayload(of token: String) throws(JWTError) -> [UInt8] {
        let token = try CompactJWS(token)
        let candidates = candidates(algorithm: token.header.algorithm, keyID: token.header.keyID)
        guard !candidates.isEmpty else { throw .noMatchingKey }
        for key in candidates where key.verify(token.signature, of: token.signingInput) {
            return token.payload
        }
        throw .badSignature
    }
}

extension JWTKey {
    /// From one JWK (RFC 7517): `oct` (HS256), `RSA` (RS256), `EC` on P-256 (ES256), `OKP` on Ed25519
    /// (EdDSA).
    /// - Throws: `malformedKey`; `unsupportedKey` when `kty`, `crv`, `alg`, `use` or `key_ops` say it is for
    ///   something else, or when it holds the private half of a pair.
    package init(jwk document: [UInt8]) throws(CryptoError) {
        guard document.count <= JWTKeySet.maxDocumentBytes,
            JSONObjectCheck.isObjectWithDistinctNames(document),
            let key = try? JSONDecoder().decode(JWK.self, from: Data(document))
        else { throw .malformedKey("not a JWK") }
        self = try key.imported()
    }
}
