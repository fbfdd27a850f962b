import NodeProtocol

/// Suspensions and slow-downs. These look at every lane, and at the tenant's flows: they are acts of
/// operators and rules, not of messages.
extension MessageQueue {
    /// Restrictions in force at most; one more is refused.
    package static let maxRestrictions = 1_000

    /// Those in force, by id.
    package var restrictions: [Restriction] { restrictionsByID.values.sorted { $0.id < $1.id } }

    /// Puts a restriction in force, in place of the one with the same id. False when there are too many, or
    /// its end has passed.
    @discardableResult
    package mutating func impose(_ restriction: Restriction, now: Timestamp) -> Bool {
        let now = tick(now)
        if let until = restriction.until, until <= now { return false }
        guard restrictionsByID.count < Self.maxRestrictions || restrictionsByID[restriction.id] != nil else {
            return false
        }
        let replaced = restrictionsByID.updateValue(restriction, forKey: restriction.id)
        if let replaced { apply(replaced.scope, now: now) }
        apply(restriction.scope, now: now)
        return true
    }

    /// Lifts a restriction. False when there is none of that id.
    @discardableResult
    package mutating func lift(_ id: String, now: Timestamp) -> Bool {
        let now = tick(now)
        guard let lifted = restrictionsByID.removeValue(forKey: id) else { return false }
        apply(lifted.scope, now: now)
        return true
    }

    /// Uses another table of limits from now on, in the lanes that there are as well.
    package mutating func setPolicies(_ table: LanePolicyTable, now: Timestamp) {
        let now = tick(now)
        policies = table
        for lane in lanesByKey.values.sorted() {
            lanes[lane].policy = table.policy(for: lanes[lane].key)
            applyRestrictions(toLane: lane)
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
        guard !restrictionsByID.isEmpty else { return }
        let ended = restrictionsByID.values.filter { restriction in
            restriction.until.map { $0 <= now } ?? false
        }
        for restriction in ended.sorted(by: { $0.id < $1.id }) { lift(restriction.id, now: now) }
    }

    /// A lane's limits and whether it is suspended, from its policy and what is in force.
    mutating func applyRestrictions(toLane lane: UInt32) {
        var limits = lanes[lane].policy.limits
        var isSuspended = false
        for restriction in restrictionsByID.values where restriction.concerns(lane: lanes[lane].key) {
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
        tenants[tenant].isSuspended = restrictionsByID.values.contains { $0.suspends(tenant: id) }
        var flow = tenants[tenant].firstFlow
        while flow != noRow {
            let lane = flows[flow].lane
            let key = lanes[lane].key
            flows[flow].isSuspended = restrictionsByID.values.contains { $0.suspends(tenant: id, on: key) }
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
