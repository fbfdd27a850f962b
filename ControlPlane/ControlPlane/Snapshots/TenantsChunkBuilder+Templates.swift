import FoundationEssentials
import NodeProtocol
import Postgres

extension TenantsChunkBuilder {
    func templates(
        _ bucket: String, _ connection: PostgresConnection
    ) async throws -> [TenantID: [TenantRecord.Template]] {
        let rows = try await connection.query(
            """
            SELECT m.tenant_id, m.id, m.slug, m.subject, m.html_body, m.text_body
            FROM templates m JOIN tenants t ON t.id = m.tenant_id
            WHERE tenant_bucket(t.id) = \(bucket) ORDER BY m.id
            """)
        return try grouped(rows) { row, _ in
            TenantRecord.Template(
                id: try row["id"], slug: try row["slug"], subject: try row["subject"],
                html: try row["html_body"], text: try row["text_body"])
        }
    }

    /// One for each tenant that has its own.
    func masterTemplates(
        _ bucket: String, _ connection: PostgresConnection
    ) async throws -> [TenantID: [String]] {
        let rows = try await connection.query(
            """
            SELECT m.tenant_id, m.html_body FROM master_templates m JOIN tenants t ON t.id = m.tenant_id
            WHERE tenant_bucket(t.id) = \(bucket)
            """)
        return try grouped(rows) { row, _ in try row["html_body", as: String.self] }
    }
}
