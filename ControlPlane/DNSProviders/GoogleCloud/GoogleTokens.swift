import Crypto
import FoundationEssentials
import HTTPClient

/// Access tokens of a service account (RFC 7523 §2.1): a JWT signed with its key is traded for one that
/// holds an hour, and that is kept in the session until five minutes before its end.
struct GoogleTokens: Sendable {
    static let scope = "https://www.googleapis.com/auth/ndev.clouddns.readwrite"
    private static let lifetimeSeconds: Int64 = 3600
    private static let marginSeconds: Int64 = 300

    let account: ServiceAccount
    /// Where it is traded: the one that Google has, unless the operator says otherwise.
    let url: String
    let calls: ProviderCalls

    struct Claims: Encodable {
        let iss: String
        let scope: String
        let aud: String
        let iat: Int64
        let exp: Int64
    }

    /// `aud` is Google's own address even when the request goes elsewhere: it says whom the JWT is meant for.
    static func claims(_ account: ServiceAccount, now: Int64) -> Claims {
        Claims(
            iss: account.email, scope: scope, aud: ProviderEndpoints.googleTokenURL, iat: now,
            exp: now + lifetimeSeconds)
    }

    private struct Answer: Decodable {
        let accessToken: String
        let expiresIn: Int64?

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case expiresIn = "expires_in"
        }
    }

    func current() async throws(DNSProviderError) -> String {
        let now = calls.clock.unixSeconds()
        if let kept = calls.session.accessToken(now: now) { return kept }
        let (url, request) = (url, try assertion(now))
        let response = try await calls.send(.reading) { () throws(DNSProviderError) in
            HTTPClientRequest(
                "POST", url, headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: Array(request.utf8))
        } fault: {
            Self.fault($0)
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)),
            (1...8192).contains(answer.accessToken.utf8.count),
            answer.accessToken.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .temporary("Google's answer holds no token") }
        let seconds = min(max(answer.expiresIn ?? 0, 0), Self.lifetimeSeconds) - Self.marginSeconds
        calls.session.keep(.init(text: answer.accessToken, goodUntilUnixSeconds: now + seconds))
        return answer.accessToken
    }

    private func assertion(_ now: Int64) throws(DNSProviderError) -> String {
        do throws(CryptoError) {
            let token = try JWTSigner(account.key).sign(Self.claims(account, now: now))
            let grant = HTTPURL.escaped("urn:ietf:params:oauth:grant-type:jwt-bearer")
            return "grant_type=\(grant)&assertion=\(token)"
        } catch { throw .credentialsRefused("The key of the service account cannot sign.") }
    }

    private static func fault(_ response: HTTPClientResponse) -> DNSProviderError? {
        switch response.status {
        case 400, 401, 403:
            .credentialsRefused("Google does not take the key of this service account.")
        default: response.commonFault
        }
    }
}
