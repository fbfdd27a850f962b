import COpenSSL

/// One X.509 certificate in the making; lives inside one function of `CertificateAuthority`.
final class CertificateBuilder {
    private let certificate: OpaquePointer
    /// The issuer's certificate, which is this one when it signs itself.
    private let issuer: Certificate?

    init(
        subject: String, issuer: Certificate?, subjectKey: P256PrivateKey, now: Int, validForDays: Int
    ) throws(CryptoError) {
        guard (1...36_500).contains(validForDays), now >= 3600, now < 1 << 40
        else { throw .malformedInput("validity") }
        guard let certificate = X509_new() else { throw OpenSSL.failure("certificate") }
        self.certificate = certificate
        self.issuer = issuer
        try set(X509_set_version(certificate, 2))
        try setSerialNumber()
        try set(ASN1_TIME_set(X509_getm_notBefore(certificate), now - 3600) == nil ? 0 : 1)
        try set(ASN1_TIME_set(X509_getm_notAfter(certificate), now + validForDays * 86_400) == nil ? 0 : 1)
        try setName(subject)
        let issuerName = X509_get_subject_name(issuer?.pointer ?? certificate)
        try set(X509_set_issuer_name(certificate, issuerName))
        try set(X509_set_pubkey(certificate, subjectKey.key.pointer))
    }

    deinit { X509_free(certificate) }

    /// Adds an extension in OpenSSL's text form, made only of characters that the caller has checked.
    func add(_ identifier: Int32, _ value: String) throws(CryptoError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer?.pointer ?? certificate, certificate, nil, nil, 0)
        guard let added = X509V3_EXT_conf_nid(nil, &context, identifier, value)
        else { throw .malformedInput(OpenSSL.drainErrors()) }
        defer { X509_EXTENSION_free(added) }
        try set(X509_add_ext(certificate, added, -1))
    }

    func signed(by issuerKey: P256PrivateKey) throws(CryptoError) -> String {
        guard X509_sign(certificate, issuerKey.key.pointer, OpenSSL.sha256) > 0
        else { throw OpenSSL.failure("certificate signature") }
        return try MemoryBIO.text { PEM_write_bio_X509($0, certificate) }
    }

    private func setSerialNumber() throws(CryptoError) {
        // 127 bits, positive and not zero (RFC 5280 §4.1.2.2).
        var bytes = SecureRandom.bytes(16)
        bytes[0] = bytes[0] & 0x3F | 0x40
        let number = BN_bin2bn(bytes, 16, nil)
        defer { BN_free(number) }
        try set(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) == nil ? 0 : 1)
    }

    private func setName(_ text: String) throws(CryptoError) {
        // RFC 5280 limits a common name to 64 characters; clients read the alternative names anyway.
        let bytes = Array(String(text.prefix(64)).utf8)
        let name = X509_get_subject_name(certificate)
        try set(
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_FLAG, bytes, Int32(bytes.count), -1, 0))
    }

    private func set(_ result: Int32) throws(CryptoError) {
        if result != 1 { throw OpenSSL.failure("certificate") }
    }
}
