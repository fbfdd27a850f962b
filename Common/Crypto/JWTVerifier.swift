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
