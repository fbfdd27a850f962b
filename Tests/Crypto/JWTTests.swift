import Crypto
import Testing

@Suite struct JWTTests {
    private struct Claims: Codable, Equatable {
        var iss: String? = "https://portal.example"
        var aud: String? = "dispatch"
        var sub: String? = "user-1"
        var exp: Int? = 2000
        var nbf: Int?
        var iat: Int?
    }

    private func secretKey(_ keyID: String? = "k1") throws -> JWTKey {
        try .secret([UInt8](repeating: 7, count: 32), keyID: keyID)
    }

    private func verifier(_ key: JWTKey) -> JWTVerifier {
        JWTVerifier(
            keys: JWTKeySet([key]), issuer: "https://portal.example", audience: "dispatch", leewaySeconds: 10)
    }

    /// A token with this header, signed correctly with the HS256 key.
    private func token(header: String, payload: String = #"{"exp":2000}"#) throws -> String {
        let input = Base64.encodeURL(header) + "." + Base64.encodeURL(payload)
        let code = HMAC.sha256(key: [UInt8](repeating: 7, count: 32), message: input)
        return input + "." + Base64.encodeURL(code)
    }

    @Test func `every algorithm signs and verifies, from keys and from their PEM`() throws {
        let rsa = try RSAPrivateKey.generate()
        let p256 = try P256PrivateKey.generate()
        let ed25519 = try Ed25519PrivateKey.generate()
        let pairs: [(JWTKey, JWTKey)] = [
            (try secretKey(), try secretKey()),
            (JWTKey(rsa, keyID: "a"), try JWTKey(pem: rsa.publicKey.pemEncoded(), keyID: "a")),
            (try JWTKey(pem: p256.pemEncoded(), keyID: "b"), JWTKey(p256.publicKey, keyID: "b")),
            (try JWTKey(pem: ed25519.pemEncoded(), keyID: nil), JWTKey(ed25519.publicKey, keyID: nil)),
        ]
        for (signing, verifying) in pairs {
            let token = try JWTSigner(signing).sign(Claims())
            #expect(try verifier(verifying).verify(token, as: Claims.self, now: 1000) == Claims())
            for (_, other) in pairs where other.algorithm != verifying.algorithm {
                #expect(throws: JWTError.noMatchingKey) { try verifier(other).verify(token, now: 1000) }
            }
        }
        #expect(throws: CryptoError.self) { try JWTSigner(JWTKey(rsa.publicKey, keyID: nil)) }
    }

    @Test func `times, issuer and audience are checked`() throws {
        let signer = try JWTSigner(secretKey())
        let verifier = verifier(try secretKey())
        func refusal(_ claims: Claims, now: Int) throws -> JWTError? {
            let token = try signer.sign(claims)
            do throws(JWTError) {
                _ = try verifier.verify(token, now: now)
                return nil
            } catch { return error }
        }
        #expect(try refusal(Claims(), now: 2009) == nil)
        #expect(try refusal(Claims(), now: 2010) == .expired)
        #expect(try refusal(Claims(nbf: 1000), now: 990) == nil)
        #expect(try refusal(Claims(nbf: 1000), now: 989) == .notYetValid)
        #expect(try refusal(Claims(iat: 1000), now: 989) == .notYetValid)
        #expect(try refusal(Claims(exp: nil), now: 1000) == .missingClaim("exp"))
        #expect(try refusal(Claims(iss: nil), now: 1000) == .missingClaim("iss"))
        #expect(try refusal(Claims(iss: "https://portal.example/"), now: 1000) == .wrongIssuer)
        #expect(try refusal(Claims(aud: nil), now: 1000) == .missingClaim("aud"))
        #expect(try refusal(Claims(aud: "other"), now: 1000) == .wrongAudience)
    }

    @Test func `an audience may be a list and times may have fractions`() throws {
        let keys = JWTKeySet([try secretKey()])
        let verifier = JWTVerifier(keys: keys, issuer: nil, audience: "dispatch", leewaySeconds: 0)
        let token = try token(
            header: #"{"alg":"HS256"}"#, payload: #"{"exp":2000.5,"aud":["x","dispatch"],"sub":"u"}"#)
        #expect(try verifier.verify(token, now: 2000).audiences == ["x", "dispatch"])
        #expect(throws: JWTError.expired) { try verifier.verify(token, now: 2001) }
    }

    @Test(arguments: [
        #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"hs256"}"#, #"{"alg":"HS512"}"#, #"{"typ":"JWT"}"#,
        #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":null}"#, #"{"alg":"HS256","b64":true}"#,
        #"{"alg":"HS256","jwk":{}}"#, #"{"alg":"HS256","jku":"https://example.com"}"#,
        #"{"alg":"HS256","x5u":"https://example.com"}"#, #"{"alg":"HS256","x5c":[]}"#,
        #"{"alg":"HS256","cty":"JWT"}"#, #"{"alg":"HS256","zip":"DEF"}"#,
        #"{"alg":"HS256","typ":"secevent+jwt"}"#,
        #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"HS256","\u0061lg":"HS256"}"#, #"{"alg":["HS256"]}"#,
        #"{"alg":"HS256","kid":1}"#, #"{"alg":"HS256","kid":"other"}"#, #"["HS256"]"#, #"{"alg":"HS256"} x"#,
        "",
    ]) func `a header that is not plainly ours is refused although the signature is good`(header: String)
        throws
    {
        let verifier = JWTVerifier(
            keys: JWTKeySet([try secretKey()]), issuer: nil, audience: nil, leewaySeconds: 0)
        #expect(throws: JWTError.self) { try verifier.verify(token(header: header), now: 1000) }
        #expect(
            try verifier.verify(token(header: #"{"alg":"HS256","kid":"k1"}"#), now: 1000).expiresAt == 2000)
    }

    @Test(arguments: [
        #"{"exp":2000,"exp":3000}"#, #"{"exp":2000,"\u0065xp":3000}"#, #"{"exp":"2000"}"#,
        #"{"exp":2000,"sub":1}"#,
        #"[]"#, #"2000"#, #"{"exp":2000,"x":{"a":1,"a":2}}"#, #"{"exp":2000"#, #"{"exp":2000}{}"#, "",
        #"{"exp":1e999}"#, #"{"exp":2000,"aud":1}"#,
        #"{"exp":2000,"x":"# + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "}",
    ]) func `claims that can be read in two ways are refused`(payload: String) throws {
        let verifier = JWTVerifier(
            keys: JWTKeySet([try secretKey()]), issuer: nil, audience: nil, leewaySeconds: 0)
        let token = try token(header: #"{"alg":"HS256"}"#, payload: payload)
        #expect(throws: JWTError.self) { try verifier.verify(token, now: 1000) }
    }

    @Test func `escapes in claims are read as JSON has them`() throws {
        let verifier = JWTVerifier(
            keys: JWTKeySet([try secretKey()]), issuer: nil, audience: nil, leewaySeconds: 0)
        let payload =
            #" { "exp" : 2000, "https:\/\/x.example\/\ud83d\ude00" : [ {}, [], "\"", -1.5e3, true ] } "#
        #expect(
            try verifier.verify(token(header: #"{"alg":"HS256"}"#, payload: payload), now: 1).expiresAt
                == 2000)
    }

    @Test func `a token that is changed anywhere is refused`() throws {
        let key = JWTKey(try Ed25519PrivateKey.generate(), keyID: "k1")
        let token = Array(try JWTSigner(key).sign(Claims()).utf8)
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: JWTError.self) {
                try verifier(key).verify(String(decoding: changed, as: UTF8.self), now: 1000)
            }
        }
    }

    @Test func `long tokens and weak secrets are refused`() throws {
        let long = try JWTSigner(secretKey()).sign(["exp": String(repeating: "x", count: 17_000)])
        #expect(throws: JWTError.malformed("longer than 16 KiB")) {
            try verifier(secretKey()).verify(long, now: 1)
        }
        #expect(throws: CryptoError.self) { try JWTKey.secret([UInt8](repeating: 7, count: 31), keyID: nil) }
    }

    @Test func `a key set keeps what it can use and refuses the rest`() throws {
        let key = try Ed25519PrivateKey.generate()
        let x = Base64.encodeURL(key.publicKey.raw)
        let good = #"{"kty":"OKP","crv":"Ed25519","kid":"e","use":"sig","x":"\#(x)"}"#
        let jwks = """
            {"keys":[\(good), {"kty":"OKP","crv":"X25519","x":"\(x)"}, {"kty":"RSA","n":"AQAB","e":"AQAB"},
            {"kty":"OKP","crv":"Ed25519","use":"enc","x":"\(x)"}, {"kty":"EC","crv":"P-384","x":"","y":""},
            {"kty":"OKP","crv":"Ed25519","alg":"ES256","x":"\(x)"}, {"kty":7}, "text",
            {"kty":"OKP","crv":"Ed25519","x":"\(x)","d":"\(Base64.encodeURL(key.raw))"}]}
            """
        let set = try JWTKeySet(jwks: Array(jwks.utf8))
        #expect(set.keys.map(\.keyID) == ["e"])
        let token = try JWTSigner(JWTKey(key, keyID: "e")).sign(Claims())
        #expect(throws: Never.self) { try set.verifiedPayload(of: token) }
        #expect(throws: JWTError.noMatchingKey) {
            try set.verifiedPayload(of: JWTSigner(JWTKey(key, keyID: "f")).sign(Claims()))
        }
        #expect(throws: CryptoError.self) { try JWTKeySet(jwks: Array(#"{"keys":[]}"#.utf8)) }
        #expect(throws: CryptoError.self) { try JWTKeySet(jwks: Array("[]".utf8)) }
        #expect(throws: CryptoError.self) {
            try JWTKey(jwk: Array(#"{"kty":"oct","k":"\#(Base64.encodeURL("short"))"}"#.utf8))
        }
    }
}
