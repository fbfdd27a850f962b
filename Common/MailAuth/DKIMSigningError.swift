import Crypto

/// Why a message could not be signed.
package enum DKIMSigningError: Error, Sendable, Equatable {
    /// Domain or selector are no DNS names in ASCII form.
    case invalidName(String)
    /// A line of the header is no field, or there are too many.
    case malformedHeader
    /// RFC 6376 §5.4: `From` must be signed, so there must be one.
    case noFrom
    /// The key failed.
    case key(CryptoError)
}
