import NodeProtocol

/// Why a lane starts nothing at the moment.
enum Blockage: Hashable, Sendable {
    case nothingReady
    case suspended
    case paused(until: Timestamp)
    case rate(until: Timestamp)
    case spacing(until: Timestamp)
    case inFlight
    case connections
}

extension MessageQueue {
    /// Up to `limit` attempts that may start now, each on a new connection of its lane; the lanes take turns.
    package mutating func startable(now: Timestamp, limit: Int) -> [Attempt] {
        let now = tick(now)
        advance(now: now)
        var attempts: [Attempt] = []
        var expired = 0
        while attempts.count < limit, expired < Self.maxExpiredAtStart, offeredHead != noRow {
            let lane = offeredHead
            if let blockage = blockage(lane, now: now, onOpenConnection: false) {
                unoffer(lane)
                rouse(after: blockage, lane)
                continue
            }
            offeredHead = lanes[lane].offeredNext
            guard let row = takeLive(lane, now: now) else {
                expired += 1
                continue
            }
            nextSlotSerial &+= 1
            slots[nextSlotSerial] = lane
            lanes[lane].connections += 1
            attempts.append(start(row, in: lane, slot: SlotID(serial: nextSlotSerial), now: now))
        }
        return attempts
    }

    /// The next attempt for a connection that has just finished one; nil when the lane has nothing that may
    /// start, or the connection is one too many by now: then it is to be closed (or kept idle) and released.
    package mutating func nextOnLane(_ slot: SlotID, now: Timestamp) -> Attempt? {
        let now = tick(now)
        guard let lane = slots[slot.serial] else { return nil }
        for _ in 0..<Self.maxExpiredAtStart {
            if let blockage = blockage(lane, now: now, onOpenConnection: true) {
                rouse(after: blockage, lane)
                return nil
            }
            if let row = takeLive(lane, now: now) { return start(row, in: lane, slot: slot, now: now) }
        }
        offer(lane, now: now)
        return nil
    }

    /// Items that are found to be past their deadline in one call: their timers are behind.
    private static let maxExpiredAtStart = 256

    /// Gives a connection's place back. A slot that is not (or no longer) taken is ignored.
    package mutating func release(_ slot: SlotID, now: Timestamp) {
        let now = tick(now)
        guard let lane = slots.removeValue(forKey: slot.serial) else { return }
        lanes[lane].connections -= 1
        offer(lane, now: now)
        dropIfIdle(lane, now: now)
    }

    /// Puts a lane into the ring of those that can start something, or notes when it will be able to.
    mutating func offer(_ lane: UInt32, now: Timestamp) {
        guard !lanes[lane].isOffered else { return }
        if let blockage = blockage(lane, now: now, onOpenConnection: false) {
            rouse(after: blockage, lane)
        } else {
            appendOffered(lane)
        }
    }

    func blockage(_ lane: UInt32, now: Timestamp, onOpenConnection: Bool) -> Blockage? {
        if lanes[lane].ringHead == noRow { return .nothingReady }
        if lanes[lane].isSuspended { return .suspended }
        if let until = lanes[lane].pausedUntil, until > now { return .paused(until: until) }
        let limits = lanes[lane].limits
        let others = lanes[lane].connections - (onOpenConnection ? 1 : 0)
        if others >= lanes[lane].connectionLimit { return .connections }
        if lanes[lane].inFlight >= limits.maxInFlight { return .inFlight }
        let spacing = lanes[lane].adaptation.spacingMilliseconds
        if spacing > 0, let last = lanes[lane].lastStart {
            let next = last.advanced(byMilliseconds: spacing)
            if next > now { return .spacing(until: next) }
        }
        if let rate = limits.rate {
            let next = lanes[lane].rate.allowedAt(rate, now: now)
            if next > now { return .rate(until: next) }
        }
        return nil
    }

    /// What ends by itself gets a timer; the rest ends by a call that offers the lane again.
    private mutating func rouse(after blockage: Blockage, _ lane: UInt32) {
        switch blockage {
        case .paused(let until), .rate(let until), .spacing(let until): laneTimers.arm(lane, at: until)
        case .nothingReady:
            if let parking = parkings[lane] { laneTimers.arm(lane, at: parking.until) }
        case .suspended, .inFlight, .connections: break
        }
    }

    private mutating func start(_ row: UInt32, in lane: UInt32, slot: SlotID, now: Timestamp) -> Attempt {
        lanes[lane].inFlight += 1
        inFlightCount += 1
        lanes[lane].lastStart = now
        if let rate = lanes[lane].limits.rate { lanes[lane].rate.take(rate, now: now) }
        if lanes[lane].key.transport == .lookup {
            setState(row, .lookup)
        } else {
            setState(row, .sending)
            if entries[row].attempts < UInt16.max { entries[row].attempts += 1 }
        }
        let flow = entries[row].flow
        return Attempt(
            id: entries[row].id, recipients: recipients(of: row), tenant: tenants[flows[flow].tenant].id,
            stream: entries[row].stream, domain: domains[entries[row].domain] ?? "", lane: lanes[lane].key,
            policyID: policies[lanes[lane].policy].id,
            maxMessagesPerConnection: lanes[lane].limits.maxMessagesPerConnection,
            number: entries[row].attempts, deadline: entries[row].deadline, bytes: entries[row].bytes,
            slot: slot, entry: row, generation: entries[row].generation)
    }

    /// The next item of a lane that has one, taken out of its lists; nil when its deadline had passed.
    private mutating func takeLive(_ lane: UInt32, now: Timestamp) -> UInt32? {
        let row = takeNext(lane)
        guard entries[row].deadline <= now else { return row }
        withdrawExpired(row, reason: .deadline)
        return nil
    }

    /// Deficit round robin: the flow at the head is served while its deficit is positive, then the next one's
    /// turn begins. The lane has something ready.
    private mutating func takeNext(_ lane: UInt32) -> UInt32 {
        var flow = lanes[lane].ringHead
        while flows[flow].deficit <= 0 {
            flows[flow].deficit += Self.quantum
            guard flows[flow].deficit <= 0 else { break }
            flow = flows[flow].ringNext
            lanes[lane].ringHead = flow
        }
        let row = chooseStream(flow)
        flows[flow].deficit -= cost(of: row)
        detach(row)
        if flows[flow].isInRing, flows[flow].deficit <= 0 { lanes[lane].ringHead = flows[flow].ringNext }
        return row
    }

    private static let quantum: Int32 = 1
    private static let maxCost: Int32 = 32
    private static let maxTransactionalRun: UInt8 = 7

    /// A recipient, or a quarter of a mebibyte, is one; no message costs more than 32.
    private func cost(of row: UInt32) -> Int32 {
        min(Int32(entries[row].recipientCount) + Int32(entries[row].bytes >> 18), Self.maxCost)
    }

    private mutating func chooseStream(_ flow: UInt32) -> UInt32 {
        let parked = flows[flow].parked
        let first = parked.contains(.transactional) ? noRow : flows[flow].transactional.head
        let second = parked.contains(.bulk) ? noRow : flows[flow].bulk.head
        if second == noRow { return first }
        if first == noRow { return second }
        if flows[flow].transactionalRun >= Self.maxTransactionalRun {
            flows[flow].transactionalRun = 0
            return second
        }
        flows[flow].transactionalRun += 1
        return first
    }
}
