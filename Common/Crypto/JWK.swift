/// A JWKS document (RFC 7517 §5) as it is on the wire; an entry of unknown shape does not spoil the others.
struct JWKSet: Decodable {
    struct Entry: Decodable {
        let key: JWK?
        init(from decoder: any Decoder) throws { key = try? JWK(from: decoder) }
    }
    let keys: [Entry]
}

/// A JWK (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2) as it is on the wire.
struct JWK: Decodable {
    let kty: String
    let kid: String?
    let alg: String?
    let use: String?
    let keyOperations: [String]?
    let crv: String?
    let n: String?
    let e: String?
    let x: String?
    let y: String?
    let k: String?
    let d: String?

    private enum CodingKeys: String, CodingKey {
        case kty, kid, alg, use, crv, n, e, x, y, k, d
        case keyOperations = "key_ops"
    }

    func imported() throws(CryptoError) -> JWTKey {
        guard use == nil || use == "sig" else { throw .unsupportedKey("use is not sig") }
        if let keyOperations, !keyOperations.contains("verify") {
            throw .unsupportedKey("key_ops lacks verify")
        }
        guard d == nil else { throw .unsupportedKey("a private key in a JWK") }
        let key = try material()
        guard alg == nil || alg == key.algorithm.rawValue else { throw .unsupportedKey("alg is not ours") }
        return key
    }

    private func material() throws(CryptoError) -> JWTKey {
        switch (kty, crv) {
        case ("oct", _):
            try .secret(bytes(k, "k"), keyID: kid)
        case ("RSA", _):
            JWTKey(try RSAPublicKey(modulus: bytes(n, "n"), exponent: bytes(e, "e")), keyID: kid)
        case ("EC", "P-256"):
            JWTKey(try P256PublicKey(x: bytes(x, "x"), y: bytes(y, "y")), keyID: kid)
        case ("OKP", "Ed25519"):
            JWTKey(try Ed25519PublicKey(raw: bytes(x, "x")), keyID: kid)
        default:
            throw .unsupportedKey("kty or crv")
        }
    }

    private func bytes(_ text: String?, _ name: String) throws(CryptoError) -> [UInt8] {
        guard let text, let bytes = Base64.decodeURL(text) else { throw .malformedKey("JWK member \(name)") }
        return bytes
    }
}
