/// A zone that a test wants a service to have, with the records that are in it already.
package struct ZoneOrder: Codable, Sendable {
    /// Values of one name and type, written as the service writes them; an MX value is `10 mx.example.com.`.
    package struct Records: Codable, Sendable {
        package var name: String
        package var type: String
        package var ttl: Int?
        package var values: [String]
        /// Cloudflare alone.
        package var comment: String?
        package var proxied: Bool?
        /// Cloudflare alone: the service's own.
        package var readOnly: Bool?
        /// Route 53 alone: a multivalue set, or with `weight` a weighted one.
        package var setIdentifier: String?
        /// At Cloud DNS a set with a routing policy in place of data.
        package var weight: Int?
        /// Route 53 alone: under a protection, so that no change may touch it.
        package var isProtected: Bool?
        /// Route 53 alone: an alias to this name in place of values.
        package var alias: String?

        enum CodingKeys: String, CodingKey {
            case name, type, ttl, values, comment, proxied, weight, alias
            case readOnly = "read_only"
            case isProtected = "protected"
            case setIdentifier = "set_identifier"
        }

        package init(_ name: String, _ type: String, _ values: [String], ttl: Int? = nil) {
            (self.name, self.type, self.values, self.ttl) = (name, type, values, ttl)
        }
    }

    package var service: ServiceKind
    package var name: String
    /// Whether the name servers serve it; false for a second zone of the same name.
    package var delegated: Bool?
    /// Route 53 and Cloud DNS alone.
    package var isPrivate: Bool?
    /// Cloudflare alone: `active` unless given.
    package var status: String?
    package var flattensAllAliases: Bool?
    package var records: [Records]?

    enum CodingKeys: String, CodingKey {
        case service, name, delegated, status, records
        case isPrivate = "private"
        case flattensAllAliases = "flatten_all_cnames"
    }

    package init(_ service: ServiceKind, _ name: String, _ records: [Records] = []) {
        (self.service, self.name, self.records) = (service, name, records)
    }
}

/// What a service made of an order.
package struct ZoneTicket: Codable, Sendable {
    /// What the service's calls name the zone by; a name at Cloud DNS.
    package let id: String
    package let name: String
    package let nameServers: [String]

    enum CodingKeys: String, CodingKey {
        case id, name
        case nameServers = "name_servers"
    }
}

/// A credential that a test wants, and what it may do.
package struct CredentialOrder: Codable, Sendable {
    package var service: ServiceKind
    /// In the service's words (`dns:edit`, `route53:GetChange`, `dns.changes.create`); all when not given.
    package var permissions: [String]?
    /// By what `ZoneTicket.id` says; all when not given.
    package var zones: [String]?
    /// Route 53 alone: temporary, with a session token.
    package var temporary: Bool?
    /// Cloud DNS alone: `fake-project` unless given.
    package var project: String?

    package init(_ service: ServiceKind, permissions: [String]? = nil, zones: [String]? = nil) {
        (self.service, self.permissions, self.zones) = (service, permissions, zones)
    }
}
