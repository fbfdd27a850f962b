import Crypto
import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import Postgres

/// A domain in the making, with its keys.
struct NewDomain: Sendable {
    static let maxDomains = 1000

    let tenant: TenantID
    let name: String
    private let ownershipToken: String
    private let key: NewKey
    private let coversSubdomains: Bool

    /// Makes the keys; takes a fraction of a second.
    init(_ name: String, tenant: TenantID, _ context: ControlContext) async throws {
        self.tenant = tenant
        self.name = name
        coversSubdomains = context.publicSuffixes.section(of: name) == nil
        ownershipToken = "cyb-verify-\(Hex.encode(SecureRandom.bytes(16)))"
        key = try await NewKey(name, tenant: tenant, context)
    }

    /// - Throws: 400 unless `text` is a domain that somebody can own, in A-labels or U-labels.
    static func checked(
        _ text: String, serviceHost: String, _ suffixes: PublicSuffixes
    ) throws(APIError) -> String {
        let name: String
        let trimmed = text.trimmingWhitespace
        do {
            name = try DomainName.ascii(trimmed.hasSuffix(".") ? String(trimmed.dropLast()) : trimmed)
        } catch { throw .invalid("domain", "is no domain name: \(error)") }
        guard name.contains("."), name.utf8.count <= 220 else {
            throw .invalid("domain", "must be a whole domain such as example.com, of at most 220 characters")
        }
        let host = serviceHost.lowercased()
        guard name != host, !name.hasSuffix(".\(host)") else {
            throw .invalid("domain", "belongs to this service")
        }
        guard suffixes.section(of: name) != .registry else {
            throw .invalid("domain", "is a public suffix, under which anybody may register")
        }
        return name
    }

    /// How many tenants claim the name, read as `.system`: claims of others cannot be seen as the tenant.
    ///
    /// - Throws: 409 when the tenant has it already, 400 beyond `maxDomains`.
    static func claims(
        on name: String, by tenant: TenantID, _ connection: PostgresConnection
    ) async throws -> Int {
        let rows = try await connection.query(
            """
            SELECT count(*) FILTER (WHERE domain = \(name)) AS claims,
                count(*) FILTER (WHERE domain = \(name) AND tenant_id = \(tenant.uuid)) AS own_claims,
                count(*) FILTER (WHERE tenant_id = \(tenant.uuid)) AS held
            FROM domains WHERE domain = \(name) OR tenant_id = \(tenant.uuid)
            """)
        guard let row = rows.first else { throw APIError.internalError }
        guard try row["own_claims", as: Int.self] == 0 else {
            throw APIError(409, "already_exists", "The tenant has this domain already.", field: "domain")
        }
        guard try row["held", as: Int.self] < maxDomains else {
            throw APIError(400, "limit_reached", "A tenant may have \(maxDomains) domains.")
        }
        return try row["claims"]
    }

    /// Stores it, inside a transaction as `.system`.
    ///
    /// - Throws: as `claims(on:by:_:)`.
    func insert(_ connection: PostgresConnection) async throws -> SendingDomain {
        try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended(\(name)::text, 7))")
        // Two tenants that claim one domain must not ask its owner for two keys at one name.
        let isFree = try await Self.claims(on: name, by: tenant, connection) == 0
        let selector = try await NewKey.selector(for: name, isFirst: isFree, connection)
        let inserted = try await connection.query(
            """
            INSERT INTO domains
                (tenant_id, domain, ownership_token, selector, dkim_private_sealed, dkim_public,
                 covers_subdomains)
            VALUES (\(tenant.uuid), \(name), \(ownershipToken), \(selector), \(key.sealed), \(key.public),
                \(coversSubdomains))
            RETURNING \(SendingDomain.columns)
            """)
        guard let row = inserted.first else { throw APIError.internalError }
        return try SendingDomain(row)
    }
}
