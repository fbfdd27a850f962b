import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// A tenant in the making: its id, its name in URLs, and the key pair to which nodes seal message bodies.
package struct NewTenant: Sendable {
    /// The context in which the private half of the body key is sealed with the master key.
    package static func bodyKeySealContext(_ tenant: TenantID) -> String { "tenant-body-key:\(tenant)" }

    package let id: TenantID
    let name: String
    let slug: String
    /// Whether `slug` was asked for, so that it is refused when taken, in place of being changed.
    let slugIsGiven: Bool
    let plan: String
    private let publicKey: [UInt8]
    private let sealedPrivateKey: [UInt8]

    /// - Throws: 400 for a name or slug that is none.
    package init(name: String, slug: String? = nil, plan: String = "free", masterSeal: SymmetricSeal) throws {
        let name = name.trimmingWhitespace
        guard (1...200).contains(name.count) else {
            throw APIError.invalid("tenant_name", "must have 1 to 200 characters")
        }
        if let slug, !Self.isSlug(slug) {
            throw APIError.invalid("slug", "must have 1 to 63 lower-case letters, digits and hyphens")
        }
        id = TenantID(UUID())
        self.name = name
        self.slug = slug ?? Self.slug(of: name)
        slugIsGiven = slug != nil
        self.plan = plan
        let pair = try X25519PrivateKey.generate()
        publicKey = pair.publicKey.raw
        sealedPrivateKey = try masterSeal.seal(pair.raw, context: Self.bodyKeySealContext(id))
    }

    /// Stores it, with its owner when it has one. Inside a transaction as `.system`.
    ///
    /// - Throws: 400 for a plan that does not exist, 409 for a slug that is taken.
    package func insert(
        _ connection: PostgresConnection, owner: (subject: String, email: String?)?, actor: AuditActor
    ) async throws {
        guard try await !connection.query("SELECT 1 AS one FROM plans WHERE code = \(plan)").isEmpty else {
            throw APIError.invalid("plan", "is no plan")
        }
        try await insertRow(connection)
        if let owner {
            try await connection.query(
                """
                INSERT INTO memberships (tenant_id, subject, role, email, added_by)
                VALUES (\(id.uuid), \(owner.subject), 'owner', \(owner.email), \(actor.id))
                """)
        }
        try await Audit.write(
            connection, actor, tenant: id, "tenant.created", record: ("tenant", id.description),
            detail: ["name": name, "plan": plan])
    }

    private func insertRow(_ connection: PostgresConnection) async throws {
        for attempt in 0..<5 {
            let candidate =
                attempt == 0 ? slug : "\(slug.prefix(50))-\(Hex.encode(SecureRandom.bytes(3)))"
            let inserted = try await connection.execute(
                """
                INSERT INTO tenants (id, name, slug, plan_code, body_public_key, body_private_key_sealed)
                VALUES (\(id.uuid), \(name), \(candidate), \(plan), \(publicKey), \(sealedPrivateKey))
                ON CONFLICT (slug) DO NOTHING
                """)
            if inserted == 1 { return }
            if slugIsGiven { break }
        }
        throw APIError(409, "already_exists", "This slug is taken.", field: "slug")
    }

    private static func isSlug(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...63).contains(bytes.count) && bytes.first != 0x2D
            && bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// The letters and digits of the name with hyphens between them.
    private static func slug(of name: String) -> String {
        let words = name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let joined = words.joined(separator: "-").prefix(50)
        return joined.isEmpty ? "tenant" : String(joined)
    }
}

extension String {
    /// Without white space at both ends.
    var trimmingWhitespace: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
