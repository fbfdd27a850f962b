import COpenSSL
import Synchronization

extension AES256GCM {
    /// A key that encrypts often: its schedule is computed once for a context that is used again and again.
    ///
    /// One context waits for the next use. Who finds none, because another thread has it, makes one, and
    /// whoever is done second frees his: there is nothing to wait for.
    ///
    /// `@unchecked Sendable`: a context is given over whole, and has one owner at a time.
    final class Key: @unchecked Sendable {
        private let bytes: [UInt8]
        private let idle = Atomic<OpaquePointer?>(nil)

        /// - Throws: `malformedKey` unless there are 32 bytes.
        init(_ bytes: [UInt8]) throws(CryptoError) {
            guard bytes.count == keyByteCount else { throw .malformedKey("an AES-256 key has 32 bytes") }
            self.bytes = bytes
        }

        deinit { EVP_CIPHER_CTX_free(idle.load(ordering: .acquiring)) }

        /// Encrypts what stands behind `header` in `bytes` where it lies, and puts the tag (16 bytes) behind
        /// it. The header, and then the context, are authenticated with it.
        ///
        /// - Parameter nonce: where its 12 bytes are; never the same ones twice.
        /// - Throws: when it is too long, or OpenSSL fails; then the bytes behind the header are worthless.
        func encrypt(
            _ bytes: inout [UInt8], behind header: Range<Int>, nonce: Range<Int>, context: [UInt8]
        ) throws(CryptoError) {
            let count = bytes.count - header.upperBound
            guard count <= maxByteCount, context.count <= maxByteCount, nonce.count == nonceByteCount else {
                throw .malformedInput("too long to encrypt")
            }
            let cipher = try take()
            bytes.append(contentsOf: repeatElement(0, count: tagByteCount))
            let isDone = bytes.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return false }
                let content = base + header.upperBound
                var written: Int32 = 0
                return EVP_EncryptInit_ex2(cipher, nil, nil, base + nonce.lowerBound, nil) == 1
                    && EVP_EncryptUpdate(
                        cipher, nil, &written, base + header.lowerBound, Int32(header.count)) == 1
                    && EVP_EncryptUpdate(cipher, nil, &written, context, Int32(context.count)) == 1
                    && EVP_EncryptUpdate(cipher, content, &written, content, Int32(count)) == 1
                    && EVP_EncryptFinal_ex(cipher, content + count, &written) == 1
                    && EVP_CIPHER_CTX_ctrl(
                        cipher, EVP_CTRL_AEAD_GET_TAG, Int32(tagByteCount), content + count) == 1
            }
            guard isDone else {
                EVP_CIPHER_CTX_free(cipher)
                throw OpenSSL.failure("encryption")
            }
            EVP_CIPHER_CTX_free(idle.exchange(cipher, ordering: .acquiringAndReleasing))
        }

        private func take() throws(CryptoError) -> OpaquePointer {
            if let cipher = idle.exchange(nil, ordering: .acquiringAndReleasing) { return cipher }
            guard let cipher = EVP_CIPHER_CTX_new() else { throw OpenSSL.failure("cipher context") }
            guard EVP_EncryptInit_ex2(cipher, OpenSSL.aes256gcm, bytes, nil, nil) == 1 else {
                EVP_CIPHER_CTX_free(cipher)
                throw OpenSSL.failure("cipher start")
            }
            return cipher
        }
    }
}
