import NodeProtocol

/// What a cancel did.
package struct CancelReport: Hashable, Sendable {
    package let withdrawn: [Withdrawn]
    /// Items in flight: withdrawn when their attempt comes back without success.
    package let sending: Int
}

/// What is done to single messages by their id. Each takes time in proportion to the message's items.
extension MessageQueue {
    /// Withdraws what has not left. What is in flight is withdrawn when it comes back.
    package mutating func cancel(_ id: MessageID, now: Timestamp) -> CancelReport {
        let now = tick(now)
        var gone: [Withdrawn] = []
        var sending = 0
        for row in rows(of: id) {
            if entries[row].isHandedOut {
                entries[row].flags.insert(.cancelWhenBack)
                sending += 1
            } else {
                detach(row)
                gone.append(withdrawn(row, reason: .cancelled))
                drop(row, now: now)
            }
        }
        return CancelReport(withdrawn: gone, sending: sending)
    }

    /// Keeps a message back until `unhold`; its deadline goes on. What is in flight is held when it comes
    /// back. Answers the number of items concerned.
    @discardableResult
    package mutating func hold(_ id: MessageID, now: Timestamp) -> Int {
        _ = tick(now)
        let rows = rows(of: id)
        for row in rows {
            switch entries[row].state {
            case .sending, .lookup: entries[row].flags.insert(.holdWhenBack)
            case .waiting, .ready:
                detach(row)
                setState(row, .held)
                entryTimers.arm(row, at: entries[row].deadline)
            case .held, .free: break
            }
        }
        return rows.count
    }

    /// Lets a held message go on where it was. Answers the number of items concerned.
    @discardableResult
    package mutating func unhold(_ id: MessageID, now: Timestamp) -> Int {
        let now = tick(now)
        var count = 0
        for row in rows(of: id) {
            if entries[row].flags.contains(.holdWhenBack) {
                entries[row].flags.remove(.holdWhenBack)
                count += 1
            } else if entries[row].state == .held {
                entryTimers.disarm(row)
                settle(row, now: now)
                count += 1
            }
        }
        return count
    }

    /// Makes waiting items due at once, whatever their schedule. Held ones stay held.
    /// Answers the number of items concerned.
    @discardableResult
    package mutating func requeue(_ id: MessageID, now: Timestamp) -> Int {
        let now = tick(now)
        var count = 0
        for row in rows(of: id) where entries[row].state == .waiting {
            move(row, to: now, now: now)
            count += 1
        }
        return count
    }

    /// Moves the first time of items that have not been attempted and do not wait for their turn already.
    /// Answers the number of items concerned.
    @discardableResult
    package mutating func reschedule(_ id: MessageID, due: Timestamp, now: Timestamp) -> Int {
        let now = tick(now)
        var count = 0
        for row in rows(of: id) where entries[row].attempts == 0 {
            switch entries[row].state {
            case .waiting: move(row, to: due, now: now)
            case .held: entries[row].due = due
            case .ready, .sending, .lookup, .free: continue
            }
            count += 1
        }
        return count
    }

    private mutating func move(_ row: UInt32, to due: Timestamp, now: Timestamp) {
        detach(row)
        entries[row].due = due
        settle(row, now: now)
    }

    /// Chooses messages for an operation on many. At least one of the fields must be set: nothing acts on
    /// everything because a filter was empty.
    package struct Filter: Sendable {
        package var tenant: TenantID?
        package var lane: LaneKey?
        package var destination: DestinationPattern?
        package var state: QueueState?

        package init(
            tenant: TenantID? = nil, lane: LaneKey? = nil, destination: DestinationPattern? = nil,
            state: QueueState? = nil
        ) {
            self.tenant = tenant
            self.lane = lane
            self.destination = destination
            self.state = state
        }

        var isEmpty: Bool { tenant == nil && lane == nil && destination == nil && state == nil }
    }

    /// The messages that match, at most `limit`, each once; none for an empty filter. Looks at every flow,
    /// and at every item of those that match.
    package func messages(matching filter: Filter, limit: Int) -> [MessageID] {
        guard !filter.isEmpty else { return [] }
        var found: [MessageID] = []
        var seen: Set<MessageID> = []
        for flow in flowsByLaneAndTenant.sorted(by: { $0.key < $1.key }).map(\.value)
        where matches(flow, filter) {
            var row = flows[flow].firstEntry
            while row != noRow {
                if filter.state == nil || filter.state == entries[row].told, found.count < limit,
                    seen.insert(entries[row].id).inserted
                {
                    found.append(entries[row].id)
                }
                row = entries[row].flowNext
            }
        }
        return found
    }

    private func matches(_ flow: UInt32, _ filter: Filter) -> Bool {
        let key = lanes[flows[flow].lane].key
        if let tenant = filter.tenant, tenants[flows[flow].tenant].id != tenant { return false }
        if let lane = filter.lane, lane != key { return false }
        return filter.destination?.matches(key.destination) ?? true
    }
}
