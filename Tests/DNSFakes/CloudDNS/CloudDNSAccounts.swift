import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import TestSupport

/// A service account of the fake project and what it may do.
package struct CloudDNSAccount: Sendable {
    package let email: String
    package let keyID: String
    let key: RSAPrivateKey
    let project: String
    /// Such as `dns.changes.create`; `dns.*` for all.
    package let permissions: Set<String>
    /// Zone names; nil for all.
    package let zones: Set<String>?

    func allows(_ permission: String) -> Bool {
        permissions.contains(permission) || permissions.contains("dns.*")
    }

    /// The file that a customer downloads and hands over.
    func file(tokenURI: String) throws -> JSONValue {
        [
            "type": "service_account", "project_id": .string(project), "private_key_id": .string(keyID),
            "private_key": .string(try key.pemEncoded()), "client_email": .string(email),
            "client_id": "100000000000000000001", "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": .string(tokenURI), "universe_domain": "googleapis.com",
        ]
    }
}

/// Google's token endpoint: a signed assertion for an access token (RFC 7523).
struct CloudDNSTokens: Sendable {
    struct Grant: Sendable {
        let account: String
        let expiresAt: Int
    }

    private static let lifetimeSeconds = 3_599
    private static let maxLifetimeSeconds = 3_600
    private static let audience = "https://oauth2.googleapis.com/token"
    private static let scopes: Set<String> = [
        "https://www.googleapis.com/auth/ndev.clouddns.readwrite",
        "https://www.googleapis.com/auth/cloud-platform",
    ]
    private static let readScopes: Set<String> = [
        "https://www.googleapis.com/auth/ndev.clouddns.readonly",
        "https://www.googleapis.com/auth/cloud-platform.read-only",
    ]

    private(set) var grants: [String: Grant] = [:]

    private struct Claims: Decodable {
        let iss: String
        let scope: String
        let iat: Int
        let exp: Int
    }

    /// The answer to a token request: 200 with a token, or 400 with what is wrong with the assertion.
    mutating func answer(_ form: FormData, accounts: [CloudDNSAccount], now: Int) -> HTTPResponse {
        guard form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
            return Self.refusal("unsupported_grant_type", "Invalid grant_type: \(form["grant_type"] ?? "")")
        }
        guard let assertion = form["assertion"] else {
            return Self.refusal("invalid_request", "Missing required parameter: assertion")
        }
        for account in accounts {
            let keys = JWTKeySet([JWTKey(account.key, keyID: account.keyID)])
            let verifier = JWTVerifier(keys: keys, issuer: account.email, audience: Self.audience)
            do throws(JWTError) {
                let claims = try verifier.verify(assertion, as: Claims.self, now: now)
                return grant(claims, account, now: now)
            } catch {
                if case .noMatchingKey = error { continue }
                return Self.refusal("invalid_grant", "Invalid JWT: \(error)")
            }
        }
        return Self.refusal("invalid_grant", "Invalid JWT Signature.")
    }

    private mutating func grant(_ claims: Claims, _ account: CloudDNSAccount, now: Int) -> HTTPResponse {
        guard claims.exp - claims.iat <= Self.maxLifetimeSeconds else {
            return Self.refusal(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.")
        }
        let asked = Set(claims.scope.split(separator: " ").map(String.init))
        guard !asked.isDisjoint(with: Self.scopes.union(Self.readScopes)) else {
            return Self.refusal("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        }
        let token = SecureRandom.token(prefix: "ya29.", bytes: 32)
        grants[token] = Grant(account: account.email, expiresAt: now + Self.lifetimeSeconds)
        let body: JSONValue = [
            "access_token": .string(token), "expires_in": .integer(Self.lifetimeSeconds),
            "token_type": "Bearer",
        ]
        return (try? .json(body)) ?? .empty(500)
    }

    private static func refusal(_ code: String, _ description: String) -> HTTPResponse {
        let body: JSONValue = ["error": .string(code), "error_description": .string(description)]
        return (try? .json(body, status: 400)) ?? .empty(500)
    }
}
