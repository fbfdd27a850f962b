import FoundationEssentials

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
