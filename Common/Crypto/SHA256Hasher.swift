import COpenSSL

/// SHA-256 over bytes that arrive in pieces. Owns one OpenSSL context, so it cannot be copied.
package struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    package init() {
        context = OpenSSL.mustHave(EVP_MD_CTX_new(), "digest context")
        OpenSSL.mustSucceed(EVP_DigestInit_ex2(context, OpenSSL.sha256, nil) == 1, "digest start")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes after those added before.
    package mutating func update(_ bytes: some ByteSource) {
        bytes.withBytes { input in
            let done = EVP_DigestUpdate(context, input.baseAddress, input.count)
            OpenSSL.mustSucceed(done == 1, "digest update")
        }
    }

    /// The digest (32 bytes) of all that was added.
    package consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { output, written in
            OpenSSL.mustSucceed(
                EVP_DigestFinal_ex(context, output.baseAddress, nil) == 1, "digest end")
            written = 32
        }
    }
}
