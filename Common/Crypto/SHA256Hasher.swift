import COpenSSL

/// SHA-256 over bytes that arrive in pieces. A plain value: a copy goes on from where the original was.
package struct SHA256Hasher {
    private var state = SHA256_CTX()

    package init() { copenssl_sha256_init(&state) }

    /// Adds bytes after those added before.
    package mutating func update(_ bytes: some ByteSource) {
        bytes.withBytes { update($0) }
    }

    mutating func update(_ bytes: UnsafeBufferPointer<UInt8>) {
        if !bytes.isEmpty { copenssl_sha256_update(&state, bytes.baseAddress, bytes.count) }
    }

    /// The digest (32 bytes) of all that was added.
    package consuming func finish() -> [UInt8] {
        finish { Array($0) }
    }

    /// Lends the digest (32 bytes) of all that was added.
    consuming func finish<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
            copenssl_sha256_final(&state, digest.baseAddress)
            return body(UnsafeBufferPointer(digest))
        }
    }

    /// Overwrites what is known of the bytes: for a state that depends on a secret.
    mutating func wipe() { OPENSSL_cleanse(&state, MemoryLayout<SHA256_CTX>.size) }
}
