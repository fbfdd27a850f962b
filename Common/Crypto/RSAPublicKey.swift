import COpenSSL

/// An RSA public key that verifies PKCS #1 v1.5 with SHA-256 (RFC 8017 §8.2).
package final class RSAPublicKey: Sendable {
    private let key: KeyHandle
    private let operation: SignatureOperation

    /// The size of the modulus.
    package var bitCount: Int { key.bitCount }

    /// The key may be one with its private half, of which nothing here makes use.
    init(_ key: KeyHandle, minimumBitCount: Int) throws(CryptoError) {
        try key.require(EVP_PKEY_RSA, "RSA")
        // A huge modulus would make each verification a denial of service.
        guard (minimumBitCount...4096).contains(key.bitCount) else {
            throw .unsupportedKey("RSA with \(key.bitCount) bits")
        }
        self.key = key
        operation = try SignatureOperation(key, .verify)
    }

    /// From a SubjectPublicKeyInfo in DER. DKIM still allows 1024 bits (RFC 8301 §3.2); nothing else should.
    package convenience init(derEncoded der: [UInt8], minimumBitCount: Int = 2048) throws(CryptoError) {
        try self.init(KeyHandle.fromPublicDER(der), minimumBitCount: minimumBitCount)
    }

    /// From a bare PKCS #1 `RSAPublicKey` in DER.
    package convenience init(pkcs1DER der: [UInt8], minimumBitCount: Int = 2048) throws(CryptoError) {
        try self.init(KeyHandle.fromPKCS1PublicDER(der), minimumBitCount: minimumBitCount)
    }

    /// From a PEM `PUBLIC KEY`.
    package convenience init(pem: String) throws(CryptoError) {
        try self.init(KeyHandle.fromPublicPEM(Array(pem.utf8)), minimumBitCount: 2048)
    }

    /// From big-endian modulus and exponent, as a JWK has them (RFC 7518 §6.3.1).
    package convenience init(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) {
        guard modulus.count <= 512, exponent.count <= 8, !exponent.isEmpty
        else { throw .unsupportedKey("RSA modulus or exponent too long") }
        try self.init(derEncoded: DER.rsaPublicKeyInfo(modulus: modulus, exponent: exponent))
    }

    /// The SubjectPublicKeyInfo in DER: what a DKIM record publishes in `p=`, in Base64.
    package func derEncoded() throws(CryptoError) -> [UInt8] { try key.publicDER() }
    /// PEM `PUBLIC KEY`.
    package func pemEncoded() throws(CryptoError) -> String { try key.publicPEM() }

    /// Whether `signature` is this key's signature of `message`.
    package func verify(_ signature: [UInt8], of message: some ByteSource) -> Bool {
        operation.verify(signature, digest: Digest.sha256(message))
    }

    /// Whether `signature` is this key's signature of the message with this SHA-256.
    package func verify(_ signature: [UInt8], digest: [UInt8]) -> Bool {
        digest.count == 32 && operation.verify(signature, digest: digest)
    }
}
