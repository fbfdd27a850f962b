import FoundationEssentials
import NodeProtocol
import Postgres

/// What tenants are told of besides their mail. Written with the change that it tells of, so that neither is
/// there without the other; a `NoticeSender` brings it to a node.
enum Notices {
    /// Notes an event for the tenant's webhooks; nothing when none of them wants it.
    static func write(
        _ connection: PostgresConnection, _ event: String, of domain: SendingDomain, problems: [String]
    ) async throws {
        let body = TenantNotice.Domain(
            id: domain.id, domain: domain.name, status: domain.status, problems: problems)
        let tenant = domain.tenant.uuid
        try await connection.query(
            """
            INSERT INTO notices (tenant_id, event, body)
            SELECT \(tenant), \(event), \(Postgres.JSON(body))
            WHERE EXISTS (SELECT FROM webhooks WHERE tenant_id = \(tenant) AND disabled_at IS NULL
                AND \(event) = ANY(events))
            """)
    }
}
