import EventLoop
import FoundationEssentials
import NodeProtocol
import Postgres

/// An API key as the database has it.
struct KeyRow: Sendable {
    let tenant: TenantID
    let id: UUID
    let scopes: [String]
    let isTest: Bool
    let domain: String?
    let requestsPerMinute: Int
    let networks: [AllowedNetwork]
    let status: TenantRecord.Status

    init(_ row: PostgresRow) throws {
        tenant = TenantID(try row["tenant_id"])
        id = try row["id"]
        scopes = try row["scopes"]
        isTest = try row["mode", as: String.self] == "test"
        domain = try row["domain"]
        requestsPerMinute = try row["rate_per_minute"]
        networks = try row["allowed_cidrs", as: [String].self].compactMap { AllowedNetwork($0) }
        status = try row.tenantStatus()
    }
}

/// A credential as the database has it, its password already compared.
struct CredentialRow: Sendable {
    let tenant: TenantID
    let id: UUID
    let status: TenantRecord.Status

    init(_ row: PostgresRow) throws {
        tenant = TenantID(try row["tenant_id"])
        id = try row["id"]
        status = try row.tenantStatus()
    }
}

/// What the database says of the user of a good token.
struct UserStanding: Sendable {
    var isOperator: Bool
    var email: String?
    var role: MemberRole?
    var tenantStatus: TenantRecord.Status?

    /// Nil when the account is gone or disabled, or the token older than it may be.
    static func read(
        _ user: VerifiedUser, _ tenant: TenantID?, _ connection: PostgresConnection
    ) async throws -> UserStanding? {
        var standing = UserStanding(isOperator: user.isOperator, email: user.email)
        if user.isLocal {
            guard let id = UUID(uuidString: user.subject),
                let row = try await connection.query(
                    """
                    SELECT email, is_operator,
                        disabled_at IS NULL
                            AND extract(epoch FROM tokens_void_before) <= \(user.issuedAt) AS is_good
                    FROM users WHERE id = \(id)
                    """
                ).first, try row["is_good"]
            else { return nil }
            standing.isOperator = try row["is_operator"]
            standing.email = try row["email"]
        }
        guard let tenant else { return standing }
        let rows = try await connection.query(
            """
            SELECT t.status, m.role FROM tenants t
            LEFT JOIN memberships m ON m.tenant_id = t.id AND m.subject = \(user.subject)
            WHERE t.id = \(tenant.uuid)
            """)
        if let row = rows.first {
            standing.tenantStatus = try row.tenantStatus()
            standing.role = try row["role", as: String?.self].flatMap { MemberRole(rawValue: $0) }
        }
        return standing
    }
}

extension PostgresRow {
    /// The column `status` of a tenant; a word that this program does not know counts as blocked.
    func tenantStatus() throws(PostgresError) -> TenantRecord.Status {
        TenantRecord.Status(rawValue: try self["status", as: String.self]) ?? .blocked
    }
}
