import NodeProtocol

/// Something that an operator or an automation rule has put on lanes or tenants. Each has an id by which it
/// is lifted, says which rule, why, since and until when, and is named by `explain`.
package struct Restriction: Hashable, Sendable {
    package enum Scope: Hashable, Sendable {
        case lane(LaneKey)
        case destination(DestinationPattern)
        case tenant(TenantID)
        case tenantOnDestination(TenantID, DestinationPattern)
        case everything
    }

    package enum Effect: Hashable, Sendable {
        /// Nothing starts.
        case suspend
        /// Narrows the limits of the lanes; on a tenant it has no effect.
        case slow(LimitCap)
    }

    package let id: String
    package let scope: Scope
    package let effect: Effect
    package let rule: String?
    package let reason: String
    /// The reply that brought it about.
    package let evidence: String?
    package let since: Timestamp
    /// Nil: until it is lifted.
    package let until: Timestamp?

    package init(
        id: String, scope: Scope, effect: Effect, rule: String? = nil, reason: String,
        evidence: String? = nil, since: Timestamp, until: Timestamp? = nil
    ) {
        self.id = id
        self.scope = scope
        self.effect = effect
        self.rule = rule
        self.reason = reason
        self.evidence = evidence
        self.since = since
        self.until = until
    }

    func concerns(lane: LaneKey) -> Bool {
        switch scope {
        case .lane(let key): key == lane
        case .destination(let pattern): lane.transport != .lookup && pattern.matches(lane.destination)
        case .everything: lane.transport != .lookup
        case .tenant, .tenantOnDestination: false
        }
    }

    func suspends(tenant: TenantID) -> Bool {
        if case .tenant(let one) = scope, effect == .suspend { return one == tenant }
        return false
    }

    func suspends(tenant: TenantID, on lane: LaneKey) -> Bool {
        guard case .tenantOnDestination(let one, let pattern) = scope, effect == .suspend else {
            return false
        }
        return one == tenant && pattern.matches(lane.destination)
    }
}
