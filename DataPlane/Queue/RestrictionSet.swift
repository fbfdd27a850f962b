import NodeProtocol

/// The restrictions in force, found by what they concern, so that a new lane or tenant looks only at its own
/// and at the patterns.
struct RestrictionSet: Sendable {
    private(set) var byID: [String: Restriction] = [:]
    private var lanes: [LaneKey: Set<String>] = [:]
    private var tenants: [TenantID: Set<String>] = [:]
    /// Those of destinations and of everything.
    private var wide: Set<String> = []
    /// No restriction ends before this.
    private(set) var soonestEnd: Timestamp?

    var isEmpty: Bool { byID.isEmpty }
    var count: Int { byID.count }

    /// Answers the one with the same id that was there.
    mutating func insert(_ restriction: Restriction) -> Restriction? {
        let replaced = remove(restriction.id)
        byID[restriction.id] = restriction
        switch restriction.scope {
        case .lane(let key): lanes[key, default: []].insert(restriction.id)
        case .tenant(let id), .tenantOnDestination(let id, _):
            tenants[id, default: []].insert(restriction.id)
        case .destination, .everything: wide.insert(restriction.id)
        }
        if let until = restriction.until { soonestEnd = min(soonestEnd ?? until, until) }
        return replaced
    }

    mutating func remove(_ id: String) -> Restriction? {
        guard let restriction = byID.removeValue(forKey: id) else { return nil }
        switch restriction.scope {
        case .lane(let key):
            lanes[key]?.remove(id)
            if lanes[key]?.isEmpty == true { lanes[key] = nil }
        case .tenant(let tenant), .tenantOnDestination(let tenant, _):
            tenants[tenant]?.remove(id)
            if tenants[tenant]?.isEmpty == true { tenants[tenant] = nil }
        case .destination, .everything: wide.remove(id)
        }
        if byID.isEmpty { soonestEnd = nil }
        return restriction
    }

    /// The ids of those that have ended. Looks at all, but only when one may have.
    mutating func ended(now: Timestamp) -> [String] {
        guard let soonestEnd, soonestEnd <= now else { return [] }
        var ended: [String] = []
        var next: Timestamp?
        for (id, restriction) in byID {
            guard let until = restriction.until else { continue }
            if until <= now { ended.append(id) } else { next = min(next ?? until, until) }
        }
        self.soonestEnd = next
        return ended.sorted()
    }

    /// Those that concern a lane as a whole.
    func concerning(_ lane: LaneKey) -> [Restriction] {
        guard !byID.isEmpty else { return [] }
        let own = lanes[lane] ?? []
        return (own.sorted() + wide.sorted()).compactMap { byID[$0] }.filter { $0.concerns(lane: lane) }
    }

    func suspends(tenant: TenantID) -> Bool { of(tenant).contains { $0.suspends(tenant: tenant) } }

    func suspends(tenant: TenantID, on lane: LaneKey) -> Bool {
        of(tenant).contains { $0.suspends(tenant: tenant, on: lane) }
    }

    func of(_ tenant: TenantID) -> [Restriction] {
        guard let ids = tenants[tenant] else { return [] }
        return ids.sorted().compactMap { byID[$0] }
    }
}
