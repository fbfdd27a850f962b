import FoundationEssentials

/// Whose rows a transaction can see.
///
/// The login role of the service owns no table and inherits nothing. Each transaction takes on one of two
/// roles for its length (`SET LOCAL`, so that nothing stays on a pooled connection), and row-level security
/// does the rest.
package enum TenantScope: Sendable, Hashable {
    /// A request of one tenant: role `dispatch_tenant`, which sees the rows of that tenant alone.
    case tenant(UUID)
    /// The service's own work across tenants (publisher, report intake, login): role `dispatch_system`.
    case system
    /// The login role as it is: migrations, locks, listening.
    case login

    /// Opens a transaction with its role and tenant in one round trip. The text holds constants and a UUID
    /// only.
    func opening(_ mode: TransactionMode) -> SQL {
        switch self {
        case .tenant(let id):
            SQL(
                unsafe: "BEGIN\(mode.words); SET LOCAL ROLE dispatch_tenant; "
                    + "SET LOCAL dispatch.tenant_id = '\(id.uuidString.lowercased())'")
        case .system: SQL(unsafe: "BEGIN\(mode.words); SET LOCAL ROLE dispatch_system")
        case .login: SQL(unsafe: "BEGIN\(mode.words)")
        }
    }

    /// Statements are prepared for one role each: a plan made under another's policies would be made anew.
    var planKey: Character {
        switch self {
        case .tenant: "t"
        case .system: "s"
        case .login: "l"
        }
    }
}

/// How strictly a transaction is kept apart from others, and whether it may write.
package struct TransactionMode: Sendable, Hashable {
    fileprivate let words: String

    package static let readCommitted = TransactionMode(words: "")
    package static let readOnly = TransactionMode(words: " READ ONLY")
    package static let repeatableRead = TransactionMode(words: " ISOLATION LEVEL REPEATABLE READ")
    /// One moment of the whole database for several reads: a snapshot's chunks, an export.
    package static let repeatableReadOnly = TransactionMode(
        words: " ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    package static let serializable = TransactionMode(words: " ISOLATION LEVEL SERIALIZABLE")
}
