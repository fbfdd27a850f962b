import Crypto
import FoundationEssentials
import HTTP
import MailAuth
import NodeProtocol
import Postgres

/// A domain that a tenant claims to send from, as the database has it.
struct SendingDomain: Sendable {
    let id: UUID
    let tenant: TenantID
    /// Lower-case A-labels.
    let name: String
    let status: String
    let ownershipToken: String
    let selector: String
    /// SubjectPublicKeyInfo.
    let publicKey: [UInt8]
    let verifiedAt: Date?
    let overrideReason: String?
    let checks: [RecordCheck]
    let checkedAt: Date?
    let createdAt: Date

    static let columns: SQL = """
        id, tenant_id, domain, status, ownership_token, selector, dkim_public, verified_at, override_reason,
        checks, checked_at, created_at
        """

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row["id"]
        tenant = TenantID(try row["tenant_id"])
        name = try row["domain"]
        status = try row["status"]
        ownershipToken = try row["ownership_token"]
        selector = try row["selector"]
        publicKey = try row["dkim_public"]
        verifiedAt = try row["verified_at"]
        overrideReason = try row["override_reason"]
        checks = try row.decode("checks")
        checkedAt = try row["checked_at"]
        createdAt = try row["created_at"]
    }

    /// Whether the tenant may send from it; records that went missing lately do not stop it at once.
    var isVerified: Bool { status == "verified" || status == "at_risk" }

    /// As the API shows it.
    struct View: Encodable, Sendable {
        let id: String
        let domain: String
        let verified: Bool
        let status: String
        let selector: String
        @OrNull var verifiedAt: Date?
        @OrNull var overrideReason: String?
        @OrNull var checkedAt: Date?
        let checks: [RecordCheck]
        let createdAt: Date
        /// In lists, where nothing stands beside the domain.
        var dnsRecords: [DNSRecord]?
    }

    var view: View {
        View(
            id: id.text, domain: name, verified: isVerified, status: status, selector: selector,
            verifiedAt: verifiedAt, overrideReason: overrideReason, checkedAt: checkedAt, checks: checks,
            createdAt: createdAt)
    }

    static let schema = Schema.object([
        "id": .uuid, "domain": .string, "verified": .boolean,
        "status": .choice("pending", "verified", "at_risk", "lost"), "selector": .string,
        "verified_at": .dateTime.nullable, "override_reason": .string.nullable,
        "checked_at": .dateTime.nullable,
        "checks": .array(RecordCheck.schema), "created_at": .dateTime,
    ]).named("Domain")
}
