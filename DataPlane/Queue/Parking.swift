/// Why a stream of a tenant waits in a lane although nothing of the lane's own keeps it.
package struct ParkingReason: Hashable, Sendable {
    /// The warm-up plan.
    package let plan: String
    /// A sentence with the limit in it.
    package let text: String

    package init(plan: String, text: String) {
        self.plan = plan
        self.text = text
    }
}

extension MessageQueue {
    /// Puts back an attempt that has not begun, and lets nothing more of its tenant and stream start in its
    /// lane until a moment. Its slot stays taken, as after `finish`.
    ///
    /// Streams of one lane that are parked at the same time have the end and the reason of the last one.
    package mutating func park(
        _ attempt: Attempt, until: Timestamp, reason: ParkingReason, now: Timestamp
    ) -> Finished {
        let now = tick(now)
        guard let row = takeBack(attempt) else { return .unknown }
        let flow = entries[row].flow
        let lane = flows[flow].lane
        if let gone = leaveIfAsked(row, now: now) { return gone }
        if !flows[flow].parked.contains(Entry.Streams(entries[row].stream)) {
            flows[flow].parked.insert(Entry.Streams(entries[row].stream))
            let flows = (parkings[lane]?.flows ?? []) + [flow]
            parkings[lane] = Parking(
                since: parkings[lane]?.since ?? now, until: until, reason: reason, flows: flows)
        }
        makeReady(row, now: now)
        if !flows[flow].hasReady { leaveRing(flow) }
        laneTimers.arm(lane, at: until)
        return .waiting(until: until)
    }

    /// Lets everything that was parked take its turn again, whatever time it was parked for.
    package mutating func unparkAll(now: Timestamp) {
        let now = tick(now)
        for lane in parkings.keys.sorted() { unpark(lane, now: now) }
    }

    mutating func unpark(_ lane: UInt32, now: Timestamp) {
        guard let parking = parkings.removeValue(forKey: lane) else { return }
        for flow in parking.flows where flows[flow].lane == lane && !flows[flow].parked.isEmpty {
            flows[flow].parked = []
            enterRing(flow)
        }
        offer(lane, now: now)
    }
}
