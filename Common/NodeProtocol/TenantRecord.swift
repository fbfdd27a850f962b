import FoundationEssentials

/// All that a node knows of a tenant.
package struct TenantRecord: Codable, Sendable, Equatable {
    package enum Status: String, Codable, Sendable { case active, suspended, blocked }

    /// What the tenant's plan allows.
    package struct Limits: Codable, Sendable, Equatable {
        /// Recipients a calendar month (UTC); nil is without limit.
        package var monthlyQuota: Int?
        /// Recipients a day (UTC); nil is without limit. No overage lets pass it.
        package var dailyQuota: Int?
        package var overageEnabled: Bool
        /// Messages a minute; nil is without limit.
        package var messagesPerMinute: Int?
        package var maxRecipients: Int
        package var maxMessageBytes: Int
        package var logsBodies: Bool
        package var deadlineHours: Int
        /// The ids of the egress pools for each stream; nil: the pool named `default`, else the node's own
        /// address.
        package var transactionalPool: String?
        package var bulkPool: String?

        package init(
            monthlyQuota: Int? = nil, dailyQuota: Int? = nil, overageEnabled: Bool = false,
            messagesPerMinute: Int? = nil, maxRecipients: Int = 50, maxMessageBytes: Int = 25 * 1024 * 1024,
            logsBodies: Bool = true,
            deadlineHours: Int = 72, transactionalPool: String? = nil, bulkPool: String? = nil
        ) {
            self.monthlyQuota = monthlyQuota
            self.dailyQuota = dailyQuota
            self.overageEnabled = overageEnabled
            self.messagesPerMinute = messagesPerMinute
            self.maxRecipients = maxRecipients
            self.maxMessageBytes = maxMessageBytes
            self.logsBodies = logsBodies
            self.deadlineHours = deadlineHours
            self.transactionalPool = transactionalPool
            self.bulkPool = bulkPool
        }
    }

    /// A domain that the tenant may send from: only verified ones are here.
    package struct Domain: Codable, Sendable, Equatable {
        package var id: UUID
        /// A-labels, lower case.
        package var name: String
        package var selector: String
        /// The RSA-2048 private key (PEM), sealed with the cluster key in the context
        /// `dkim:<tenant>:<domain>`.
        package var sealedKey: Data
        /// Whether the tenant may send from names below it as well; not from below a public suffix.
        package var coversSubdomains: Bool
        /// The host of its tracking links, once its CNAME leads here; nil: the service's own.
        package var trackingHost: String?

        package init(
            id: UUID, name: String, selector: String, sealedKey: Data, coversSubdomains: Bool = true
        ) {
            self.id = id
            self.name = name
            self.selector = selector
            self.sealedKey = sealedKey
            self.coversSubdomains = coversSubdomains
        }

        /// Snapshots from before there was `coversSubdomains` are read as well.
        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decode(UUID.self, forKey: .id)
            name = try container.decode(String.self, forKey: .name)
            selector = try container.decode(String.self, forKey: .selector)
            sealedKey = try container.decode(Data.self, forKey: .sealedKey)
            coversSubdomains = try container.decodeIfPresent(Bool.self, forKey: .coversSubdomains) ?? true
            trackingHost = try container.decodeIfPresent(String.self, forKey: .trackingHost)
        }

        package static func sealContext(tenant: TenantID, domain: String) -> String {
            "dkim:\(tenant):\(domain)"
        }
    }

    /// A bearer key; the key itself is known to the tenant alone.
    package struct APIKey: Codable, Sendable, Equatable {
        package var id: UUID
        /// SHA-256 of the whole key. The keys are random, so a slow hash would add nothing.
        package var hash: SecretHash
        package var scopes: [String]
        /// With a test key nothing leaves.
        package var isTest: Bool
        /// When set, the only domain that this key may send from.
        package var domain: String?
        package var requestsPerMinute: Int
        /// When not empty, the only networks that may use this key.
        package var allowedCIDRs: [String]
        /// Seconds since 1970.
        package var expiresAt: Int64?

        private enum CodingKeys: String, CodingKey {
            case id, scopes, isTest, domain, requestsPerMinute, allowedCIDRs, expiresAt
            case hash = "sha256"
        }

        /// - Parameter sha256: hexadecimal.
        package init(
            id: UUID, sha256: String, scopes: [String], isTest: Bool = false, domain: String? = nil,
            requestsPerMinute: Int = 100, allowedCIDRs: [String] = [], expiresAt: Int64? = nil
        ) {
            self.init(
                id: id, hash: SecretHash(hexadecimal: sha256) ?? .none, scopes: scopes, isTest: isTest,
                domain: domain, requestsPerMinute: requestsPerMinute, allowedCIDRs: allowedCIDRs,
                expiresAt: expiresAt)
        }

        package init(
            id: UUID, hash: SecretHash, scopes: [String], isTest: Bool = false, domain: String? = nil,
            requestsPerMinute: Int = 100, allowedCIDRs: [String] = [], expiresAt: Int64? = nil
        ) {
            self.id = id
            self.hash = hash
            self.scopes = scopes
            self.isTest = isTest
            self.domain = domain
            self.requestsPerMinute = requestsPerMinute
            self.allowedCIDRs = allowedCIDRs
            self.expiresAt = expiresAt
        }
    }

    /// A username and a random password for HTTP Basic and SMTP.
    package struct Credential: Codable, Sendable, Equatable {
        package var id: UUID
        /// With the host: `name@dispatch.example.com`.
        package var username: String
        /// SHA-256 of the password: random like an API key.
        package var passwordHash: SecretHash

        private enum CodingKeys: String, CodingKey {
            case id, username
            case passwordHash = "passwordSHA256"
        }

        /// - Parameter passwordSHA256: hexadecimal.
        package init(id: UUID, username: String, passwordSHA256: String) {
            self.init(
                id: id, username: username,
                passwordHash: SecretHash(hexadecimal: passwordSHA256) ?? .none)
        }

        package init(id: UUID, username: String, passwordHash: SecretHash) {
            self.id = id
            self.username = username
            self.passwordHash = passwordHash
        }
    }

    package struct Webhook: Codable, Sendable, Equatable {
        package var id: UUID
        package var url: String
        /// `sent`, `delivered`, `bounced`, `complained`, …
        package var events: [String]
        /// Sealed with the cluster key in the context `webhook:<tenant>:<id>`.
        package var sealedSecret: Data

        package init(id: UUID, url: String, events: [String], sealedSecret: Data) {
            self.id = id
            self.url = url
            self.events = events
            self.sealedSecret = sealedSecret
        }

        package static func sealContext(tenant: TenantID, webhook: UUID) -> String {
            "webhook:\(tenant):\(webhook.text)"
        }
    }

    /// The newest version of a template of messages.
    package struct Template: Codable, Sendable, Equatable {
        package var id: UUID
        /// Unique in the tenant, and never the form of a UUID.
        package var slug: String
        package var subject: String
        package var html: String?
        package var text: String?

        package init(id: UUID, slug: String, subject: String, html: String?, text: String?) {
            self.id = id
            self.slug = slug
            self.subject = subject
            self.html = html
            self.text = text
        }
    }

    package struct Member: Codable, Sendable, Equatable {
        /// The `sub` of the user's tokens.
        package var subject: String
        package var role: MemberRole
        package init(subject: String, role: MemberRole) {
            self.subject = subject
            self.role = role
        }
    }

    /// All of a record. It lies behind one reference, because a record is handed on several times with each
    /// message and has many parts.
    struct Fields: Codable, Sendable, Equatable {
        var id: TenantID
        var name: String
        var status: Status
        var limits: Limits
        var bodyKey: Data?
        var domains: [Domain] = []
        var apiKeys: [APIKey] = []
        var credentials: [Credential] = []
        var webhooks: [Webhook] = []
        var members: [Member] = []
        var templates: [Template]?
        var masterTemplate: String?
    }

    private final class Box: Sendable {
        let fields: Fields
        init(_ fields: Fields) { self.fields = fields }
    }

    private var box: Box

    package init(
        id: TenantID, name: String, status: Status = .active, limits: Limits = Limits(), bodyKey: Data? = nil,
        domains: [Domain] = [], apiKeys: [APIKey] = [], credentials: [Credential] = [],
        webhooks: [Webhook] = [], members: [Member] = [], templates: [Template]? = nil,
        masterTemplate: String? = nil
    ) {
        box = Box(
            Fields(
                id: id, name: name, status: status, limits: limits, bodyKey: bodyKey, domains: domains,
                apiKeys: apiKeys, credentials: credentials, webhooks: webhooks, members: members,
                templates: templates, masterTemplate: masterTemplate))
    }

    init(_ fields: Fields) { box = Box(fields) }

    package init(from decoder: any Decoder) throws { box = Box(try Fields(from: decoder)) }

    package func encode(to encoder: any Encoder) throws { try box.fields.encode(to: encoder) }

    package static func == (left: TenantRecord, right: TenantRecord) -> Bool {
        left.box === right.box || left.box.fields == right.box.fields
    }

    private mutating func change(_ body: (inout Fields) -> Void) {
        var fields = box.fields
        body(&fields)
        box = Box(fields)
    }

    package var id: TenantID {
        get { box.fields.id }
        set { change { $0.id = newValue } }
    }
    package var name: String {
        get { box.fields.name }
        set { change { $0.name = newValue } }
    }
    package var status: Status {
        get { box.fields.status }
        set { change { $0.status = newValue } }
    }
    package var limits: Limits {
        get { box.fields.limits }
        set { change { $0.limits = newValue } }
    }
    /// X25519, raw 32 bytes: bodies for the log are sealed to it.
    package var bodyKey: Data? {
        get { box.fields.bodyKey }
        set { change { $0.bodyKey = newValue } }
    }
    package var domains: [Domain] {
        get { box.fields.domains }
        set { change { $0.domains = newValue } }
    }
    package var apiKeys: [APIKey] {
        get { box.fields.apiKeys }
        set { change { $0.apiKeys = newValue } }
    }
    package var credentials: [Credential] {
        get { box.fields.credentials }
        set { change { $0.credentials = newValue } }
    }
    package var webhooks: [Webhook] {
        get { box.fields.webhooks }
        set { change { $0.webhooks = newValue } }
    }
    package var members: [Member] {
        get { box.fields.members }
        set { change { $0.members = newValue } }
    }
    /// Nil in a snapshot of a control plane that knows none.
    package var templates: [Template]? {
        get { box.fields.templates }
        set { change { $0.templates = newValue } }
    }
    /// The tenant's own frame around HTML; nil: the service's.
    package var masterTemplate: String? {
        get { box.fields.masterTemplate }
        set { change { $0.masterTemplate = newValue } }
    }

    /// Finds a template by its UUID or its slug.
    package func template(_ name: String) -> Template? {
        if let id = UUID(uuidString: name) { return templates?.first { $0.id == id } }
        return templates?.first { $0.slug == name }
    }
}

/// What a user may do in a tenant, from least to most.
package enum MemberRole: String, Codable, Sendable, CaseIterable, Comparable {
    case viewer, member, admin, owner

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .member: 1
        case .admin: 2
        case .owner: 3
        }
    }
}
