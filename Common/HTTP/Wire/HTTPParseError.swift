/// Why bytes are not a request that we take. After any of these the connection is closed, because where the
/// next request begins is no longer known.
package enum HTTPParseError: Error, Equatable, Sendable {
    /// 400: the bytes break the grammar or leave the length of the message in doubt.
    case malformed(String)
    /// 414
    case targetTooLong
    /// 431: the line, the number of lines, or the whole head passes its limit.
    case headTooLarge(String)
    /// 417: an `Expect` other than `100-continue`.
    case expectationNotSupported
    /// 501: a transfer coding besides `chunked`.
    case transferCodingNotSupported
    /// 505: neither HTTP/1.1 nor HTTP/1.0.
    case versionNotSupported

    /// The error as the caller is told of it.
    package var apiError: APIError {
        switch self {
        case .malformed(let reason): APIError(400, "bad_request", reason)
        case .targetTooLong: APIError(414, "uri_too_long", "The request target is too long.")
        case .headTooLarge(let reason): APIError(431, "headers_too_large", reason)
        case .expectationNotSupported: APIError(417, "expectation_failed", "Only 100-continue is supported.")
        case .transferCodingNotSupported:
            APIError(501, "not_implemented", "Only the transfer coding chunked is supported.")
        case .versionNotSupported:
            APIError(505, "version_not_supported", "Only HTTP/1.1 and HTTP/1.0 are supported.")
        }
    }
}
