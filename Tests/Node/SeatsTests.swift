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
            id: "all", destination: DestinationPattern("*"),
            limits: LaneLimits(maxConnections: connections))
    }

    @Test func `each lane numbers its connections from zero and uses the lowest that is free`() throws {
        var seats = Seats()
        let slots = slots(5)
        try #require(slots.count == 5)
        #expect(seats.take(slots[0], on: lane("a.example")) == 0)
        #expect(seats.take(slots[1], on: lane("a.example")) == 1)
        #expect(seats.take(slots[2], on: lane("b.example")) == 0)
        seats.release(slots[0])
        #expect(seats.take(slots[3], on: lane("a.example")) == 0)
        #expect(seats.take(slots[4], on: lane("a.example")) == 2)
    }

    @Test func `what is not taken is released without harm`() throws {
        var seats = Seats()
        let slots = slots(2)
        try #require(slots.count == 2)
        seats.release(slots[0])
        #expect(seats.take(slots[0], on: lane("a.example")) == 0)
        seats.release(slots[0])
        seats.release(slots[0])
        #expect(seats.take(slots[1], on: lane("a.example")) == 0)
    }
}
