import NodeProtocol

/// Answers "why is this still waiting?" for one item.
package struct Explanation: Sendable {
    /// What keeps the item, or its lane, from starting at this moment.
    package enum Wait: Hashable, Sendable {
        /// An attempt is in flight.
        case sending
        /// Until its scheduled or next time.
        case time(Timestamp)
        case held
        /// Nothing but the turn of others: see `place`.
        case turn
        case restriction(Restriction)
        /// The destination could not be reached: the lane tries again then.
        case paused(until: Timestamp, failures: Int)
        case rate(until: Timestamp, limit: Rate)
        /// The destination asked for less: starts are spaced.
        case spacing(until: Timestamp, milliseconds: Int64)
        case connections(limit: Int)
        /// Its source has used up what it may send to the destination today.
        case parked(until: Timestamp, ParkingReason)
        /// The hosts of its destination are being looked up.
        case lookup
        case inFlight(limit: Int)
    }

    package let id: MessageID
    package let recipients: RecipientIndexes
    package let tenant: TenantID
    package let stream: MessageStream
    package let state: QueueState
    package let wait: Wait
    package let attempts: UInt16
    /// When the next attempt may begin at the earliest, as far as that is known.
    package let nextAttempt: Timestamp?
    package let deadline: Timestamp
    /// 1 for the next of its tenant and stream in this lane; nil when it is not waiting for its turn, or more
    /// than 10,000 are before it.
    package let place: Int?
    /// Tenants that take turns in the lane.
    package let tenantsInLane: Int
    /// What the destination said last to this item.
    package let lastReply: String?
    package let lane: LaneReport
}

/// A lane as it stands: what it may do, why, and what it does.
package struct LaneReport: Sendable {
    package let key: LaneKey
    /// The row of the table of limits that holds.
    package let policyID: String
    /// In force: the policy narrowed by restrictions.
    package let limits: LaneLimits
    /// Connections allowed now: `limits.maxConnections`, or less by what the destination has said.
    package let connectionLimit: Int
    package let spacingMilliseconds: Int64
    /// When and why the lane's own limit was last lowered.
    package let adaptedSince: Timestamp?
    package let adaptedReason: String?
    package let restrictions: [Restriction]
    package let pausedUntil: Timestamp?
    package let connections: Int
    package let inFlight: Int
    package let items: Int
    /// Recipients by state.
    package let counts: StateCounts
    package let tenants: Int
    /// Streams of tenants that wait until a source may send again.
    package let parking: (since: Timestamp, until: Timestamp, reason: ParkingReason)?
    /// What the destination said last to any item.
    package let lastReply: String?
}

extension MessageQueue {
    private static let maxPlacesCounted = 10_000

    /// Explains each of a message's items; empty when the queue does not hold the message.
    package func explain(_ id: MessageID, now: Timestamp) -> [Explanation] {
        rows(of: id).reversed().map { explain($0, now: max(now, clock)) }
    }

    private func explain(_ row: UInt32, now: Timestamp) -> Explanation {
        let entry = entries[row]
        let flow = flows[entry.flow]
        let wait = wait(row, now: now)
        return Explanation(
            id: entry.id, recipients: recipients(of: row), tenant: tenants[flow.tenant].id,
            stream: entry.stream,
            state: entry.told, wait: wait, attempts: entry.attempts, nextAttempt: nextAttempt(wait, now: now),
            deadline: entry.deadline, place: place(row), tenantsInLane: Int(lanes[flow.lane].flowCount),
            lastReply: replies[entry.reply], lane: report(flow.lane, now: now))
    }

    private func wait(_ row: UInt32, now: Timestamp) -> Explanation.Wait {
        switch entries[row].state {
        case .sending: return .sending
        case .lookup: return .lookup
        case .held: return .held
        case .waiting: return .time(entries[row].due)
        case .ready, .free: return waitInLane(entries[row].flow, entries[row].stream, now: now)
        }
    }

    private func waitInLane(_ flow: UInt32, _ stream: MessageStream, now: Timestamp) -> Explanation.Wait {
        let lane = flows[flow].lane
        let tenant = tenants[flows[flow].tenant].id
        if let suspension = suspension(of: tenant, in: lanes[lane].key) { return .restriction(suspension) }
        if flows[flow].parked.contains(Entry.Streams(stream)), let parking = parkings[lane] {
            return .parked(until: parking.until, parking.reason)
        }
        let report = lanes[lane]
        switch blockage(lane, now: now, onOpenConnection: false) {
        case .paused(let until): return .paused(until: until, failures: Int(report.failures))
        case .rate(let until):
            return report.limits.rate.map { .rate(until: until, limit: $0) } ?? .turn
        case .spacing(let until):
            return .spacing(until: until, milliseconds: report.adaptation.spacingMilliseconds)
        case .connections: return .connections(limit: report.connectionLimit)
        case .inFlight: return .inFlight(limit: report.limits.maxInFlight)
        case .suspended, .nothingReady, nil: return .turn
        }
    }

    private func suspension(of tenant: TenantID, in lane: LaneKey) -> Restriction? {
        if inactiveTenants.contains(tenant) {
            return Restriction(
                id: "tenant-status", scope: .tenant(tenant), effect: .suspend,
                reason: "the tenant is not active", since: .zero)
        }
        let own = restrictionSet.of(tenant).first {
            $0.suspends(tenant: tenant) || $0.suspends(tenant: tenant, on: lane)
        }
        return own ?? restrictionSet.concerning(lane).first { $0.effect == .suspend }
    }

    private func nextAttempt(_ wait: Explanation.Wait, now: Timestamp) -> Timestamp? {
        switch wait {
        case .time(let due): due
        case .paused(let until, _), .rate(let until, _), .spacing(let until, _), .parked(let until, _): until
        case .restriction(let restriction): restriction.until
        case .turn: now
        case .sending, .held, .connections, .inFlight, .lookup: nil
        }
    }

    private func place(_ row: UInt32) -> Int? {
        guard entries[row].state == .ready else { return nil }
        var place = 1
        var before = entries[row].readyPrevious
        while before != noRow {
            place += 1
            if place > Self.maxPlacesCounted { return nil }
            before = entries[before].readyPrevious
        }
        return place
    }
}
