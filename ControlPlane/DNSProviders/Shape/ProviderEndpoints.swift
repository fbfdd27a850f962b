/// Where the providers are. Only the operator's settings change them, never anything in a credential.
package struct ProviderEndpoints: Sendable {
    package static let cloudflareURL = "https://api.cloudflare.com/client/v4"
    package static let route53URL = "https://route53.amazonaws.com"
    package static let googleURL = "https://dns.googleapis.com"
    package static let googleTokenURL = "https://oauth2.googleapis.com/token"

    /// Without a final `/`, as all of them.
    package let cloudflare: String
    package let route53: String
    package let google: String
    package let googleToken: String

    package init(
        cloudflare: String = cloudflareURL, route53: String = route53URL, google: String = googleURL,
        googleToken: String = googleTokenURL
    ) {
        self.cloudflare = Self.trimmed(cloudflare)
        self.route53 = Self.trimmed(route53)
        self.google = Self.trimmed(google)
        self.googleToken = Self.trimmed(googleToken)
    }

    private static func trimmed(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}

extension ProviderCredential {
    /// The account that the credential opens.
    package func provider(_ endpoints: ProviderEndpoints, _ calls: ProviderCalls) -> any DNSProvider {
        switch self {
        case .cloudflare(let token): CloudflareClient(base: endpoints.cloudflare, token: token, calls: calls)
        case .route53(let accessKey, let secretKey, let region):
            Route53Client(
                partition: AWSPartition(region: region, base: endpoints.route53),
                key: SigV4.Key(id: accessKey, secret: secretKey), calls: calls)
        case .gcp(let account):
            CloudDNSClient(
                base: endpoints.google,
                tokens: GoogleTokens(account: account, url: endpoints.googleToken, calls: calls), calls: calls
            )
        }
    }
}
