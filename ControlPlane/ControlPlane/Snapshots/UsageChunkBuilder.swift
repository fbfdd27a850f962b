import NodeProtocol
import Postgres

/// Builds the chunk of what one bucket of tenants has used, from what `UsageSharing` last noted.
enum UsageChunkBuilder {
    static func build(bucket: String, _ connection: PostgresConnection) async throws -> UsageChunk {
        let rows = try await connection.query(
            """
            SELECT tenant_id, node, month_recipients,
                CASE WHEN day = now()::date THEN day_recipients ELSE 0 END AS day_recipients,
                per_minute, to_char(now(), 'YYYY-MM') AS month, to_char(now(), 'YYYY-MM-DD') AS day
            FROM usage_shares
            WHERE tenant_bucket(tenant_id) = \(bucket) AND month = date_trunc('month', now())::date
            ORDER BY tenant_id, node
            """)
        guard let first = rows.first else { return UsageChunk(month: "", day: "") }
        var chunk = UsageChunk(month: try first["month"], day: try first["day"])
        for row in rows {
            chunk.shares[TenantID(try row["tenant_id"]), default: []].append(
                UsageChunk.Share(
                    node: UInt16(clamping: try row["node", as: Int.self]),
                    month: try row["month_recipients"], day: try row["day_recipients"],
                    perMinute: try row["per_minute"]))
        }
        return chunk
    }
}
