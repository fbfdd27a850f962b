import COpenSSL

/// Why a certificate does not hold, by what a mail host's owner has to mend (RFC 8460 §4.3).
package enum CertificateFault: Hashable, Sendable {
    /// It is for other names.
    case nameMismatch
    /// It is over, or has not begun.
    case outOfTime
    /// No chain leads to anybody who is trusted.
    case notTrusted
    /// None of the records that the DNS has for the host is for it.
    case notInDNS
    /// Anything else that a verification may find.
    case other

    /// Nil for a verification that found no fault.
    init?(verdict: Int) {
        switch Int32(clamping: verdict) {
        case X509_V_OK: return nil
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: self = .nameMismatch
        case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: self = .outOfTime
        case X509_V_ERR_DANE_NO_MATCH: self = .notInDNS
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED,
            X509_V_ERR_CERT_REJECTED, X509_V_ERR_INVALID_CA, X509_V_ERR_CERT_CHAIN_TOO_LONG:
            self = .notTrusted
        default: self = .other
        }
    }
}
