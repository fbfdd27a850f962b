import COpenSSL

/// An X25519 private key (RFC 7748), in its raw form of 32 bytes.
package final class X25519PrivateKey: Sendable {
    /// The public half.
    package let publicKey: X25519PublicKey
    private let key: KeyHandle

    private init(_ key: KeyHandle) throws(CryptoError) {
        self.key = key
        publicKey = try X25519PublicKey(raw: key.raw(isPrivate: false))
    }

    package static func generate() throws(CryptoError) -> X25519PrivateKey {
        try X25519PrivateKey(KeyHandle.generate(EVP_PKEY_X25519))
    }

    package convenience init(raw: [UInt8]) throws(CryptoError) {
        try self.init(KeyHandle.fromRaw(raw, kind: EVP_PKEY_X25519, isPrivate: true))
    }

    /// The 32 bytes of the scalar.
    package var raw: [UInt8] { key.raw(isPrivate: true) }

    /// The shared secret (32 bytes) with another's public key. Not a key yet: derive one with `HKDF`.
    /// - Throws: `malformedKey` when the other key is one of the few points that give an all-zero secret.
    package func sharedSecret(with other: X25519PublicKey) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil)
        else { throw OpenSSL.failure("key agreement") }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, other.key.pointer) == 1
        else { throw OpenSSL.failure("key agreement") }
        var secret = [UInt8](repeating: 0, count: 32)
        var count = 32
        guard EVP_PKEY_derive(context, &secret, &count) == 1, count == 32
        else { throw .malformedKey(OpenSSL.drainErrors()) }
        return secret
    }
}

/// An X25519 public key (RFC 7748), in its raw form of 32 bytes.
package final class X25519PublicKey: Sendable {
    fileprivate let key: KeyHandle
    /// The 32 bytes of the coordinate.
    package let raw: [UInt8]

    package init(raw: [UInt8]) throws(CryptoError) {
        key = try KeyHandle.fromRaw(raw, kind: EVP_PKEY_X25519, isPrivate: false)
        self.raw = raw
    }
}
