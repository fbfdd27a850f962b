import EventLoop

/// Why the TLS of a session was not what it had to be, in the words of RFC 8460 §4.3. One is missing:
/// `dane-required` is for senders that demand DANE of a domain, which nobody can ask for here.
package enum TLSResult: String, Hashable, Sendable, CaseIterable {
    case startTLSNotSupported = "starttls-not-supported"
    case certificateHostMismatch = "certificate-host-mismatch"
    case certificateExpired = "certificate-expired"
    case certificateNotTrusted = "certificate-not-trusted"
    case validationFailure = "validation-failure"
    case tlsaInvalid = "tlsa-invalid"
    case dnssecInvalid = "dnssec-invalid"
    case stsPolicyFetchError = "sts-policy-fetch-error"
    case stsPolicyInvalid = "sts-policy-invalid"
    case stsWebPKIInvalid = "sts-webpki-invalid"

    init(_ fault: CertificateFault) {
        switch fault {
        case .nameMismatch: self = .certificateHostMismatch
        case .outOfTime: self = .certificateExpired
        case .notTrusted: self = .certificateNotTrusted
        case .notInDNS, .other: self = .validationFailure
        }
    }

    /// Nil for an error that says nothing about TLS, such as a connection that ended.
    init?(_ error: StreamError) {
        switch error {
        case .certificate(let fault, _): self = .init(fault)
        case .tls: self = .validationFailure
        case .closed, .timedOut, .reset, .refused, .unreachable, .system, .unexpectedData: return nil
        }
    }
}

/// A `TLSResult` with the words for it: of OpenSSL, libcurl or this service.
package struct TLSProblem: Hashable, Sendable {
    package let result: TLSResult
    package let text: String
}
