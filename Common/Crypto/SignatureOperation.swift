import COpenSSL

/// A signature operation over a SHA-256 digest that is set up once for a key and duplicated for each use,
/// which spares each use the look-up of the algorithm.
///
/// `@unchecked Sendable`: the context is a template that is only ever duplicated after `init`.
final class SignatureOperation: @unchecked Sendable {
    private let template: OpaquePointer
    private let key: KeyHandle
    private let maxSignatureBytes: Int

    enum Direction { case sign, verify }

    init(_ key: KeyHandle, _ direction: Direction) throws(CryptoError) {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil)
        else { throw OpenSSL.failure("signature context") }
        let started = direction == .sign ? EVP_PKEY_sign_init(context) : EVP_PKEY_verify_init(context)
        let isRSA = key.kind == EVP_PKEY_RSA
        guard started == 1, EVP_PKEY_CTX_set_signature_md(context, OpenSSL.sha256) == 1,
            !isRSA || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        else {
            EVP_PKEY_CTX_free(context)
            throw OpenSSL.failure("signature start")
        }
        template = context
        self.key = key
        maxSignatureBytes = Int(copenssl_pkey_get_size(key.pointer))
    }

    deinit { EVP_PKEY_CTX_free(template) }

    /// Signs a digest of 32 bytes.
    func sign(digest: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_PKEY_CTX_dup(template) else { throw OpenSSL.failure("signature context") }
        defer { EVP_PKEY_CTX_free(context) }
        let signature = [UInt8](unsafeUninitializedCapacity: maxSignatureBytes) { output, written in
            written = maxSignatureBytes
            let done = EVP_PKEY_sign(context, output.baseAddress, &written, digest, digest.count)
            if done != 1 { written = 0 }
        }
        guard !signature.isEmpty else { throw OpenSSL.failure("signature") }
        return signature
    }

    /// Whether `signature` is the key's signature of a digest of 32 bytes.
    func verify(_ signature: [UInt8], digest: [UInt8]) -> Bool {
        guard let context = EVP_PKEY_CTX_dup(template) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        let good = EVP_PKEY_verify(context, signature, signature.count, digest, digest.count) == 1
        if !good { _ = OpenSSL.drainErrors() }
        return good
    }
}
