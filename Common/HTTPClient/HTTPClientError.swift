import CCurl

/// Why a request has no response, by what the caller does next.
package enum HTTPClientError: Error, Sendable, Equatable {
    /// The URL is none that can be fetched; the text says why and does not repeat the URL.
    case invalidURL(String)
    /// The method or a header cannot be sent; the text says which.
    case invalidRequest(String)
    /// The guard refused the address; the text is the kind of address or port and names no address.
    case blockedAddress(String)
    /// The name has no address, or none could be asked for it.
    case resolve
    /// Nothing listens there, or it cannot be reached.
    case connect
    /// The handshake failed or the certificate does not hold; OpenSSL's words.
    case tls(String)
    case timedOut
    /// There was no connection, its TLS included, in time: nothing of the request was sent.
    case connectTimedOut
    /// The peer ended the connection before the response was complete, or this client was closed.
    case closed
    /// The response's headers are larger than `HTTPClientSettings.maxResponseHeaderBytes`.
    case tooLarge
    /// This client has `HTTPClientSettings.maxTransfers` open already.
    case busy
    /// Any other code of libcurl, with its text; what answered was mostly not HTTP.
    case other(Int32, String)

    /// Whether nothing of the request has reached anybody, so that another may be asked in its place.
    package var isBeforeSending: Bool {
        switch self {
        case .invalidURL, .invalidRequest, .blockedAddress, .resolve, .connect, .connectTimedOut, .tls, .busy:
            true
        case .timedOut, .closed, .tooLarge, .other: false
        }
    }

    init(_ code: CURLcode, _ text: String) {
        switch code {
        case CURLE_URL_MALFORMAT: self = .invalidURL(text)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .resolve
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: self = .connect
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
            self = .closed
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_SSL_SHUTDOWN_FAILED,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED:
            self = .tls(text)
        default: self = .other(Int32(bitPattern: code.rawValue), text)
        }
    }
}
