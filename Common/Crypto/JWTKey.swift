/// A key that verifies tokens, and signs them if it is a secret or private key. Each key is pinned to the one
/// algorithm of its kind, so that no token can have an RSA public key used as an HMAC secret.
package struct JWTKey: Sendable {
    /// The `kid` that tokens name it by; nil matches tokens with any `kid` and with none.
    package let keyID: String?
    package let algorithm: JWTAlgorithm
    private let material: Material

    private enum Material: Sendable {
        case secret(HMACKey)
        case rsaPrivate(RSAPrivateKey)
        case rsaPublic(RSAPublicKey)
        case p256Private(P256PrivateKey)
        case p256Public(P256PublicKey)
        case ed25519Private(Ed25519PrivateKey)
        case ed25519Public(Ed25519PublicKey)
    }

    private init(_ algorithm: JWTAlgorithm, _ material: Material, keyID: String?) {
        self.algorithm = algorithm
        self.material = material
        self.keyID = keyID
    }

    /// RFC 7518 §3.2: an HS256 secret has at least 32 bytes.
    package static let minSecretBytes = 32

    /// HS256, signs and verifies.
    /// - Throws: `unsupportedKey` for a secret of fewer than 32 bytes.
    package static func secret(_ bytes: [UInt8], keyID: String?) throws(CryptoError) -> JWTKey {
        guard bytes.count >= minSecretBytes else {
            throw .unsupportedKey("an HS256 secret has 32 bytes or more")
        }
        return JWTKey(.hs256, .secret(HMACKey(bytes)), keyID: keyID)
    }

    /// RS256, verifies.
    package init(_ key: RSAPublicKey, keyID: String?) { self.init(.rs256, .rsaPublic(key), keyID: keyID) }
    /// RS256, signs and verifies.
    package init(_ key: RSAPrivateKey, keyID: String?) { self.init(.rs256, .rsaPrivate(key), keyID: keyID) }
    /// ES256, verifies.
    package init(_ key: P256PublicKey, keyID: String?) { self.init(.es256, .p256Public(key), keyID: keyID) }
    /// ES256, signs and verifies.
    package init(_ key: P256PrivateKey, keyID: String?) { self.init(.es256, .p256Private(key), keyID: keyID) }
    /// EdDSA, verifies.
    package init(_ key: Ed25519PublicKey, keyID: String?) {
        self.init(.edDSA, .ed25519Public(key), keyID: keyID)
    }
    /// EdDSA, signs and verifies.
    package init(_ key: Ed25519PrivateKey, keyID: String?) {
        self.init(.edDSA, .ed25519Private(key), keyID: keyID)
    }

    /// From a PEM text, public or private, of RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA).
    package init(pem: String, keyID: String?) throws(CryptoError) {
        self =
            try pem.contains("PRIVATE KEY")
            ? Self.privateKey(pem: pem, keyID: keyID) : Self.publicKey(pem: pem, keyID: keyID)
    }

    private static func privateKey(pem: String, keyID: String?) throws(CryptoError) -> JWTKey {
        switch try KeyHandle.fromPrivatePEM(Array(pem.utf8)).family {
        case .rsa: JWTKey(try strongRSAKey(pem: pem), keyID: keyID)
        case .ec: JWTKey(try P256PrivateKey(pem: pem), keyID: keyID)
        case .ed25519: JWTKey(try Ed25519PrivateKey(pem: pem), keyID: keyID)
        case .other: throw .unsupportedKey("neither RSA nor P-256 nor Ed25519")
        }
    }

    /// RFC 7518 §3.3: 2048 bits or more. Keys for DKIM may still have fewer.
    private static func strongRSAKey(pem: String) throws(CryptoError) -> RSAPrivateKey {
        let key = try RSAPrivateKey(pem: pem)
        guard key.bitCount >= 2048 else { throw .unsupportedKey("RSA with \(key.bitCount) bits") }
        return key
    }

    private static func publicKey(pem: String, keyID: String?) throws(CryptoError) -> JWTKey {
        switch try KeyHandle.fromPublicPEM(Array(pem.utf8)).family {
        case .rsa: JWTKey(try RSAPublicKey(pem: pem), keyID: keyID)
        case .ec: JWTKey(try P256PublicKey(pem: pem), keyID: keyID)
        case .ed25519: JWTKey(try Ed25519PublicKey(pem: pem), keyID: keyID)
        case .other: throw .unsupportedKey("neither RSA nor P-256 nor Ed25519")
        }
    }

    /// Whether the key can sign.
    package var canSign: Bool {
        switch material {
        case .secret, .rsaPrivate, .p256Private, .ed25519Private: true
        case .rsaPublic, .p256Public, .ed25519Public: false
        }
    }

    func verify(_ signature: [UInt8], of message: some ByteSource) -> Bool {
        switch material {
        case .secret(let key): constantTimeEqual(key.authenticate(message), signature)
        case .rsaPrivate(let key): key.publicKey.verify(signature, of: message)
        case .rsaPublic(let key): key.verify(signature, of: message)
        case .p256Private(let key): key.publicKey.verify(signature, of: message)
        case .p256Public(let key): key.verify(signature, of: message)
        case .ed25519Private(let key): key.publicKey.verify(signature, of: message)
        case .ed25519Public(let key): key.verify(signature, of: message)
        }
    }

    func sign(_ message: some ByteSource) throws(CryptoError) -> [UInt8] {
        switch material {
        case .secret(let key): key.authenticate(message)
        case .rsaPrivate(let key): try key.sign(message)
        case .p256Private(let key): try key.sign(message)
        case .ed25519Private(let key): try key.sign(message)
        case .rsaPublic, .p256Public, .ed25519Public: throw .unsupportedKey("a public key cannot sign")
        }
    }
}
