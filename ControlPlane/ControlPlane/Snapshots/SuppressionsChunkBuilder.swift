import FoundationEssentials
import NodeProtocol
import Postgres

/// Builds the chunk of the suppressed addresses of one bucket of tenants. The database makes the hashes, as
/// `SuppressionHashes.hash` does: millions of addresses need not travel here for it.
enum SuppressionsChunkBuilder {
    static func build(bucket: String, _ connection: PostgresConnection) async throws -> SuppressionHashes {
        var lists = SuppressionHashes()
        let rows = try await connection.query(
            """
            SELECT s.tenant_id, string_agg(substring(
                    sha256(uuid_send(s.tenant_id) || convert_to(s.address, 'UTF8')) FOR 8), '') AS hashes
            FROM suppressions s JOIN tenants t ON t.id = s.tenant_id
            WHERE tenant_bucket(t.id) = \(bucket) GROUP BY s.tenant_id
            """)
        for row in rows {
            let bytes: [UInt8] = try row["hashes"]
            let hashes = stride(from: 0, to: bytes.count - 7, by: 8).map { start in
                bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
            }
            lists.set(hashes, of: TenantID(try row["tenant_id"]))
        }
        return lists
    }
}
