import DNSProviders
import FoundationEssentials
import HTTP
import Postgres

/// One record set before and after a change, as people read it.
struct DNSRecordChangeView: Encodable, Sendable {
    let recordType: String
    let host: String
    let before: [String]
    let after: [String]

    init(_ change: RecordSetChange) {
        recordType = change.key.type
        host = change.key.name
        before = (change.before?.contents ?? []).map(\.printed)
        after = (change.after?.contents ?? []).map(\.printed)
    }

    static let schema = Schema.record([
        "record_type": .choice("TXT", "MX", "CNAME"), "host": .string.example("yourdomain.com"),
        "before": Schema.array(.string.example("v=spf1 mx -all")),
        "after": Schema.array(.string.example("v=spf1 mx include:dispatch.example.com -all")),
    ]).named("DNSRecordChange")
}

/// A set-up that was made, as lists show it: whoever lost the answer finds the undo id here.
struct DNSChangeView: Encodable, Sendable {
    private static let maxShown = 50

    let undoID: String
    let state: String
    let zoneID: String
    let zoneName: String
    let createdAt: Date
    let records: [DNSRecordChangeView]

    enum CodingKeys: String, CodingKey {
        case state, zoneName, createdAt, records
        case undoID = "undoId"
        case zoneID = "zoneId"
    }

    static let schema = Schema.record([
        "undo_id": .uuid,
        "state": .choice("applying", "applied", "failed", "unknown", "undoing", "undone").example("applied"),
        "zone_id": .string.example("abc123"), "zone_name": .string.example("yourdomain.com"),
        "created_at": .dateTime,
        "records": .array(DNSRecordChangeView.schema),
    ]).named("DNSChange")

    static func list(_ domain: SendingDomain, _ pool: PostgresPool) async throws -> [DNSChangeView] {
        let tenant = domain.tenant.uuid
        let rows = try await pool.query(
            """
            SELECT id, state, zone_id, zone_name, created_at, changes FROM dns_changes
            WHERE tenant_id = \(tenant) AND domain_id = \(domain.id) AND domain = \(domain.name)
            ORDER BY created_at DESC, id LIMIT \(maxShown)
            """, as: .tenant(tenant))
        return try rows.map { row in
            DNSChangeView(
                undoID: try row["id", as: UUID.self].text, state: try row["state"],
                zoneID: try row["zone_id"], zoneName: try row["zone_name"],
                createdAt: try row["created_at"],
                records: try row.decode("changes", as: [RecordSetChange].self).map { .init($0) })
        }
    }
}
