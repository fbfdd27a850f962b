import FoundationEssentials
import Postgres

/// One page of the messages that a filter finds, newest first.
struct EmailPage: Sendable {
    /// Lists count no further, unless the page itself lies behind it.
    static let maxCounted = 10_000

    let ids: [UUID]
    /// Of all that the filter finds, as far as they were counted.
    let total: Int
    /// Whether counting stopped: there are more than `total`.
    let isMinimum: Bool

    static func find(
        _ filter: EmailFilter, _ page: PageRequest, of tenant: UUID, _ connection: PostgresConnection
    ) async throws -> EmailPage {
        let counted = max(maxCounted, page.offset + page.limit)
        let keys = filter.keys(of: tenant, limit: counted + 1)
        let row = try await connection.query(
            """
            WITH found AS MATERIALIZED (\(keys))
            SELECT (SELECT count(*) FROM found) AS total,
                ARRAY(SELECT id FROM found ORDER BY accepted_at DESC, id DESC
                      LIMIT \(page.limit) OFFSET \(page.offset)) AS ids
            """
        ).first
        guard let row else { return EmailPage(ids: [], total: 0, isMinimum: false) }
        let total: Int = try row["total"]
        return EmailPage(ids: try row["ids"], total: min(total, counted), isMinimum: total > counted)
    }

    /// The messages of the page, newest first.
    ///
    /// - Parameter columns: of `emails`.
    func rows(_ columns: SQL, of tenant: UUID, _ connection: PostgresConnection) async throws -> [PostgresRow]
    {
        try await connection.query(
            """
            SELECT \(columns) FROM unnest(\(ids)) AS u(message)
            JOIN emails ON tenant_id = \(tenant) AND accepted_at = message_accepted_at(u.message)
                AND id = u.message
            ORDER BY accepted_at DESC, id DESC
            """
        ).map { $0 }
    }
}
