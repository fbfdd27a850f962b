import NodeProtocol

/// Suspensions and slow-downs. Those of a destination or of everything look at every lane, those of a tenant
/// at the tenant's flows: they are acts of operators and rules, not of messages.
extension MessageQueue {
    /// Restrictions in force at most; one more is refused.
    package static let maxRestrictions = 10_000

    /// Those in force, by id.
    package var restrictions: [Restriction] { restrictionSet.byID.values.sorted { $0.id < $1.id } }

    package func restriction(_ id: String) -> Restriction? { restrictionSet.byID[id] }

    /// Puts a restriction in force, in place of the one with the same id. False when there are too many, or
    /// its end has passed.
    @discardableResult
    package mutating func impose(_ restriction: Restriction, now: Timestamp) -> Bool {
        let now = tick(now)
        if let until = restriction.until, until <= now { return false }
        guard restrictionSet.count < Self.maxRestrictions || restrictionSet.byID[restriction.id] != nil else {
            return false
        }
        let replaced = restrictionSet.insert(restriction)
        if let replaced { apply(replaced.scope, now: now) }
        apply(restriction.scope, now: now)
        return true
    }

    /// Lifts a restriction. False when there is none of that id.
    @discardableResult
    package mutating func lift(_ id: String, now: Timestamp) -> Bool {
        let now = tick(now)
        guard let lifted = restrictionSet.remove(id) else { return false }
        apply(lifted.scope, now: now)
        return true
    }

    /// Nothing of these tenants starts until a later call leaves them out. There may be any number of them.
    package mutating func setInactive(_ inactive: Set<TenantID>, now: Timestamp) {
        let now = tick(now)
        let changed = inactive.symmetricDifference(inactiveTenants)
        inactiveTenants = inactive
        for id in changed.sorted(by: { $0.description < $1.description }) {
            if let tenant = tenantsByID[id] { refresh(tenant: tenant, now: now) }
        }
    }

    /// Uses another table of limits from now on. A lane that is there keeps what it holds and has learnt; one
    /// whose row says the same as before is not touched.
    package mutating func setPolicies(_ table: LanePolicyTable, now: Timestamp) {
        let now = tick(now)
        guard table != policies else { return }
        let before = policies
        policies = table
        for lane in lanesByKey.values.sorted() {
            let old = before[lanes[lane].policy]
            lanes[lane].policy = table.index(for: lanes[lane].key)
            guard table[lanes[lane].policy] != old else { continue }
            applyRestrictions(toLane: lane)
            unoffer(lane)
            offer(lane, now: now)
        }
    }

    /// Ends a lane's pause after failures, so that it is tried at once.
    @discardableResult
    package mutating func endPause(_ key: LaneKey, now: Timestamp) -> Bool {
        let now = tick(now)
        guard let lane = lanesByKey[key], let until = lanes[lane].pausedUntil, until > now else {
            return false
        }
        lanes[lane].pausedUntil = nil
        offer(lane, now: now)
        return true
    }

    mutating func endRestrictions(now: Timestamp) {
        for id in restrictionSet.ended(now: now) { lift(id, now: now) }
    }

    /// A lane's limits and whether it is suspended, from its policy and what is in force.
    mutating func applyRestrictions(toLane lane: UInt32) {
        var limits = policies[lanes[lane].policy].limits
        var isSuspended = false
        for restriction in restrictionSet.concerning(lanes[lane].key) {
            switch restriction.effect {
            case .suspend: isSuspended = true
            case .slow(let cap): limits = limits.narrowed(by: cap)
            }
        }
        lanes[lane].limits = limits
        lanes[lane].isSuspended = isSuspended
    }

    /// Brings what lies in the scope up to date with what is in force.
    private mutating func apply(_ scope: Restriction.Scope, now: Timestamp) {
        switch scope {
        case .lane(let key):
            if let lane = lanesByKey[key] { refresh(lane, now: now) }
        case .destination(let pattern):
            for lane in lanesByKey.values.sorted() where pattern.matches(lanes[lane].key.destination) {
                refresh(lane, now: now)
            }
        case .everything: for lane in lanesByKey.values.sorted() { refresh(lane, now: now) }
        case .tenant(let id), .tenantOnDestination(let id, _):
            if let tenant = tenantsByID[id] { refresh(tenant: tenant, now: now) }
        }
    }

    private mutating func refresh(_ lane: UInt32, now: Timestamp) {
        applyRestrictions(toLane: lane)
        unoffer(lane)
        offer(lane, now: now)
    }

    private mutating func refresh(tenant: UInt32, now: Timestamp) {
        let id = tenants[tenant].id
        tenants[tenant].isSuspended = inactiveTenants.contains(id) || restrictionSet.suspends(tenant: id)
        var flow = tenants[tenant].firstFlow
        while flow != noRow {
            let lane = flows[flow].lane
            flows[flow].isSuspended = restrictionSet.suspends(tenant: id, on: lanes[lane].key)
            if tenants[tenant].isSuspended || flows[flow].isSuspended {
                leaveRing(flow)
            } else {
                enterRing(flow)
                offer(lane, now: now)
            }
            flow = flows[flow].tenantNext
        }
    }
}
