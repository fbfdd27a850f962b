import COpenSSL

/// A certificate, a key or a handshake that OpenSSL refused; the text is its reason.
package struct TLSError: Error, Equatable, Sendable, CustomStringConvertible {
    package let reason: String
    package var description: String { "TLS: \(reason)" }

    /// Takes the oldest reason out of this thread's error queue and empties it.
    static func last(_ operation: String) -> Self {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let text = ERR_reason_error_string(code) else { return Self(reason: operation) }
        return Self(reason: "\(operation): \(String(cString: text))")
    }
}

/// What the certificate of the other side is held against.
package enum TLSVerification: Sendable {
    /// Opportunistic: encrypts to whoever answers.
    case none
    case systemRoots
    case roots(pem: [UInt8])
    /// The records that the DNS has for the host; each connection brings its own (`DANEPeer`).
    case dane
}

/// What a TLS handshake agreed on.
package struct TLSInfo: Sendable, Equatable {
    /// Such as `TLSv1.3`.
    package let protocolVersion: String
    package let cipher: String
    /// Whether the chain was verified against trusted roots, or the certificate by DANE; the name is checked
    /// when a server name was given.
    package let peerVerified: Bool
    /// What a verification found that was not enforced; nil when nothing was found or nobody looked.
    package let certificateFault: CertificateFault?
    /// Whether the certificate is for the name that was asked for. DANE may take it for another reason.
    package let isForServerName: Bool
    package let peerCertificateSHA256: [UInt8]?
}

/// The server's side of TLS. Make one for each loop: OpenSSL 3.0 takes locks inside a shared context.
///
/// Unchecked, because OpenSSL counts references to a context atomically and it is not changed after `init`.
package final class TLSServerContext: @unchecked Sendable {
    let context: OpaquePointer

    /// TLS 1.2 and later with the given chain (leaf first) and its key, both PEM.
    package init(certificateChainPEM: [UInt8], privateKeyPEM: [UInt8]) throws(TLSError) {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw .last("context") }
        self.context = context
        Self.applyDefaults(context)
        try Self.use(chain: certificateChainPEM, in: context)
        try Self.use(key: privateKeyPEM, in: context)
        guard SSL_CTX_check_private_key(context) == 1 else { throw .last("key does not fit the certificate") }
    }

    deinit { SSL_CTX_free(context) }

    static func applyDefaults(_ context: OpaquePointer) {
        _ = copenssl_ctx_set_min_proto_version(context, TLS1_2_VERSION)
        // Partial writes and moving buffers fit a non-blocking socket; idle connections give their buffers
        // back.
        _ = copenssl_ctx_set_mode(context, 0x1 | 0x2 | 0x10)
    }

    private static func use(chain pem: [UInt8], in context: OpaquePointer) throws(TLSError) {
        let certificates = try PEM.certificates(pem)
        guard let leaf = certificates.first else { throw TLSError(reason: "no certificate in the PEM") }
        defer { for certificate in certificates { X509_free(certificate) } }
        guard SSL_CTX_use_certificate(context, leaf) == 1 else { throw .last("certificate") }
        for issuer in certificates.dropFirst() {
            X509_up_ref(issuer)
            guard SSL_CTX_ctrl(context, SSL_CTRL_EXTRA_CHAIN_CERT, 0, UnsafeMutableRawPointer(issuer)) == 1
            else {
                X509_free(issuer)
                throw .last("chain")
            }
        }
    }

    private static func use(key pem: [UInt8], in context: OpaquePointer) throws(TLSError) {
        let bio = BIO_new_mem_buf(pem, Int32(clamping: pem.count))
        defer { BIO_free(bio) }
        guard let key = PEM_read_bio_PrivateKey(bio, nil, nil, nil) else { throw .last("private key") }
        defer { EVP_PKEY_free(key) }
        guard SSL_CTX_use_PrivateKey(context, key) == 1 else { throw .last("private key") }
    }
}

/// The client's side of TLS. Make one for each loop and policy.
///
/// Unchecked for the reason that `TLSServerContext` gives.
package final class TLSClientContext: @unchecked Sendable {
    let context: OpaquePointer
    let verifies: Bool

    package init(verify: TLSVerification) throws(TLSError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .last("context") }
        self.context = context
        TLSServerContext.applyDefaults(context)
        switch verify {
        case .none: verifies = false
        case .systemRoots:
            verifies = true
            guard SSL_CTX_set_default_verify_paths(context) == 1 else { throw .last("system roots") }
        case .dane:
            verifies = true
            guard SSL_CTX_dane_enable(context) == 1 else { throw .last("DANE") }
        case .roots(let pem):
            verifies = true
            let store = SSL_CTX_get_cert_store(context)
            for certificate in try PEM.certificates(pem) {
                X509_STORE_add_cert(store, certificate)
                X509_free(certificate)
            }
        }
        SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
    }

    deinit { SSL_CTX_free(context) }
}

private enum PEM {
    /// The caller frees each.
    static func certificates(_ pem: [UInt8]) throws(TLSError) -> [OpaquePointer] {
        let bio = BIO_new_mem_buf(pem, Int32(clamping: pem.count))
        defer {
            BIO_free(bio)
            ERR_clear_error()
        }
        var certificates: [OpaquePointer] = []
        while certificates.count < 512, let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
            certificates.append(certificate)
        }
        guard !certificates.isEmpty else { throw TLSError(reason: "no certificate in the PEM") }
        return certificates
    }
}
