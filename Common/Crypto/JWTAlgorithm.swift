/// The signature algorithms of RFC 7518 §3.1 and RFC 8037 §3.1 that are accepted. `none` is not one of them.
package enum JWTAlgorithm: String, Sendable, Codable, CaseIterable {
    case hs256 = "HS256"
    case rs256 = "RS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
}
