import NodeProtocol
import Postgres

/// What of a tenant's domains and mail a caller sees and changes: all, or one domain and those below it, to
/// which its key is bound. The mail is found by its sender, without an index of its own.
struct SenderFence: Sendable {
    /// Lower-case A-labels; nil is no bound.
    let domain: String?

    /// The condition that mail is the caller's.
    ///
    /// - Parameter column: `from_address`, under whatever alias.
    func mail(_ column: SQL = "from_address") -> SQL {
        names("lower(rtrim(split_part(\(column), '@', -1), '> '))")
    }

    /// The condition that a domain is the caller's.
    ///
    /// - Parameter column: an expression with its name.
    func names(_ column: SQL = "domain") -> SQL {
        guard let domain else { return "true" }
        let below = "%." + domain.replacing("_", with: "\\_")
        return "(\(column) = \(domain)::text OR \(column) LIKE \(below)::text)"
    }

    func reaches(_ name: String) -> Bool { SenderDomain.isWithin(domain, name) }
}

extension TenantCall {
    var fence: SenderFence { SenderFence(domain: caller.onlyDomain) }
}
