import NodeProtocol

extension MessageQueue {
    /// When to call `startable` (and `takeExpired`) again if nothing else happens before: `now` when there is
    /// something to do at once, nil when the queue waits for nothing but its attempts in flight.
    package func nextWake(now: Timestamp) -> Timestamp? {
        let now = max(now, clock)
        if offeredHead != noRow || !expired.isEmpty { return now }
        let ends = (entryTimers.next, laneTimers.next, restrictionSet.soonestEnd)
        if ends.0 == nil, ends.1 == nil, ends.2 == nil { return nil }
        let never = Timestamp.distantFuture
        return max(min(ends.0 ?? never, ends.1 ?? never, ends.2 ?? never), now)
    }

    /// The items whose deadline has passed, or whose attempts are used up, since the last call. Each once.
    package mutating func takeExpired(now: Timestamp) -> [Withdrawn] {
        let now = tick(now)
        advance(now: now)
        let taken = expired
        expired.removeAll(keepingCapacity: false)
        return taken
    }

    /// Handles the timers that are due.
    mutating func advance(now: Timestamp) {
        endRestrictions(now: now)
        var steps = Self.maxTimerStepsPerCall
        while let lane = laneTimers.popDue(now: now, steps: &steps) {
            if let parking = parkings[lane], parking.until <= now { unpark(lane, now: now) }
            offer(lane, now: now)
            dropIfIdle(lane, now: now)
        }
        while let row = entryTimers.popDue(now: now, steps: &steps) { settle(row, fromTimerAt: now) }
    }

    private mutating func settle(_ row: UInt32, fromTimerAt now: Timestamp) {
        if entries[row].deadline <= now {
            detach(row)
            withdrawExpired(row, reason: .deadline)
        } else if entries[row].state == .waiting {
            makeReady(row, now: now)
        }
    }

    /// Removes a detached entry and remembers it for `takeExpired`.
    mutating func withdrawExpired(_ row: UInt32, reason: Withdrawn.Reason) {
        expired.append(withdrawn(row, reason: reason))
        drop(row, now: clock)
    }

    func withdrawn(_ row: UInt32, reason: Withdrawn.Reason) -> Withdrawn {
        let flow = flows[entries[row].flow]
        return Withdrawn(
            id: entries[row].id, recipients: recipients(of: row), tenant: tenants[flow.tenant].id,
            lane: lanes[flow.lane].key, attempts: entries[row].attempts, reason: reason,
            lastReply: replies[entries[row].reply])
    }
}
