import COpenSSL

/// An RSA private key that signs with PKCS #1 v1.5 and SHA-256 (RFC 8017 §8.2), for DKIM and RS256.
///
/// Make it once and keep it: importing costs half as much as signing.
package final class RSAPrivateKey: Sendable {
    /// The public half.
    package let publicKey: RSAPublicKey
    private let key: KeyHandle
    private let operation: SignatureOperation

    /// The size of the modulus.
    package var bitCount: Int { key.bitCount }

    private init(_ key: KeyHandle) throws(CryptoError) {
        try key.require(EVP_PKEY_RSA, "RSA")
        self.key = key
        operation = try SignatureOperation(key, .sign)
        publicKey = try RSAPublicKey(key, minimumBitCount: 1024)
    }

    /// A new key with public exponent 65537. Takes about 0.1 s of a core for 2048 bits.
    package static func generate(bitCount: Int = 2048) throws(CryptoError) -> RSAPrivateKey {
        guard (2048...4096).contains(bitCount) else { throw .unsupportedKey("RSA with \(bitCount) bits") }
        guard let key = copenssl_rsa_generate(UInt32(bitCount)) else {
            throw OpenSSL.failure("RSA generation")
        }
        return try RSAPrivateKey(KeyHandle(adopting: key))
    }

    /// From PEM: PKCS #8 or PKCS #1, without a passphrase.
    package convenience init(pem: String) throws(CryptoError) {
        try self.init(KeyHandle.fromPrivatePEM(Array(pem.utf8)))
    }

    /// From DER: PKCS #8 or PKCS #1.
    package convenience init(derEncoded der: [UInt8]) throws(CryptoError) {
        try self.init(KeyHandle.fromPrivateDER(der, kind: EVP_PKEY_RSA))
    }

    /// PKCS #8, DER.
    package func derEncoded() throws(CryptoError) -> [UInt8] { try key.privateDER() }
    /// PKCS #8, PEM.
    package func pemEncoded() throws(CryptoError) -> String { try key.privatePEM() }

    /// The signature of a message.
    package func sign(_ message: some ByteSource) throws(CryptoError) -> [UInt8] {
        try sign(digest: Digest.sha256(message))
    }

    /// The signature of a message whose SHA-256 (32 bytes) is known.
    package func sign(digest: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard digest.count == 32 else { throw .malformedInput("a SHA-256 digest has 32 bytes") }
        return try operation.sign(digest: digest)
    }
}
