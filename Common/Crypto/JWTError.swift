/// Why a token was refused. Callers answer 401 for all of them; the case is for the log and for tests.
package enum JWTError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not a compact JWS of at most 16 KiB with strict Base64url parts and a JSON object as its header.
    case malformed(String)
    /// A header that could change what the token means: `crit`, `b64`, an embedded or linked key, a nested
    /// token.
    case forbiddenHeader(String)
    /// No key of the set has this `alg` and `kid`.
    case noMatchingKey
    /// The signature is not the key's.
    case badSignature
    /// The payload is no JSON object, has a name twice, or a registered claim has the wrong type.
    case malformedClaims(String)
    /// A required claim is missing.
    case missingClaim(String)
    /// `exp` has passed.
    case expired
    /// `nbf` or `iat` lies in the future.
    case notYetValid
    /// `iss` is another.
    case wrongIssuer
    /// `aud` does not name us.
    case wrongAudience

    package var description: String {
        switch self {
        case .malformed(let reason): "malformed token: \(reason)"
        case .forbiddenHeader(let name): "forbidden token header: \(name)"
        case .noMatchingKey: "no key for this token"
        case .badSignature: "bad token signature"
        case .malformedClaims(let reason): "malformed claims: \(reason)"
        case .missingClaim(let name): "missing claim: \(name)"
        case .expired: "token expired"
        case .notYetValid: "token not yet valid"
        case .wrongIssuer: "wrong issuer"
        case .wrongAudience: "wrong audience"
        }
    }
}
