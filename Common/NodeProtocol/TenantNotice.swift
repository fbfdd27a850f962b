import FoundationEssentials

/// What happened to something of a tenant that is no mail, on its way from the control plane to the tenant's
/// webhooks.
///
/// A node that has it on disk answers for it; the control plane gives it again until one does. So it arrives
/// at least once, and its id tells a second one.
package struct TenantNotice: Codable, Sendable, Equatable {
    /// A sending domain, as it is by then.
    package struct Domain: Codable, Sendable, Equatable {
        package var id: UUID
        package var domain: String
        /// `verified`, `at_risk` or `lost`.
        package var status: String
        /// What the records say that do not stand as they should, such as `DKIM signing: missing`.
        package var problems: [String]

        package init(id: UUID, domain: String, status: String, problems: [String]) {
            self.id = id
            self.domain = domain
            self.status = status
            self.problems = problems
        }
    }

    package var id: UUID
    package var tenant: TenantID
    /// The name that webhooks subscribe to, such as `domain.lost`.
    package var event: String
    /// Milliseconds since 1970.
    package var at: Int64
    package var domain: Domain

    /// A request or an answer carries at most so many.
    package static let maxAtOnce = 100

    package init(id: UUID, tenant: TenantID, event: String, at: Int64, domain: Domain) {
        self.id = id
        self.tenant = tenant
        self.event = event
        self.at = at
        self.domain = domain
    }
}

/// The answer to `[TenantNotice]`: which of them this node has on disk, or has nobody to tell of.
package struct TakenNotices: Codable, Sendable, Equatable {
    package var ids: [UUID]

    package init(ids: [UUID]) { self.ids = ids }
}
