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
    let coversSubdomains: Bool
    /// Takes over when it is seen in DNS.
    let nextKey: Key?
    /// Signs no more; its record is still needed until then.
    let oldKey: Key?
    let oldKeyUntil: Date?
    /// Of its tracking links, if they shall have one of their own.
    let trackingHost: String?
    /// Whether that was seen to lead here: then links name it.
    let isTrackingLive: Bool

    /// A DKIM key by its name in DNS.
    struct Key: Sendable {
        let selector: String
        /// SubjectPublicKeyInfo.
        let publicKey: [UInt8]

        init?(_ selector: String?, _ publicKey: [UInt8]?) {
            guard let selector, let publicKey else { return nil }
            self.selector = selector
            self.publicKey = publicKey
        }
    }

    static let columns: SQL = """
        id, tenant_id, domain, status, ownership_token, selector, dkim_public, verified_at, override_reason,
        checks, checked_at, created_at, covers_subdomains, next_selector, next_public, old_selector,
        old_public, old_until, tracking_host, tracking_live
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
        coversSubdomains = try row["covers_subdomains"]
        nextKey = Key(try row["next_selector"], try row["next_public"])
        oldKey = Key(try row["old_selector"], try row["old_public"])
        oldKeyUntil = try row["old_until"]
        trackingHost = try row["tracking_host"]
        isTrackingLive = try row["tracking_live"]
    }

    /// Whether the tenant may send from it; records that went missing lately do not stop it at once.
    var isVerified: Bool { status == "verified" || status == "at_risk" }

    /// What its owner is asked to publish.
    func records(_ context: ControlContext) throws(CryptoError) -> [DNSRecord] {
        try DNSRecord.expected(
            of: self, serviceHost: context.serviceHost, trackingTarget: context.trackingTarget)
    }

    /// As the API shows it.
    struct View: Encodable, Sendable {
        let id: String
        let domain: String
        let verified: Bool
        let status: String
        let coversSubdomains: Bool
        let selector: String
        @OrNull var nextSelector: String?
        @OrNull var oldSelector: String?
        @OrNull var trackingHost: String?
        let trackingLive: Bool
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
            id: id.text, domain: name, verified: isVerified, status: status,
            coversSubdomains: coversSubdomains, selector: selector, nextSelector: nextKey?.selector,
            oldSelector: oldKey?.selector, trackingHost: trackingHost, trackingLive: isTrackingLive,
            verifiedAt: verifiedAt, overrideReason: overrideReason,
            checkedAt: checkedAt, checks: checks,
            createdAt: createdAt)
    }

    static let schema = Schema.record([
        "id": .uuid, "domain": .string.example("yourdomain.com"), "verified": .boolean,
        "status": .choice("pending", "verified", "at_risk", "lost"), "covers_subdomains": .boolean,
        "selector": .string.example("dispatch"), "next_selector": .string.nullable,
        "old_selector": .string.nullable,
        "tracking_host": .string.nullable.example("track.yourdomain.com"),
        "tracking_live": .boolean.described("Whether links name that host: its record was seen."),
        "verified_at": .dateTime.nullable, "override_reason": .string.nullable,
        "checked_at": .dateTime.nullable, "checks": .array(RecordCheck.schema), "created_at": .dateTime,
    ]).named("Domain")
    static let listed = schema.with(["dns_records": .array(DNSRecord.schema)]).named("ListedDomain")
}
