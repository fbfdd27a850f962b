import FoundationEssentials
import NodeProtocol
import Postgres

/// Builds the chunk of the suppressed addresses of one bucket of tenants.
enum SuppressionsChunkBuilder {
    static func build(bucket: String, _ connection: PostgresConnection) async throws -> SuppressionsChunk {
        var addresses: [String: [String]] = [:]
        let rows = try await connection.query(
            """
            SELECT s.tenant_id, array_agg(s.address ORDER BY s.address) AS addresses
            FROM suppressions s JOIN tenants t ON t.id = s.tenant_id
            WHERE tenant_bucket(t.id) = \(bucket) GROUP BY s.tenant_id
            """)
        for row in rows { addresses[TenantID(try row["tenant_id"]).description] = try row["addresses"] }
        return SuppressionsChunk(addresses: addresses)
    }
}
