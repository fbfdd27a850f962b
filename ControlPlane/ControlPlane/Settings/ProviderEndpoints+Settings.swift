import DNSProviders
import Service

extension ProviderEndpoints {
    /// Where the DNS providers are: for tests, and for networks that reach them by another name.
    init(reading reader: inout SettingsReader) {
        self.init(
            cloudflare: reader.url(
                "DISPATCH_DNS_CLOUDFLARE_URL", default: Self.cloudflareURL,
                help: "Where Cloudflare's API is; another place in tests."),
            route53: reader.url(
                "DISPATCH_DNS_ROUTE53_URL", default: Self.route53URL,
                help: "Where Route 53 is; another place in tests."),
            google: reader.url(
                "DISPATCH_DNS_GOOGLE_URL", default: Self.googleURL,
                help: "Where Google Cloud DNS is; another place in tests."),
            googleToken: reader.url(
                "DISPATCH_DNS_GOOGLE_TOKEN_URL", default: Self.googleTokenURL,
                help: "Where Google's access tokens come from, whatever a service account says; another "
                    + "place in tests."))
    }
}
