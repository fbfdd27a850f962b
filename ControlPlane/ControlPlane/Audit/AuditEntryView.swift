import FoundationEssentials
import HTTP
import Postgres

/// An entry of the audit log as it is shown.
struct AuditEntryView: Encodable, Sendable {
    let id: Int64
    let at: Date
    /// Nil for what concerns the service itself.
    @OrNull var tenantId: String?
    let actorKind: String
    let actor: String
    let action: String
    let recordKind: String
    let recordId: String
    let detail: [String: String]
    @OrNull var requestId: String?
    @OrNull var remoteIp: String?

    static let columns: SQL = """
        id, at, tenant_id, actor_kind, actor, action, record_kind, record_id, detail, request_id,
        host(remote_ip) AS remote_ip
        """
    static let schema = Schema.record([
        "id": .integer.example(812), "at": .dateTime, "tenant_id": Schema.uuid.nullable.usuallyThere,
        "actor_kind": .choice("user", "operator", "api_key", "credential", "node", "system"),
        "actor": .string.example("0f8fad5b-d9cb-469f-a165-70867728950e").described(
            "Whose id it is `actor_kind` says."),
        "action": .string.example("domain.created"), "record_kind": .string.example("domain"),
        "record_id": .string.example("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        "detail": Schema.map(of: .string).example(["domain": "yourdomain.com"]),
        "request_id": .string.nullable, "remote_ip": .string.nullable,
    ]).named("AuditEntry")

    /// The tenant of entries that concern the service itself.
    static let service = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row["id"]
        at = try row["at"]
        let tenant: UUID = try row["tenant_id"]
        _tenantId = OrNull(wrappedValue: tenant == Self.service ? nil : tenant.text)
        actorKind = try row["actor_kind"]
        actor = try row["actor"]
        action = try row["action"]
        recordKind = try row["record_kind"]
        recordId = try row["record_id"]
        detail = try row.decode("detail")
        let (request, address): (String?, String?) = (try row["request_id"], try row["remote_ip"])
        _requestId = OrNull(wrappedValue: request)
        _remoteIp = OrNull(wrappedValue: address)
    }
}
