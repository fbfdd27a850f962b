/// The signature algorithms of RFC 8301 and RFC 8463. `rsa-sha1` must neither be made nor accepted.
package enum DKIMAlgorithm: String, Sendable {
    case rsaSHA256 = "rsa-sha256"
    case ed25519SHA256 = "ed25519-sha256"

    /// The `k=` of a key record for it.
    var keyType: String {
        switch self {
        case .rsaSHA256: "rsa"
        case .ed25519SHA256: "ed25519"
        }
    }
}
