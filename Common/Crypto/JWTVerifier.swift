import FoundationEssentials

/// Checks JSON web tokens (RFC 7519): form, header, signature, `exp`, `nbf`, `iat`, `iss` and `aud`.
///
/// `exp` is required. `iss` and `aud` are required and compared when the verifier was made with them.
package struct JWTVerifier: Sendable {
    package let keys: JWTKeySet
    package let issuer: String?
    package let audience: String?
    package let leewaySeconds: Int

    /// - Parameter leewaySeconds: how far the issuer's clock may differ from ours.
    package init(keys: JWTKeySet, issuer: String?, audience: String?, leewaySeconds: Int = 60) {
        self.keys = keys
        self.issuer = issuer
        self.audience = audience
        self.leewaySeconds = leewaySeconds
    }

    /// Checks a token.
    /// - Parameter now: seconds since 1970.
    package func verify(_ token: String, now: Int) throws(JWTError) -> JWTClaims {
        let claims = try JWTClaims(payload: keys.verifiedPayload(of: token))
        try check(claims, now: now)
        return claims
    }

    /// Checks a token and decodes its payload.
    package func verify<Value: Decodable>(
        _ token: String, as type: Value.Type, now: Int
    ) throws(JWTError) -> Value {
        try verify(token, now: now).decode(type)
    }

    private func check(_ claims: JWTClaims, now: Int) throws(JWTError) {
        let now = Double(now)
        let leeway = Double(leewaySeconds)
        guard let expires = claims.expiresAt else { throw .missingClaim("exp") }
        if now >= expires + leeway { throw .expired }
        if let notBefore = claims.notBefore, now + leeway < notBefore { throw .notYetValid }
        if let issuedAt = claims.issuedAt, now + leeway < issuedAt { throw .notYetValid }
        if let issuer {
            guard let claimed = claims.issuer else { throw .missingClaim("iss") }
            if claimed != issuer { throw .wrongIssuer }
        }
        if let audience {
            if claims.audiences.isEmpty { throw .missingClaim("aud") }
            if !claims.audiences.contains(audience) { throw .wrongAudience }
        }
    }
}

/// The payload of a token whose signature was good, with the registered claims (RFC 7519 §4.1) read out.
package struct JWTClaims: Sendable {
    /// The payload: a JSON object without duplicate names.
    package let payload: [UInt8]
    package let issuer: String?
    package let subject: String?
    package let audiences: [String]
    package let id: String?
    /// Seconds since 1970; may have a fraction.
    package let expiresAt: Double?
    package let notBefore: Double?
    package let issuedAt: Double?

    init(payload: [UInt8]) throws(JWTError) {
        guard JSONObjectCheck.isObjectWithDistinctNames(payload) else {
            throw .malformedClaims("no JSON object with distinct names")
        }
        let claims: Registered
        do { claims = try JSONDecoder().decode(Registered.self, from: Data(payload)) } catch {
            throw .malformedClaims("a registered claim has the wrong type")
        }
        self.payload = payload
        issuer = claims.iss
        subject = claims.sub
        audiences = claims.aud?.values ?? []
        id = claims.jti
        expiresAt = claims.exp
        notBefore = claims.nbf
        issuedAt = claims.iat
    }

    /// Decodes the payload as JSON.
    package func decode<Value: Decodable>(_ type: Value.Type) throws(JWTError) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(payload)) } catch {
            throw .malformedClaims("not the expected claims")
        }
    }

    private struct Registered: Decodable {
        let iss: String?
        let sub: String?
        let aud: Audience?
        let jti: String?
        let exp: Double?
        let nbf: Double?
        let iat: Double?
    }

    /// RFC 7519 §4.1.3: one string or a list of them.
    private struct Audience: Decodable {
        let values: [String]
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let one = try? container.decode(String.self) {
                values = [one]
            } else {
                values = try container.decode([String].self)
            }
        }
    }
}
