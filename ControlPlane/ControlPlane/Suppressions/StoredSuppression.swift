import FoundationEssentials
import Postgres

/// An address that a tenant no longer sends to, as the database has it.
struct StoredSuppression: Sendable {
    static let sources = ["manual", "hard_bounce", "complaint", "unsubscribe"]

    let id: UUID
    /// Case-folded.
    let address: String
    let reason: String
    let source: String
    /// The message whose event proves it.
    let message: UUID?
    let createdAt: Date

    static let columns: SQL = "id, address, reason, source, message_id, created_at"

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row["id"]
        address = try row["address"]
        reason = try row["reason"]
        source = try row["source"]
        message = try row["message_id"]
        createdAt = try row["created_at"]
    }
}
