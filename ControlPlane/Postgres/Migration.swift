/// One step of the schema: its file's name, which is its order, and its statements.
package struct Migration: Sendable, Equatable {
    /// Such as `0001_roles.sql`.
    package let name: String
    package let sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// Why a database and a program do not fit each other.
package enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text of a migration differs from what was applied under its name.
    case changed(name: String)
    /// The database has migrations that this program does not know: a later version has run here.
    case databaseIsNewer(names: [String])
    /// A migration stands before one that is applied already.
    case outOfOrder(name: String)
    /// The statements of a migration failed; it left nothing behind.
    case failed(name: String, PostgresError)

    package var description: String {
        switch self {
        case .changed(let name): "migration \(name) was changed after it had been applied"
        case .databaseIsNewer(let names):
            "the database is newer than this program; it also has \(names.joined(separator: ", "))"
        case .outOfOrder(let name): "migration \(name) comes before one that is applied already"
        case .failed(let name, let error): "migration \(name) failed and was undone: \(error)"
        }
    }
}
