import FoundationEssentials
import NodeProtocol
import Queue
import Testing

@testable import Node

@Suite struct SeatsTests {
    private func lane(_ name: String) -> LaneKey {
        LaneKey(transport: .smtp, source: "default", destination: name)
    }

    /// Slots as a queue gives them out: one for each attempt that may start.
    private func slots(_ count: Int) -> [SlotID] {
        var queue = MessageQueue(
            policies: LanePolicyTable(
                policies: [], mailDefault: policy(count), webhookDefault: policy(count)), seed: 1)
        for number in 0..<count {
            queue.add(
                QueueItem(
                    id: MessageID(high: 1, low: UInt64(number)), recipients: [0],
                    tenant: TenantID(UUID()), stream: .bulk,
                    lane: lane("a.example"), due: .zero, deadline: .distantFuture),
                now: .zero)
        }
        return queue.startable(now: .zero, limit: count).map(\.slot)
    }

    private func policy(_ connections: Int) -> LanePolicy {
        LanePolicy(
            id: "all", destinations: [DestinationPattern("*")],
            limits: LaneLimits(maxConnections: connections))
    }

    @Test func `each lane numbers its connections and uses the lowest number that is free`() throws {
        var seats = Seats()
        let slots = slots(5)
        try #require(slots.count == 5)
        let first = seats.take(slots[0], on: lane("a.example"))
        #expect(seats.take(slots[1], on: lane("a.example")) == first + 1)
        let other = seats.take(slots[2], on: lane("b.example"))
        seats.release(slots[0])
        seats.release(slots[2])
        #expect(seats.take(slots[3], on: lane("a.example")) == first)
        #expect(seats.take(slots[4], on: lane("a.example")) == first + 2)
        #expect(seats.take(slots[2], on: lane("b.example")) == other)
    }

    @Test func `what is not taken is released without harm`() throws {
        var seats = Seats()
        let slots = slots(2)
        try #require(slots.count == 2)
        seats.release(slots[0])
        let first = seats.take(slots[0], on: lane("a.example"))
        seats.release(slots[0])
        seats.release(slots[0])
        #expect(seats.take(slots[1], on: lane("a.example")) == first)
    }
}
