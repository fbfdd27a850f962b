import COpenSSL

/// DER and PEM in and out: PKCS #8 (RFC 5958) for private keys, SubjectPublicKeyInfo (RFC 5280) for public
/// ones.
extension KeyHandle {
    /// No key that Dispatch accepts is longer.
    static let maxEncodedBytes = 16 * 1024

    /// PKCS #8 or the kind's own form. To name the kind makes this three times as fast as to let OpenSSL
    /// guess.
    static func fromPrivateDER(_ der: [UInt8], kind: Int32) throws(CryptoError) -> KeyHandle {
        try decode(der) { d2i_PrivateKey(kind, nil, &$0, $1) }
    }

    static func fromPublicDER(_ der: [UInt8]) throws(CryptoError) -> KeyHandle {
        try decode(der) { d2i_PUBKEY(nil, &$0, $1) }
    }

    /// PKCS #1 `RSAPublicKey`, which some publish where an SPKI belongs.
    static func fromPKCS1PublicDER(_ der: [UInt8]) throws(CryptoError) -> KeyHandle {
        try decode(der) { d2i_PublicKey(EVP_PKEY_RSA, nil, &$0, $1) }
    }

    /// The first private key of a PEM text. Encrypted keys are refused: nobody is there to type a passphrase.
    static func fromPrivatePEM(_ pem: [UInt8]) throws(CryptoError) -> KeyHandle {
        try decodePEM(pem) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }
    }

    static func fromPublicPEM(_ pem: [UInt8]) throws(CryptoError) -> KeyHandle {
        try decodePEM(pem) { PEM_read_bio_PUBKEY($0, nil, { _, _, _, _ in -1 }, nil) }
    }

    func privateDER() throws(CryptoError) -> [UInt8] {
        guard let information = EVP_PKEY2PKCS8(pointer) else { throw OpenSSL.failure("PKCS #8") }
        defer { PKCS8_PRIV_KEY_INFO_free(information) }
        return try Self.encode { i2d_PKCS8_PRIV_KEY_INFO(information, $0) }
    }

    func publicDER() throws(CryptoError) -> [UInt8] {
        try Self.encode { i2d_PUBKEY(pointer, $0) }
    }

    func privatePEM() throws(CryptoError) -> String {
        try MemoryBIO.text { PEM_write_bio_PKCS8PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
    }

    func publicPEM() throws(CryptoError) -> String {
        try MemoryBIO.text { PEM_write_bio_PUBKEY($0, pointer) }
    }

    private static func decode(
        _ der: [UInt8], _ read: (inout UnsafePointer<UInt8>?, Int) -> OpaquePointer?
    ) throws(CryptoError) -> KeyHandle {
        guard !der.isEmpty, der.count <= maxEncodedBytes else { throw .malformedKey("empty or too long") }
        let (key, consumed) = der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            let key = read(&cursor, buffer.count)
            return (key, cursor.flatMap { cursor in buffer.baseAddress.map { cursor - $0 } } ?? 0)
        }
        guard let key else { throw .malformedKey(OpenSSL.drainErrors()) }
        let handle = KeyHandle(adopting: key)
        _ = OpenSSL.drainErrors()
        guard consumed == der.count else { throw .malformedKey("bytes after the key") }
        return handle
    }

    private static func decodePEM(
        _ pem: [UInt8], _ read: (OpaquePointer) -> OpaquePointer?
    ) throws(CryptoError) -> KeyHandle {
        guard !pem.isEmpty, pem.count <= maxEncodedBytes else { throw .malformedKey("empty or too long") }
        let key = pem.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { BIO_free(bio) }
            return read(bio)
        }
        guard let key else { throw .malformedKey(OpenSSL.drainErrors()) }
        _ = OpenSSL.drainErrors()
        return KeyHandle(adopting: key)
    }

    static func encode(
        _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) throws(CryptoError) -> [UInt8] {
        let length = write(nil)
        guard length > 0 else { throw OpenSSL.failure("DER") }
        let der = [UInt8](unsafeUninitializedCapacity: Int(length)) { output, written in
            var cursor = output.baseAddress
            written = write(&cursor) == length ? Int(length) : 0
        }
        guard !der.isEmpty else { throw OpenSSL.failure("DER") }
        return der
    }
}
