import COpenSSL

/// An Ed25519 private key (RFC 8032), in its raw form of 32 bytes.
package final class Ed25519PrivateKey: Sendable {
    /// The public half.
    package let publicKey: Ed25519PublicKey
    private let key: KeyHandle

    private init(_ key: KeyHandle) throws(CryptoError) {
        try key.require(EVP_PKEY_ED25519, "Ed25519")
        self.key = key
        publicKey = try Ed25519PublicKey(raw: key.raw(isPrivate: false))
    }

    package static func generate() throws(CryptoError) -> Ed25519PrivateKey {
        try Ed25519PrivateKey(KeyHandle.generate(EVP_PKEY_ED25519))
    }

    /// From the 32-byte seed of RFC 8032 §5.1.5.
    package convenience init(raw: [UInt8]) throws(CryptoError) {
        try self.init(KeyHandle.fromRaw(raw, kind: EVP_PKEY_ED25519, isPrivate: true))
    }

    /// From PKCS #8 PEM.
    package convenience init(pem: String) throws(CryptoError) {
        try self.init(KeyHandle.fromPrivatePEM(Array(pem.utf8)))
    }

    /// The 32-byte seed: as secret as the key.
    package var raw: [UInt8] { key.raw(isPrivate: true) }
    /// PKCS #8, PEM.
    package func pemEncoded() throws(CryptoError) -> String { try key.privatePEM() }

    /// The 64-byte signature of a message.
    package func sign(_ message: some ByteSource) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw OpenSSL.failure("signature context") }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, nil, nil, key.pointer) == 1
        else { throw OpenSSL.failure("signature start") }
        let signature = message.withBytes { message in
            [UInt8](unsafeUninitializedCapacity: 64) { output, written in
                written = 64
                let done = EVP_DigestSign(
                    context, output.baseAddress, &written, message.baseAddress, message.count)
                if done != 1 { written = 0 }
            }
        }
        guard signature.count == 64 else { throw OpenSSL.failure("signature") }
        return signature
    }
}

/// An Ed25519 public key (RFC 8032), in its raw form of 32 bytes.
package final class Ed25519PublicKey: Sendable {
    private let key: KeyHandle

    private init(_ key: KeyHandle) throws(CryptoError) {
        try key.require(EVP_PKEY_ED25519, "Ed25519")
        self.key = key
    }

    package convenience init(raw: [UInt8]) throws(CryptoError) {
        try self.init(KeyHandle.fromRaw(raw, kind: EVP_PKEY_ED25519, isPrivate: false))
    }

    /// From a PEM `PUBLIC KEY`.
    package convenience init(pem: String) throws(CryptoError) {
        try self.init(KeyHandle.fromPublicPEM(Array(pem.utf8)))
    }

    /// From a SubjectPublicKeyInfo in DER.
    package convenience init(derEncoded der: [UInt8]) throws(CryptoError) {
        try self.init(KeyHandle.fromPublicDER(der))
    }

    /// The 32 bytes of the point.
    package var raw: [UInt8] { key.raw(isPrivate: false) }
    /// PEM `PUBLIC KEY`.
    package func pemEncoded() throws(CryptoError) -> String { try key.publicPEM() }

    /// Whether `signature` (64 bytes) is this key's signature of `message`.
    package func verify(_ signature: [UInt8], of message: some ByteSource) -> Bool {
        guard signature.count == 64, let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        let good =
            EVP_DigestVerifyInit(context, nil, nil, nil, key.pointer) == 1
            && message.withBytes { message in
                EVP_DigestVerify(context, signature, signature.count, message.baseAddress, message.count) == 1
            }
        if !good { _ = OpenSSL.drainErrors() }
        return good
    }
}
