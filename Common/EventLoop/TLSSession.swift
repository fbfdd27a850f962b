import COpenSSL
import Glibc

/// OpenSSL's state of one connection. Loop bound, like the stream that owns it.
final class TLSSession {
    enum Step {
        case done(Int)
        case wantsRead
        case wantsWrite
        case ended
        case failed(StreamError)
    }

    private let ssl: OpaquePointer
    /// Whether there is somebody to hold the certificate against.
    private let verifies: Bool
    private let serverName: String?

    init(server context: TLSServerContext, fd: Int32) throws(StreamError) {
        guard let ssl = SSL_new(context.context) else { throw .tls("out of memory") }
        self.ssl = ssl
        verifies = false
        serverName = nil
        SSL_set_fd(ssl, fd)
        SSL_set_accept_state(ssl)
    }

    /// - Parameter serverName: sent as SNI, and checked against the certificate when the context verifies.
    /// - Parameter enforces: whether a certificate that does not hold ends the handshake.
    init(
        client context: TLSClientContext, serverName: String?, enforces: Bool, fd: Int32
    ) throws(StreamError) {
        guard let ssl = SSL_new(context.context) else { throw .tls("out of memory") }
        self.ssl = ssl
        verifies = context.verifies
        self.serverName = serverName
        SSL_set_fd(ssl, fd)
        SSL_set_connect_state(ssl)
        if !enforces { SSL_set_verify(ssl, SSL_VERIFY_NONE, nil) }
        guard let serverName else { return }
        _ = copenssl_set_tlsext_host_name(ssl, serverName)
        guard verifies else { return }
        if SocketAddress(ip: serverName, port: 0) != nil {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName)
        } else {
            SSL_set_hostflags(ssl, Self.hostFlags)
            SSL_set1_host(ssl, serverName)
        }
    }

    /// RFC 7672 §3: OpenSSL matches the associations, and the names where a trust anchor matched.
    init(client context: TLSClientContext, dane peer: DANEPeer, fd: Int32) throws(StreamError) {
        guard let ssl = SSL_new(context.context) else { throw .tls("out of memory") }
        self.ssl = ssl
        verifies = true
        serverName = peer.baseDomain
        SSL_set_fd(ssl, fd)
        SSL_set_connect_state(ssl)
        SSL_set_hostflags(ssl, Self.hostFlags)
        ERR_clear_error()
        // This also sets the server name of SNI and the first name to check.
        guard SSL_dane_enable(ssl, peer.baseDomain) == 1 else { throw .tls(TLSError.last("DANE").reason) }
        SSL_dane_set_flags(ssl, UInt(DANE_FLAG_NO_DANE_EE_NAMECHECKS))
        for name in peer.otherNames { SSL_add1_host(ssl, name) }
        for association in peer.associations {
            let added = SSL_dane_tlsa_add(
                ssl, association.usage.rawValue, association.selector, association.matchingType,
                association.data, association.data.count)
            guard added == 1 else { throw .tls(TLSError.last("TLSA record").reason) }
        }
    }

    /// A wildcard stands for a whole label or for nothing.
    private static let hostFlags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)

    deinit { SSL_free(ssl) }

    func handshake() -> Step { step { SSL_do_handshake(ssl) } }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Step {
        step { SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count)) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Step {
        step { SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count)) }
    }

    /// Tells the other side that no more comes; does not wait for its answer.
    func sendCloseNotify() {
        ERR_clear_error()
        _ = SSL_shutdown(ssl)
        ERR_clear_error()
    }

    var info: TLSInfo {
        let verdict = SSL_get_verify_result(ssl)
        return TLSInfo(
            protocolVersion: SSL_get_version(ssl).map { String(cString: $0) } ?? "",
            cipher: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? "",
            peerVerified: verifies && verdict == X509_V_OK,
            certificateFault: verifies ? CertificateFault(verdict: verdict) : nil,
            isForServerName: isForServerName,
            peerCertificateSHA256: fingerprint())
    }

    private var isForServerName: Bool {
        guard let serverName, let certificate = SSL_get0_peer_certificate(ssl) else { return false }
        if SocketAddress(ip: serverName, port: 0) != nil {
            return X509_check_ip_asc(certificate, serverName, 0) == 1
        }
        return X509_check_host(certificate, serverName, serverName.utf8.count, Self.hostFlags, nil) == 1
    }

    private func fingerprint() -> [UInt8]? {
        guard let certificate = SSL_get0_peer_certificate(ssl) else { return nil }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &length) == 1 else { return nil }
        return Array(digest.prefix(Int(length)))
    }

    private func step(_ call: () -> Int32) -> Step {
        ERR_clear_error()
        errno = 0
        let result = call()
        if result > 0 { return .done(Int(result)) }
        let code = errno
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL: return code == 0 ? .ended : .failed(StreamError(errno: code, "tls"))
        default: return .failed(failure())
        }
    }

    private func failure() -> StreamError {
        let verdict = SSL_get_verify_result(ssl)
        if SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE, let fault = CertificateFault(verdict: verdict),
            let text = X509_verify_cert_error_string(verdict)
        {
            ERR_clear_error()
            return .certificate(fault, String(cString: text))
        }
        return .tls(TLSError.last("handshake or record").reason)
    }
}
