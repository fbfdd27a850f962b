import COpenSSL

/// A certificate that was read from PEM; owns one `X509`.
final class Certificate {
    let pointer: OpaquePointer

    init(pem: String) throws(CryptoError) {
        let bytes = Array(pem.utf8)
        guard bytes.count <= KeyHandle.maxEncodedBytes else { throw .malformedInput("certificate too long") }
        let certificate = bytes.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { BIO_free(bio) }
            return PEM_read_bio_X509(bio, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let certificate else { throw .malformedInput("certificate: \(OpenSSL.drainErrors())") }
        pointer = certificate
    }

    deinit { X509_free(pointer) }

    /// Whether the certificate is about this key.
    func belongs(to key: P256PrivateKey) -> Bool {
        let belongs = X509_check_private_key(pointer, key.key.pointer) == 1
        if !belongs { _ = OpenSSL.drainErrors() }
        return belongs
    }
}
