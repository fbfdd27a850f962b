import FoundationEssentials

/// Issues JSON web tokens (RFC 7519) with one key.
package struct JWTSigner: Sendable {
    package let key: JWTKey

    /// - Throws: `unsupportedKey` when the key is a public one.
    package init(_ key: JWTKey) throws(CryptoError) {
        guard key.canSign else { throw .unsupportedKey("a public key cannot sign") }
        self.key = key
    }

    /// Signs claims. The caller puts `exp`, `iss` and `aud` into them.
    package func sign(_ claims: some Encodable) throws(CryptoError) -> String {
        guard let payload = try? Self.encoder().encode(claims) else { throw .malformedInput("claims") }
        return try sign(payload: [UInt8](payload))
    }

    /// Signs a payload as it is (compact JWS, RFC 7515 §7.1).
    package func sign(payload: [UInt8]) throws(CryptoError) -> String {
        let header = Header(alg: key.algorithm.rawValue, kid: key.keyID, typ: "JWT")
        guard let headerBytes = try? Self.encoder().encode(header) else { throw .malformedInput("kid") }
        let input = Base64.encodeURL([UInt8](headerBytes)) + "." + Base64.encodeURL(payload)
        return try input + "." + Base64.encodeURL(key.sign(input))
    }

    private struct Header: Encodable {
        let alg: String
        let kid: String?
        let typ: String
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
