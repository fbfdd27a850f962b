import COpenSSL

/// Owns one `EVP_PKEY`.
///
/// `@unchecked Sendable`: the key is complete when it gets here and is never changed again; OpenSSL counts
/// references atomically and allows operations on one key from several threads.
final class KeyHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(adopting pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    /// OpenSSL's number of the kind of key, such as `EVP_PKEY_RSA`.
    var kind: Int32 { copenssl_pkey_get_base_id(pointer) }
    var bitCount: Int { Int(copenssl_pkey_get_bits(pointer)) }

    func require(_ kind: Int32, _ name: String) throws(CryptoError) {
        guard self.kind == kind else { throw .unsupportedKey("not an \(name) key") }
    }

    /// A raw 32-byte key of Ed25519 or X25519, if this is one.
    func raw(isPrivate: Bool) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = 32
        let done =
            isPrivate
            ? EVP_PKEY_get_raw_private_key(pointer, &bytes, &count)
            : EVP_PKEY_get_raw_public_key(pointer, &bytes, &count)
        OpenSSL.mustSucceed(done == 1 && count == 32, "raw key")
        return bytes
    }

    static func generate(_ kind: Int32) throws(CryptoError) -> KeyHandle {
        guard let context = EVP_PKEY_CTX_new_id(kind, nil) else { throw OpenSSL.failure("key generation") }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &key) == 1, let key
        else { throw OpenSSL.failure("key generation") }
        return KeyHandle(adopting: key)
    }

    static func fromRaw(_ bytes: [UInt8], kind: Int32, isPrivate: Bool) throws(CryptoError) -> KeyHandle {
        guard bytes.count == 32 else { throw .malformedKey("the raw key must have 32 bytes") }
        let key =
            isPrivate
            ? EVP_PKEY_new_raw_private_key(kind, nil, bytes, bytes.count)
            : EVP_PKEY_new_raw_public_key(kind, nil, bytes, bytes.count)
        guard let key else { throw .malformedKey(OpenSSL.drainErrors()) }
        return KeyHandle(adopting: key)
    }
}
