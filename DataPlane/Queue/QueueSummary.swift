import NodeProtocol

/// What waits, in recipients: by state, and by destination with the age of the oldest message.
package struct QueueSummary: Hashable, Sendable {
    package struct Destination: Hashable, Sendable {
        package let lane: LaneKey
        package let counts: StateCounts
        /// How long ago the oldest message was accepted, in milliseconds.
        package let oldestAgeMilliseconds: Int64
    }

    package let counts: StateCounts
    /// In order of destination.
    package let destinations: [Destination]
    package let oldestAgeMilliseconds: Int64
}

extension MessageQueue {
    /// What waits of one tenant. Takes time in proportion to the tenant's lanes.
    package func summary(of tenant: TenantID, now: Timestamp) -> QueueSummary {
        var found: [UInt32] = []
        var flow = tenantsByID[tenant].map { tenants[$0].firstFlow } ?? noRow
        while flow != noRow {
            found.append(flow)
            flow = flows[flow].tenantNext
        }
        return summary(found, now: now)
    }

    /// What waits of all tenants together. Takes time in proportion to all lanes.
    package func summary(now: Timestamp) -> QueueSummary {
        summary(Array(flowsByLaneAndTenant.values), now: now)
    }

    private func summary(_ flows: [UInt32], now: Timestamp) -> QueueSummary {
        var totals = StateCounts()
        var destinations: [LaneKey: (counts: StateCounts, oldest: Int64)] = [:]
        for row in flows {
            let flow = self.flows[row]
            totals += flow.counts
            var sum = destinations[lanes[flow.lane].key] ?? (StateCounts(), 0)
            sum.counts += flow.counts
            sum.oldest = max(sum.oldest, oldestAgeMilliseconds(flow, now: now))
            destinations[lanes[flow.lane].key] = sum
        }
        let sorted = destinations.sorted {
            ($0.key.destination, $0.key.source) < ($1.key.destination, $1.key.source)
        }
        return QueueSummary(
            counts: totals,
            destinations: sorted.map { key, sum in
                .init(lane: key, counts: sum.counts, oldestAgeMilliseconds: sum.oldest)
            },
            oldestAgeMilliseconds: destinations.values.map(\.oldest).max() ?? 0)
    }

    /// Entries stand in the order in which they came, so the first is the oldest.
    private func oldestAgeMilliseconds(_ flow: Flow, now: Timestamp) -> Int64 {
        guard flow.firstEntry != noRow else { return 0 }
        let accepted = Int64(clamping: entries[flow.firstEntry].id.milliseconds)
        return max(now.milliseconds - accepted, 0)
    }
}
