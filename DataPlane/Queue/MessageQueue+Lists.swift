import NodeProtocol

/// The bookkeeping of rows: which flow, lane and tenant an entry belongs to, and the lists they stand in.
extension MessageQueue {
    // MARK: States

    /// Changes an entry's state and its flow's counts. `.free` means that it is counted nowhere.
    mutating func setState(_ row: UInt32, _ state: Entry.State) {
        let count = Int(entries[row].recipientCount)
        let flow = entries[row].flow
        if entries[row].state != .free { flows[flow].counts[entries[row].told] -= count }
        entries[row].state = state
        if state != .free { flows[flow].counts[entries[row].told] += count }
    }

    /// Takes an entry out of its ready list and stops its timer; its state is changed by the caller.
    mutating func detach(_ row: UInt32) {
        entryTimers.disarm(row)
        guard entries[row].state == .ready else { return }
        removeReady(row)
        let flow = entries[row].flow
        if !flows[flow].hasReady { leaveRing(flow) }
    }

    /// Removes a detached entry for good, and its flow, tenant and lane when it was their last.
    mutating func drop(_ row: UInt32, now: Timestamp) {
        setState(row, .free)
        replies.release(entries[row].reply)
        domains.release(entries[row].domain)
        if entries[row].recipientCount > 1 { recipientLists[row] = nil }
        forget(row, of: entries[row].id)
        removeFromFlow(row)
        let flow = entries[row].flow
        entries[row].generation = 0
        entries.remove(row)
        if flows[flow].entryCount == 0 { dropFlow(flow, now: now) }
    }

    private mutating func forget(_ row: UInt32, of id: MessageID) {
        let sibling = entries[row].sibling
        let first = entriesByMessage.row(of: id, in: entries)
        guard first != noRow else { return }
        if first == row {
            if sibling == noRow {
                entriesByMessage.remove(id, in: entries)
            } else {
                _ = entriesByMessage.set(sibling, for: id, in: entries)
            }
            return
        }
        var before = first
        while entries[before].sibling != row, entries[before].sibling != noRow {
            before = entries[before].sibling
        }
        entries[before].sibling = sibling
    }

    /// The entries of a message.
    func rows(of id: MessageID) -> [UInt32] {
        var found: [UInt32] = []
        var row = entriesByMessage.row(of: id, in: entries)
        while row != noRow {
            found.append(row)
            row = entries[row].sibling
        }
        return found
    }

    // MARK: Entries of a flow

    mutating func appendToFlow(_ row: UInt32) {
        let flow = entries[row].flow
        let last = flows[flow].lastEntry
        entries[row].flowPrevious = last
        entries[row].flowNext = noRow
        if last == noRow { flows[flow].firstEntry = row } else { entries[last].flowNext = row }
        flows[flow].lastEntry = row
        flows[flow].entryCount += 1
        lanes[flows[flow].lane].entryCount += 1
    }

    mutating func removeFromFlow(_ row: UInt32) {
        let flow = entries[row].flow
        let (previous, next) = (entries[row].flowPrevious, entries[row].flowNext)
        if previous == noRow { flows[flow].firstEntry = next } else { entries[previous].flowNext = next }
        if next == noRow { flows[flow].lastEntry = previous } else { entries[next].flowPrevious = previous }
        flows[flow].entryCount -= 1
        lanes[flows[flow].lane].entryCount -= 1
    }

    // MARK: Ready lists

    mutating func appendReady(_ row: UInt32) {
        let flow = entries[row].flow
        let isBulk = entries[row].flags.contains(.bulk)
        let last = isBulk ? flows[flow].bulk.tail : flows[flow].transactional.tail
        entries[row].readyPrevious = last
        entries[row].readyNext = noRow
        if last != noRow { entries[last].readyNext = row }
        if isBulk {
            if last == noRow { flows[flow].bulk.head = row }
            flows[flow].bulk.tail = row
        } else {
            if last == noRow { flows[flow].transactional.head = row }
            flows[flow].transactional.tail = row
        }
    }

    mutating func prependReady(_ row: UInt32) {
        let flow = entries[row].flow
        let isBulk = entries[row].flags.contains(.bulk)
        let first = isBulk ? flows[flow].bulk.head : flows[flow].transactional.head
        guard first != noRow else { return appendReady(row) }
        entries[row].readyPrevious = noRow
        entries[row].readyNext = first
        entries[first].readyPrevious = row
        if isBulk { flows[flow].bulk.head = row } else { flows[flow].transactional.head = row }
    }

    private mutating func removeReady(_ row: UInt32) {
        let flow = entries[row].flow
        let (previous, next) = (entries[row].readyPrevious, entries[row].readyNext)
        if previous != noRow { entries[previous].readyNext = next }
        if next != noRow { entries[next].readyPrevious = previous }
        if entries[row].flags.contains(.bulk) {
            if previous == noRow { flows[flow].bulk.head = next }
            if next == noRow { flows[flow].bulk.tail = previous }
        } else {
            if previous == noRow { flows[flow].transactional.head = next }
            if next == noRow { flows[flow].transactional.tail = previous }
        }
    }

    // MARK: Flows and tenants

    mutating func flowFor(tenant: TenantID, lane key: LaneKey) -> UInt32 {
        let lane = laneFor(key)
        let owner = tenantFor(tenant)
        let name = UInt64(lane) << 32 | UInt64(owner)
        if let flow = flowsByLaneAndTenant[name] { return flow }
        var new = Flow(lane: lane, tenant: owner)
        new.isSuspended = restrictionSet.suspends(tenant: tenant, on: key)
        new.tenantNext = tenants[owner].firstFlow
        let flow = flows.insert(new)
        if new.tenantNext != noRow { flows[new.tenantNext].tenantPrevious = flow }
        tenants[owner].firstFlow = flow
        flowsByLaneAndTenant[name] = flow
        lanes[lane].flowCount += 1
        return flow
    }

    private mutating func tenantFor(_ id: TenantID) -> UInt32 {
        if let row = tenantsByID[id] { return row }
        var new = TenantRow(id: id)
        new.isSuspended = inactiveTenants.contains(id) || restrictionSet.suspends(tenant: id)
        let row = tenants.insert(new)
        tenantsByID[id] = row
        return row
    }

    mutating func dropFlow(_ flow: UInt32, now: Timestamp) {
        let (lane, tenant) = (flows[flow].lane, flows[flow].tenant)
        let (previous, next) = (flows[flow].tenantPrevious, flows[flow].tenantNext)
        if previous == noRow { tenants[tenant].firstFlow = next } else { flows[previous].tenantNext = next }
        if next != noRow { flows[next].tenantPrevious = previous }
        flowsByLaneAndTenant[UInt64(lane) << 32 | UInt64(tenant)] = nil
        flows[flow].lane = noRow
        flows[flow].parked = []
        flows.remove(flow)
        lanes[lane].flowCount -= 1
        if tenants[tenant].firstFlow == noRow {
            tenantsByID[tenants[tenant].id] = nil
            tenants.remove(tenant)
        }
        dropIfIdle(lane, now: now)
    }

    // MARK: The ring of a lane's flows

    /// Puts a flow behind all others of its lane, when it has something ready and nothing forbids it.
    mutating func enterRing(_ flow: UInt32) {
        guard !flows[flow].isInRing, flows[flow].hasReady, !flows[flow].isSuspended,
            !tenants[flows[flow].tenant].isSuspended
        else { return }
        let lane = flows[flow].lane
        flows[flow].isInRing = true
        let head = lanes[lane].ringHead
        guard head != noRow else {
            flows[flow].ringPrevious = flow
            flows[flow].ringNext = flow
            lanes[lane].ringHead = flow
            return
        }
        let last = flows[head].ringPrevious
        flows[flow].ringPrevious = last
        flows[flow].ringNext = head
        flows[last].ringNext = flow
        flows[head].ringPrevious = flow
    }

    mutating func leaveRing(_ flow: UInt32) {
        guard flows[flow].isInRing else { return }
        flows[flow].isInRing = false
        // What it has overdrawn stays; what it has not used is gone.
        flows[flow].deficit = min(flows[flow].deficit, 0)
        let lane = flows[flow].lane
        let (previous, next) = (flows[flow].ringPrevious, flows[flow].ringNext)
        guard next != flow else {
            lanes[lane].ringHead = noRow
            return
        }
        flows[previous].ringNext = next
        flows[next].ringPrevious = previous
        if lanes[lane].ringHead == flow { lanes[lane].ringHead = next }
    }

    // MARK: Lanes and their ring

    private mutating func laneFor(_ key: LaneKey) -> UInt32 {
        if let row = lanesByKey[key] { return row }
        let policy = policies.index(for: key)
        let row = lanes.insert(Lane(key: key, policy: policy, limits: policies[policy].limits))
        lanesByKey[key] = row
        if !restrictionSet.isEmpty { applyRestrictions(toLane: row) }
        return row
    }

    /// Drops a lane without entries and connections, now or when there is nothing left to remember of it.
    mutating func dropIfIdle(_ lane: UInt32, now: Timestamp) {
        guard lanes[lane].entryCount == 0, lanes[lane].connections == 0, lanes[lane].inFlight == 0 else {
            return
        }
        if let forgetAt = memoryEnd(lane, now: now), forgetAt > now {
            laneTimers.arm(lane, at: forgetAt)
            return
        }
        unoffer(lane)
        laneTimers.disarm(lane)
        parkings[lane] = nil
        lanesByKey[lanes[lane].key] = nil
        lanes[lane].lastReply = nil
        lanes.remove(lane)
    }

    /// Until when an idle lane is worth remembering: a pause, a rate not yet recovered, a lowered limit.
    private func memoryEnd(_ lane: UInt32, now: Timestamp) -> Timestamp? {
        var end: Timestamp?
        if let paused = lanes[lane].pausedUntil, paused > now { end = paused }
        let full = lanes[lane].rate.fullAt
        if full.milliseconds(since: now) > 1_000 { end = max(end ?? now, full) }
        if let since = lanes[lane].adaptation.since {
            end = max(end ?? now, since.advanced(byMilliseconds: Self.adaptationMemoryMilliseconds))
        }
        return end
    }

    private static let adaptationMemoryMilliseconds: Int64 = 600_000

    mutating func appendOffered(_ lane: UInt32) {
        lanes[lane].isOffered = true
        guard offeredHead != noRow else {
            lanes[lane].offeredPrevious = lane
            lanes[lane].offeredNext = lane
            offeredHead = lane
            return
        }
        let last = lanes[offeredHead].offeredPrevious
        lanes[lane].offeredPrevious = last
        lanes[lane].offeredNext = offeredHead
        lanes[last].offeredNext = lane
        lanes[offeredHead].offeredPrevious = lane
    }

    mutating func unoffer(_ lane: UInt32) {
        guard lanes[lane].isOffered else { return }
        lanes[lane].isOffered = false
        let (previous, next) = (lanes[lane].offeredPrevious, lanes[lane].offeredNext)
        guard next != lane else {
            offeredHead = noRow
            return
        }
        lanes[previous].offeredNext = next
        lanes[next].offeredPrevious = previous
        if offeredHead == lane { offeredHead = next }
    }
}
