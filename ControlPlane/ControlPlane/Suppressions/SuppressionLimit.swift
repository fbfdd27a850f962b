import HTTP
import NodeProtocol
import Postgres

/// How long the list of a tenant may be: it travels to every node as a whole, in a chunk that nodes take up
/// to a size, together with the lists of other tenants.
enum SuppressionLimit {
    static let maxEntries = 1_000_000
    /// Of the addresses in UTF-8.
    static let maxBytes = 32 * 1024 * 1024

    /// Called in the transaction that added to the list, behind the insertion.
    ///
    /// - Throws: 400 `limit_reached`, which undoes it.
    static func check(_ tenant: TenantID, _ connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            "SELECT suppressions_within(\(tenant.uuid), \(maxEntries), \(maxBytes)) AS is_within")
        guard try rows.first?["is_within", as: Bool.self] == true else {
            throw APIError(
                400, "limit_reached",
                "A tenant may suppress \(maxEntries) addresses of \(maxBytes) bytes together.")
        }
    }
}
