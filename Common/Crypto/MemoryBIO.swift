import COpenSSL

/// Collects what OpenSSL prints.
enum MemoryBIO {
    static func text(_ write: (OpaquePointer) -> Int32) throws(CryptoError) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { throw OpenSSL.failure("PEM") }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { throw OpenSSL.failure("PEM") }
        var data: UnsafePointer<CChar>?
        let count = copenssl_bio_get_mem_data(bio, &data)
        guard count > 0, let data else { throw OpenSSL.failure("PEM") }
        return String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)
    }
}
