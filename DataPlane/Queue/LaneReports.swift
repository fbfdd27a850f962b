import NodeProtocol

extension MessageQueue {
    /// A lane as it stands; nil when the queue does not hold it. Looks at all flows.
    package func laneReport(_ key: LaneKey, now: Timestamp) -> LaneReport? {
        guard let lane = lanesByKey[key] else { return nil }
        return report(lane, now: max(now, clock))
    }

    /// The lanes that match, the fullest first; at most `limit`. Looks at all lanes and flows.
    package func laneReports(
        matching pattern: DestinationPattern? = nil, now: Timestamp, limit: Int
    ) -> [LaneReport] {
        let found = lanesByKey.filter { pattern?.matches($0.key.destination) ?? true }
            .sorted {
                (lanes[$0.value].entryCount, $1.key.destination) > (
                    lanes[$1.value].entryCount, $0.key.destination
                )
            }
            .prefix(max(limit, 0))
        let counts = countsByLane()
        return found.map { report($0.value, counts: counts[$0.value] ?? StateCounts(), now: max(now, clock)) }
    }

    /// Recipients of all lanes by state. Looks at all flows.
    package var counts: StateCounts {
        countsByLane().values.reduce(into: StateCounts()) { $0 += $1 }
    }

    private func countsByLane() -> [UInt32: StateCounts] {
        var counts: [UInt32: StateCounts] = [:]
        for flow in flowsByLaneAndTenant.values {
            counts[flows[flow].lane, default: StateCounts()] += flows[flow].counts
        }
        return counts
    }

    private func counts(ofLane lane: UInt32) -> StateCounts {
        var counts = StateCounts()
        for flow in flowsByLaneAndTenant.values where flows[flow].lane == lane {
            counts += flows[flow].counts
        }
        return counts
    }

    func report(_ row: UInt32, counts: StateCounts? = nil, now: Timestamp) -> LaneReport {
        let lane = lanes[row]
        return LaneReport(
            key: lane.key, policyID: policies[lane.policy].id, limits: lane.limits,
            connectionLimit: lane.connectionLimit,
            spacingMilliseconds: lane.adaptation.spacingMilliseconds, adaptedSince: lane.adaptation.since,
            adaptedReason: lane.adaptation.reason, restrictions: restrictionSet.concerning(lane.key),
            pausedUntil: lane.pausedUntil.flatMap { $0 > now ? $0 : nil }, connections: lane.connections,
            inFlight: lane.inFlight, items: Int(lane.entryCount), counts: counts ?? self.counts(ofLane: row),
            tenants: Int(lane.flowCount), parking: parkings[row].map { ($0.since, $0.until, $0.reason) },
            lastReply: lane.lastReply)
    }
}
