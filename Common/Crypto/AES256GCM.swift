import COpenSSL

/// Authenticated encryption with AES-256-GCM (NIST SP 800-38D).
///
/// Never use one nonce twice with the same key; `SymmetricSeal` and `SealedBox` take care of that.
package enum AES256GCM {
    package static let keyByteCount = 32
    package static let nonceByteCount = 12
    package static let tagByteCount = 16

    /// Encrypts: gives the ciphertext followed by the tag (16 bytes more than the plaintext).
    /// - Parameter header: stands before the ciphertext in what is given back, as it is.
    /// - Throws: `malformedKey` or `malformedInput` when key or nonce have another length.
    package static func seal(
        _ plaintext: some ByteSource, key: [UInt8], nonce: [UInt8], associatedData: some ByteSource,
        behind header: [UInt8] = []
    ) throws(CryptoError) -> [UInt8] {
        let context = try start(key: key, nonce: nonce, associatedData: associatedData, encrypting: true)
        defer { EVP_CIPHER_CTX_free(context) }
        return try plaintext.withBytes { input throws(CryptoError) in
            guard input.count <= maxByteCount else { throw .malformedInput("too long to encrypt") }
            var failed = false
            let count = header.count + input.count + tagByteCount
            let sealed = [UInt8](unsafeUninitializedCapacity: count) { output, written in
                guard let start = output.baseAddress else { return }
                _ = output.update(fromContentsOf: header)
                let base = start + header.count
                var count: Int32 = 0
                failed =
                    EVP_EncryptUpdate(context, base, &count, input.baseAddress, Int32(input.count)) != 1
                    || EVP_EncryptFinal_ex(context, base + input.count, &count) != 1
                    || EVP_CIPHER_CTX_ctrl(
                        context, EVP_CTRL_AEAD_GET_TAG, Int32(tagByteCount), base + input.count) != 1
                written = failed ? 0 : output.count
            }
            if failed { throw OpenSSL.failure("encryption") }
            return sealed
        }
    }

    /// Decrypts what `seal` gave.
    /// - Throws: `authenticationFailed` when key, nonce, associated data or the bytes are not the ones
    ///   sealed.
    package static func open(
        _ sealed: some ByteSource, key: [UInt8], nonce: [UInt8], associatedData: some ByteSource
    ) throws(CryptoError) -> [UInt8] {
        let context = try start(key: key, nonce: nonce, associatedData: associatedData, encrypting: false)
        defer { EVP_CIPHER_CTX_free(context) }
        return try sealed.withBytes { input throws(CryptoError) in
            guard input.count >= tagByteCount, input.count <= maxByteCount, let inputBase = input.baseAddress
            else { throw .authenticationFailed }
            let length = input.count - tagByteCount
            var failed = false
            let plaintext = [UInt8](unsafeUninitializedCapacity: length + tagByteCount) { output, written in
                guard let base = output.baseAddress else { return }
                var count: Int32 = 0
                let tag = UnsafeMutableRawPointer(mutating: inputBase + length)
                failed =
                    EVP_DecryptUpdate(context, base, &count, inputBase, Int32(length)) != 1
                    || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagByteCount), tag) != 1
                    || EVP_DecryptFinal_ex(context, base + length, &count) != 1
                // What did not authenticate must not be seen by anyone.
                if failed { OPENSSL_cleanse(base, length) }
                written = failed ? 0 : length
            }
            if failed {
                _ = OpenSSL.drainErrors()
                throw .authenticationFailed
            }
            return plaintext
        }
    }

    static let maxByteCount = Int(Int32.max) - 64

    private static func start(
        key: [UInt8], nonce: [UInt8], associatedData: some ByteSource, encrypting: Bool
    ) throws(CryptoError) -> OpaquePointer {
        guard key.count == keyByteCount else { throw .malformedKey("an AES-256 key has 32 bytes") }
        guard nonce.count == nonceByteCount else { throw .malformedInput("a GCM nonce has 12 bytes") }
        guard let context = EVP_CIPHER_CTX_new() else { throw OpenSSL.failure("cipher context") }
        let started = associatedData.withBytes { data in
            guard data.count <= maxByteCount else { return false }
            var count: Int32 = 0
            guard EVP_CipherInit_ex2(context, OpenSSL.aes256gcm, key, nonce, encrypting ? 1 : 0, nil) == 1
            else { return false }
            return data.isEmpty
                || EVP_CipherUpdate(context, nil, &count, data.baseAddress, Int32(data.count)) == 1
        }
        guard started else {
            EVP_CIPHER_CTX_free(context)
            throw OpenSSL.failure("cipher start")
        }
        return context
    }
}
