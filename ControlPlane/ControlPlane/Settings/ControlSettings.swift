import Crypto
import DNSProviders
import Service

/// Every setting of the control plane, read and checked once at start.
package struct ControlSettings: Sendable {
    package let service: ServiceSettings
    /// Connection string of the running service's login. Holds a password.
    package let databaseURL: Secret
    /// Connection string of the login that owns the schema; migrations run as it.
    package let databaseOwnerURL: Secret
    package let poolConnections: Int
    /// 32 bytes in base64; while it changes more than one, the newest first.
    package let masterKey: Secret
    package let listenAddress: String
    package let metricsAddress: String
    package let loops: Int
    package let maxConnections: Int
    package let trustedProxies: [String]
    package let serviceHost: String
    package let smtpPublicPort: Int
    /// Nil: `https://` and the service host.
    package let trackingURL: String?
    package let tokens: TokenSources
    package let allowsDomainOverride: Bool
    package let nameServers: [String]
    package let authoritativePort: Int
    /// Where the list of public suffixes is.
    package let publicSuffixFile: String
    package let egressAllowedCIDRs: [String]
    package let snapshotLifetime: Duration
    package let usageInterval: Duration
    package let dkimKeyDays: Int
    package let auditDays: Int
    package let dnsProviders: ProviderEndpoints

    /// How tokens of users are made and believed.
    package struct TokenSources: Sendable {
        package let issuer: String
        package let audience: String
        package let lifetime: Duration
        /// A JWKS document with further keys that tokens may be signed with.
        package let jwksFile: String?
        /// A public key (PEM) that tokens may be signed with.
        package let publicKeyFile: String?
        /// An HS256 secret that a portal signs its tokens with.
        package let sharedSecret: Secret?

        init(reading reader: inout SettingsReader) {
            issuer = reader.string(
                "DISPATCH_TOKEN_ISSUER", default: "dispatch", help: "`iss` of tokens, issued and believed.")
            audience = reader.string(
                "DISPATCH_TOKEN_AUDIENCE", default: "dispatch", help: "`aud` of tokens, issued and believed.")
            lifetime = reader.duration(
                "DISPATCH_TOKEN_TTL", default: .seconds(3600), in: .seconds(60) ... .seconds(30 * 86_400),
                help: "How long a token that the control plane issues holds.")
            jwksFile = reader.optionalPath(
                "DISPATCH_TOKEN_JWKS_FILE",
                help: "A JWKS document with the keys of a portal that signs tokens.")
            publicKeyFile = reader.optionalPath(
                "DISPATCH_TOKEN_PUBLIC_KEY_FILE", help: "A public key (PEM) of a portal that signs tokens.")
            sharedSecret = reader.optionalSecret(
                "DISPATCH_TOKEN_HS256_SECRET", help: "The HS256 secret of a portal, 32 bytes or more.")
        }
    }

    package init(reading reader: inout SettingsReader) {
        service = ServiceSettings(reading: &reader)
        databaseURL = reader.secret(
            "DISPATCH_DATABASE_URL",
            help: "PostgreSQL for the running service, such as postgresql://user@host/name.")
        let owner = reader.optionalSecret(
            "DISPATCH_DATABASE_OWNER_URL",
            help: "PostgreSQL as the login that owns the schema, for migrations; by default the same.")
        databaseOwnerURL = owner ?? databaseURL
        poolConnections = reader.int(
            "DISPATCH_DATABASE_CONNECTIONS", default: 20, in: 2...500, help: "Connections to PostgreSQL.")
        masterKey = reader.secret(
            "DISPATCH_MASTER_KEY",
            help:
                "32 random bytes in base64; seals private keys and secrets in the database. "
                + "Keep a copy apart. While it changes: the new one, and the old one behind it."
        )
        listenAddress = reader.socketAddress(
            "DISPATCH_LISTEN", default: "0.0.0.0:8080", help: "Where the API listens.")
        metricsAddress = reader.socketAddress(
            "DISPATCH_METRICS", default: "127.0.0.1:8081", help: "Where /metrics and /health answer.")
        loops = reader.int(
            "DISPATCH_LOOPS", default: 0, in: 0...256, help: "Event loops; 0 is one for each core.")
        maxConnections = reader.int(
            "DISPATCH_HTTP_MAX_CONNECTIONS", default: 10_000, in: 1...200_000,
            help: "HTTP connections at one time.")
        trustedProxies = reader.list(
            "DISPATCH_TRUSTED_PROXIES",
            help: "Networks of proxies before the API; their X-Forwarded-For is believed.")
        serviceHost = reader.string(
            "DISPATCH_SERVICE_HOST", default: "localhost",
            help: "The name that customers know the service by, such as dispatch.example.com.")
        smtpPublicPort = reader.int(
            "DISPATCH_SMTP_PUBLIC_PORT", default: 2525, in: 1...65_535,
            help: "The SMTP port that customers are told.")
        trackingURL = reader.optionalURL(
            "DISPATCH_TRACKING_URL",
            help:
                "Where tracking and unsubscribe links of domains without a host of their own lead: to the "
                + "nodes. By default https:// and the service host.")
        tokens = TokenSources(reading: &reader)
        allowsDomainOverride = reader.bool(
            "DISPATCH_ALLOW_DOMAIN_OVERRIDE", default: false,
            help: "Whether operators may vouch for a domain in place of DNS (development).")
        nameServers = reader.list(
            "DISPATCH_NAME_SERVERS",
            help: "DNS servers, such as 127.0.0.1:53; empty is those of /etc/resolv.conf.")
        authoritativePort = reader.int(
            "DISPATCH_AUTHORITATIVE_PORT", default: 53, in: 1...65_535,
            help: "Port of authoritative DNS servers; another than 53 in tests.")
        publicSuffixFile = reader.string(
            "DISPATCH_PUBLIC_SUFFIX_FILE", default: "/usr/share/publicsuffix/public_suffix_list.dat",
            help: "The list of names under which anybody may register, as publicsuffix.org gives it.")
        egressAllowedCIDRs = reader.list(
            "DISPATCH_EGRESS_ALLOWED",
            help: "Private networks that may be reached all the same (development).")
        snapshotLifetime = reader.duration(
            "DISPATCH_SNAPSHOT_LIFETIME", default: .seconds(7 * 86_400),
            in: .seconds(60) ... .seconds(90 * 86_400),
            help: "How long nodes trust a snapshot without news before they raise an alarm.")
        dkimKeyDays = reader.int(
            "DISPATCH_DKIM_KEY_DAYS", default: 180, in: 0...3650,
            help: "Days after which a domain with a DNS provider gets a new DKIM key by itself; 0 is never.")
        auditDays = reader.int(
            "DISPATCH_AUDIT_DAYS", default: 0, in: 0...36_500,
            help: "Days for which the audit log is kept, 30 or more; 0 is for ever.")
        reader.require(
            auditDays == 0 || auditDays >= 30, "DISPATCH_AUDIT_DAYS",
            "expected 0, or 30 or more: entries of the last 30 days cannot be deleted")
        usageInterval = reader.duration(
            "DISPATCH_USAGE_INTERVAL", default: .seconds(15), in: .seconds(1) ... .seconds(600),
            help: "How often nodes are told what the others took of tenants' quotas and rates.")
        dnsProviders = ProviderEndpoints(reading: &reader)
        reader.require(
            masterKey.isEmpty || Self.keys(masterKey) != nil, "DISPATCH_MASTER_KEY",
            "expected 32 bytes in base64, such as `openssl rand -base64 32` prints")
    }

    /// Settings of the node and the command line, which may stand in the same environment.
    package static let siblings = [
        "DISPATCH_NODE_DIR", "DISPATCH_CONTROL_URL", "DISPATCH_HOST_NAME", "DISPATCH_HTTP", "DISPATCH_HTTPS",
        "DISPATCH_SMTP", "DISPATCH_SMTPS", "DISPATCH_CONTROL", "DISPATCH_ADVERTISED_CONTROL_URL",
        "DISPATCH_ADVERTISED_HTTP_URL", "DISPATCH_TLS_CERTIFICATE", "DISPATCH_TLS_KEY", "DISPATCH_ROUTES",
        "DISPATCH_ROUTE_CONNECTIONS", "DISPATCH_MX_PORT", "DISPATCH_IPV6", "DISPATCH_TRUSTED_NETWORKS",
        "DISPATCH_TRUSTED_TENANT", "DISPATCH_MIN_FREE_PERCENT", "DISPATCH_SPOOL_SEGMENT",
        "DISPATCH_HOLD_DELIVERY", "DISPATCH_WEBHOOK_ROOTS", "DISPATCH_SMTP_MAX_CONNECTIONS",
        "DISPATCH_URL", "DISPATCH_TOKEN",
    ]

    /// The keys of 32 bytes in a secret, the newest first; nil when one is none, or there is none.
    package static func keys(_ secret: Secret) -> [[UInt8]]? {
        var keys: [[UInt8]] = []
        for text in secret.revealed.split(whereSeparator: \.isWhitespace) {
            guard let bytes = Base64.decode(Array(text.utf8)), bytes.count == 32 else { return nil }
            keys.append(bytes)
        }
        return keys.isEmpty ? nil : keys
    }

    /// Seals what lies in the database.
    func masterSeal() throws -> SymmetricSeal {
        guard let keys = Self.keys(masterKey), let newest = keys.first else {
            throw ControlPlaneService.Failure(
                description: "DISPATCH_MASTER_KEY has not 32 bytes in base64")
        }
        return try SymmetricSeal(key: newest, older: Array(keys.dropFirst()))
    }
}
