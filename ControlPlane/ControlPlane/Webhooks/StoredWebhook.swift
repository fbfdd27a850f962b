import FoundationEssentials
import Postgres

/// An endpoint as the database has it, without its secret.
struct StoredWebhook: Sendable {
    let id: UUID
    let url: String
    /// In the order of `NewWebhook.events`.
    let events: [String]
    let description: String
    let isEnabled: Bool
    let disabledReason: String?
    let createdAt: Date
    let updatedAt: Date

    static let columns: SQL = """
        id, url, events, description, disabled_at, disabled_reason, created_at, updated_at
        """

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row["id"]
        url = try row["url"]
        events = try row["events"]
        description = try row["description"]
        isEnabled = try row["disabled_at", as: Date?.self] == nil
        disabledReason = try row["disabled_reason"]
        createdAt = try row["created_at"]
        updatedAt = try row["updated_at"]
    }
}
