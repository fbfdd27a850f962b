import COpenSSL

/// An ECDSA private key on P-256 that signs with SHA-256 (FIPS 186-5), for ES256 and certificates.
package final class P256PrivateKey: Sendable {
    /// The public half.
    package let publicKey: P256PublicKey
    let key: KeyHandle
    private let operation: SignatureOperation

    private init(_ key: KeyHandle) throws(CryptoError) {
        self.key = key
        publicKey = try P256PublicKey(derEncoded: key.publicDER())
        operation = try SignatureOperation(key, .sign)
    }

    package static func generate() throws(CryptoError) -> P256PrivateKey {
        guard let key = copenssl_ec_p256_generate() else { throw OpenSSL.failure("EC generation") }
        return try P256PrivateKey(KeyHandle(adopting: key))
    }

    /// From PEM: PKCS #8 or SEC 1.
    package convenience init(pem: String) throws(CryptoError) {
        let key = try KeyHandle.fromPrivatePEM(Array(pem.utf8))
        try key.require(EVP_PKEY_EC, "EC")
        try self.init(key)
    }

    /// PKCS #8, PEM.
    package func pemEncoded() throws(CryptoError) -> String { try key.privatePEM() }

    /// The 64-byte signature of a message: r and s, each 32 bytes, big-endian (RFC 7518 §3.4).
    package func sign(_ message: some ByteSource) throws(CryptoError) -> [UInt8] {
        let der = try operation.sign(digest: Digest.sha256(message))
        guard let raw = ECDSASignature.raw(fromDER: der) else { throw OpenSSL.failure("ECDSA signature") }
        return raw
    }
}

/// An ECDSA public key on P-256 (FIPS 186-5).
package final class P256PublicKey: Sendable {
    private let key: KeyHandle
    private let operation: SignatureOperation

    private init(_ key: KeyHandle) throws(CryptoError) {
        try key.require(EVP_PKEY_EC, "EC")
        var name = [CChar](repeating: 0, count: 64)
        guard EVP_PKEY_get_group_name(key.pointer, &name, name.count, nil) == 1,
            name.starts(with: "prime256v1".utf8CString)
        else {
            _ = OpenSSL.drainErrors()
            throw .unsupportedKey("the curve is not P-256")
        }
        self.key = key
        operation = try SignatureOperation(key, .verify)
    }

    /// From a SubjectPublicKeyInfo in DER.
    package convenience init(derEncoded der: [UInt8]) throws(CryptoError) {
        try self.init(KeyHandle.fromPublicDER(der))
    }

    /// From a PEM `PUBLIC KEY`.
    package convenience init(pem: String) throws(CryptoError) {
        try self.init(KeyHandle.fromPublicPEM(Array(pem.utf8)))
    }

    /// From the coordinates of a JWK (RFC 7518 §6.2.1), 32 bytes each; a point off the curve is refused.
    package convenience init(x: [UInt8], y: [UInt8]) throws(CryptoError) {
        guard x.count == 32, y.count == 32 else { throw .malformedKey("a coordinate of P-256 has 32 bytes") }
        try self.init(derEncoded: DER.p256PublicKeyInfo(x: x, y: y))
    }

    /// The SubjectPublicKeyInfo in DER.
    package func derEncoded() throws(CryptoError) -> [UInt8] { try key.publicDER() }
    /// PEM `PUBLIC KEY`.
    package func pemEncoded() throws(CryptoError) -> String { try key.publicPEM() }

    /// Whether `signature` (r and s, 32 bytes each) is this key's signature of `message`.
    package func verify(_ signature: [UInt8], of message: some ByteSource) -> Bool {
        guard let der = ECDSASignature.der(fromRaw: signature) else { return false }
        return operation.verify(der, digest: Digest.sha256(message))
    }
}
