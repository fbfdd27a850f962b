import NodeProtocol

extension MessageQueue {
    /// Moves an item whose attempt has not begun to another lane, where it joins the end of its line. Its
    /// slot stays taken, as after `finish`; the attempt does not count.
    ///
    /// This is how mail leaves the lane of lookups, and how it follows a destination whose hosts have
    /// changed. What went to the lane of lookups from the head of a line comes back to the head of one:
    /// otherwise a long line whose hosts are asked for again and again would never move.
    package mutating func reroute(_ attempt: Attempt, to key: LaneKey, now: Timestamp) -> Finished {
        let now = tick(now)
        guard let row = takeBack(attempt) else { return .unknown }
        let old = entries[row].flow
        let goesFirst = entries[row].flags.contains(.wasInLine)
        entries[row].flags.remove(.wasInLine)
        if key.transport == .lookup, attempt.lane.transport != .lookup {
            entries[row].flags.insert(.wasInLine)
        }
        let (tenant, lane) = (tenants[flows[old].tenant].id, flows[old].lane)
        if let gone = leaveIfAsked(row, now: now) { return gone }
        let new = flowFor(tenant: tenant, lane: key)
        guard new != old else {
            makeReady(row, atHead: goesFirst, now: now)
            return .waiting(until: now)
        }
        removeFromFlow(row)
        entries[row].flow = new
        appendToFlow(row)
        if flows[old].entryCount == 0 { dropFlow(old, now: now) }
        makeReady(row, atHead: goesFirst, now: now)
        offer(lane, now: now)
        return .waiting(until: now)
    }

    /// Takes an item out of flight as if it had not been handed out; nil when it is not what it was.
    mutating func takeBack(_ attempt: Attempt) -> UInt32? {
        let row = attempt.entry
        guard row < entries.end, entries[row].generation == attempt.generation, entries[row].isHandedOut
        else {
            return nil
        }
        let lane = flows[entries[row].flow].lane
        lanes[lane].inFlight -= 1
        inFlightCount -= 1
        if let rate = lanes[lane].limits.rate { lanes[lane].rate.giveBack(rate) }
        if entries[row].state == .sending, entries[row].attempts > 0 {
            // The count of attempts is part of what is told, so the state is left first.
            setState(row, .free)
            entries[row].attempts -= 1
        } else {
            setState(row, .free)
        }
        nextGeneration = nextGeneration == UInt32.max ? 1 : nextGeneration + 1
        entries[row].generation = nextGeneration
        return row
    }

    /// What was asked for while the item was handed out: cancel, hold, or its deadline has passed.
    mutating func leaveIfAsked(_ row: UInt32, now: Timestamp) -> Finished? {
        if entries[row].flags.contains(.cancelWhenBack) {
            let rest = recipients(of: row)
            withdrawExpired(row, reason: .cancelled)
            return .cancelled(rest)
        }
        if entries[row].deadline <= now {
            withdrawExpired(row, reason: .deadline)
            return .expired
        }
        if entries[row].flags.contains(.holdWhenBack) {
            entries[row].flags.remove(.holdWhenBack)
            setState(row, .held)
            entryTimers.arm(row, at: entries[row].deadline)
            return .held
        }
        return nil
    }
}
