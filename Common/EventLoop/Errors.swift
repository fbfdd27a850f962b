import Glibc

/// A failed system call: which one, and the `errno` it left.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: Int32
    package let operation: String

    package init(code: Int32, operation: String) {
        self.code = code
        self.operation = operation
    }

    /// The error that the last call on this thread left in `errno`.
    package static func last(_ operation: String) -> Self { Self(code: errno, operation: operation) }

    package var description: String { "\(operation): \(String(cString: strerror(code)))" }
}

/// What a caller of a stream can react to.
package enum StreamError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The stream was closed on this side, or ended in the middle of what was asked for.
    case closed
    case timedOut
    case reset
    case refused
    case unreachable
    /// The handshake or a record failed; the text is OpenSSL's reason.
    case tls(String)
    /// The certificate of the other side does not hold; the text is OpenSSL's reason.
    case certificate(CertificateFault, String)
    case system(Int32, String)
    /// Bytes arrived where none may be, such as plain text behind STARTTLS.
    case unexpectedData

    init(errno code: Int32, _ operation: String) {
        switch code {
        case ECONNRESET, EPIPE: self = .reset
        case ECONNREFUSED: self = .refused
        case ETIMEDOUT: self = .timedOut
        case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, ENETDOWN, EHOSTDOWN: self = .unreachable
        default: self = .system(code, operation)
        }
    }

    package var description: String {
        switch self {
        case .closed: "connection closed"
        case .timedOut: "timed out"
        case .reset: "connection reset by peer"
        case .refused: "connection refused"
        case .unreachable: "host unreachable"
        case .tls(let reason): "TLS: \(reason)"
        case .certificate(_, let reason): "TLS: certificate: \(reason)"
        case .system(let code, let operation): "\(operation): \(String(cString: strerror(code)))"
        case .unexpectedData: "unexpected data"
        }
    }
}
