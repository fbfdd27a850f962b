/// Why the body of a request could not be read. Each of them may end the connection after the answer.
package enum HTTPError: Error, Equatable, Sendable {
    /// 413
    case bodyTooLarge(maxBytes: Int)
    /// 408: it came slower than the server's floor.
    case bodyTooSlow
    /// 415: it has a content coding, of which none is read.
    case encoded
    /// 503: the bodies that are being received fill the memory set aside for them.
    case overloaded
    /// 400: its chunks are malformed.
    case malformed(HTTPParseError)
    /// The caller has gone; nobody will see an answer.
    case disconnected

    package var apiError: APIError {
        switch self {
        case .bodyTooLarge(let maxBytes):
            APIError(413, "payload_too_large", "The request body is larger than \(maxBytes) bytes.")
        case .bodyTooSlow: APIError(408, "request_timeout", "The request body came too slowly.")
        case .encoded:
            APIError(
                415, "unsupported_content_encoding",
                "The request body must come as it is, without Content-Encoding.")
        case .overloaded:
            APIError(503, "overloaded", "Too many large requests at once; try again.", retryAfterSeconds: 1)
        case .malformed(let error): error.apiError
        case .disconnected: APIError(400, "disconnected", "The caller closed the connection.")
        }
    }
}
