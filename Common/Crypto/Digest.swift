import COpenSSL

/// One-shot message digests (FIPS 180-4).
package enum Digest {
    /// SHA-256: 32 bytes.
    package static func sha256(_ bytes: some ByteSource) -> [UInt8] {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finish()
    }

    /// SHA-512: 64 bytes.
    package static func sha512(_ bytes: some ByteSource) -> [UInt8] {
        compute(OpenSSL.sha512, byteCount: 64, over: bytes)
    }

    /// SHA-1: 20 bytes. Only for formats that prescribe it; never where a collision would matter.
    package static func sha1(_ bytes: some ByteSource) -> [UInt8] {
        compute(OpenSSL.sha1, byteCount: 20, over: bytes)
    }

    private static func compute(
        _ algorithm: OpaquePointer, byteCount: Int, over bytes: some ByteSource
    ) -> [UInt8] {
        bytes.withBytes { input in
            [UInt8](unsafeUninitializedCapacity: byteCount) { output, written in
                let done = EVP_Digest(
                    input.baseAddress, input.count, output.baseAddress, nil, algorithm, nil)
                OpenSSL.mustSucceed(done == 1, "digest")
                written = byteCount
            }
        }
    }
}
