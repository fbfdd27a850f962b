import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Who did something and in which request, as the audit log keeps it.
package struct AuditActor: Sendable {
    package enum Kind: String, Sendable {
        case user
        case `operator`
        case apiKey = "api_key"
        case credential, node, system
    }

    package let kind: Kind
    package let id: String
    package var requestID: String?
    package var remoteIP: String?

    package init(kind: Kind, id: String, requestID: String? = nil, remoteIP: String? = nil) {
        self.kind = kind
        self.id = id
        self.requestID = requestID
        self.remoteIP = remoteIP
    }

    package init(_ caller: Caller, _ request: HTTPRequest) {
        self.init(
            kind: Kind(rawValue: caller.kind.rawValue) ?? .user, id: caller.id, requestID: request.requestID,
            remoteIP: request.remoteAddress.ip)
    }

    /// The service itself, or its command line.
    package static let system = AuditActor(kind: .system, id: "dispatch")
}

/// Writes the audit log, in the transaction of what it tells of.
package enum Audit {
    /// - Parameters:
    ///   - tenant: nil for what concerns the service itself; that needs a transaction as `.system`.
    ///   - action: such as `domain.created`.
    ///   - detail: what changed; never a secret.
    package static func write(
        _ connection: PostgresConnection, _ actor: AuditActor, tenant: TenantID?, _ action: String,
        record: (kind: String, id: String), detail: [String: String] = [:]
    ) async throws {
        try await connection.query(
            """
            INSERT INTO audit_log
                (tenant_id, actor_kind, actor, action, record_kind, record_id, detail, request_id, remote_ip)
            VALUES (\(tenant?.uuid ?? AuditEntryView.service), \(actor.kind.rawValue), \(actor.id), \(action),
                \(record.kind), \(record.id), \(Postgres.JSON(detail)), \(actor.requestID), \(actor.remoteIP))
            """)
    }
}
