import NodeProtocol
import Testing

@testable import Queue

@Suite struct SweepTests {
    /// Ten messages of two tenants in two lanes; number 0 is scheduled, number 9 has an item in each lane.
    private func sample() -> MessageQueue {
        var queue = queue(LaneLimits(maxConnections: 1))
        for number in 0..<10 {
            let lane = mailLane(number < 5 ? "mx.a.example" : "mx.b.example")
            queue.add(item(number, tenant: number % 2, lane: lane, due: number == 0 ? 90_000 : 0), now: 0)
        }
        queue.add(item(9, tenant: 1, lane: mailLane("mx.a.example"), recipients: [1, 2]), now: 0)
        return queue
    }

    private func run(
        _ action: QueueCommand.Action, _ filter: ItemFilter, on queue: inout MessageQueue,
        countsOnly: Bool = false,
        portion: Int = 3, now: Timestamp = 10
    ) -> (sweep: Sweep, swept: [Swept]) {
        var sweep = Sweep(action, filter, countsOnly: countsOnly)
        var all: [Swept] = []
        while !sweep.isComplete, all.count < 100 {
            all.append(queue.sweep(&sweep, portion: portion, now: now))
        }
        return (sweep, all)
    }

    private let everything = ItemFilter(acceptedBefore: .distantFuture)

    @Test func `counts messages once and recipients each, and changes nothing`() {
        for portion in [1, 3, 1_000] {
            for action in QueueCommand.Action.allCases {
                var queue = sample()
                _ = queue.startable(now: 0, limit: 1)
                let before = queue.counts
                let sweep = run(action, everything, on: &queue, countsOnly: true, portion: portion).sweep
                #expect(queue.counts == before)
                switch action {
                case .hold, .cancel: #expect((sweep.messages, sweep.recipients, sweep.sending) == (10, 12, 1))
                case .requeue: #expect((sweep.messages, sweep.recipients, sweep.sending) == (1, 1, 0))
                case .release: #expect((sweep.messages, sweep.recipients, sweep.sending) == (0, 0, 0))
                }
            }
        }
    }

    @Test func `chooses by tenant, lane, destination, message and time of acceptance together`() {
        var queue = sample()
        var filter = everything
        func count(_ filter: ItemFilter) -> Int {
            run(.hold, filter, on: &queue, countsOnly: true).sweep.messages
        }
        filter.tenant = tenant(1)
        #expect(count(filter) == 5)
        filter.destination = DestinationPattern("*.b.example")
        #expect(count(filter) == 3)
        filter.lane = mailLane("mx.a.example")
        #expect(count(filter) == 0)
        filter.destination = nil
        #expect(count(filter) == 3)
        filter.messages = [message(9), message(8), message(77)]
        #expect(count(filter) == 1)
        filter = ItemFilter(messages: [message(9), message(8)], acceptedBefore: .distantFuture)
        #expect(count(filter) == 2)
        #expect(count(ItemFilter(acceptedBefore: 1_000)) == 0)
        #expect(count(ItemFilter(acceptedBefore: 1_001)) == 10)
    }

    @Test func `held items wait until they are released, those in flight included`() throws {
        var queue = sample()
        let flight = try #require(queue.startable(now: 0, limit: 1).first)
        let held = run(.hold, everything, on: &queue)
        #expect(held.swept.flatMap(\.changed).reduce(0) { $0 + $1.recipients.count } == 12)
        #expect(queue.finish(flight, result: .retry(at: 20, recipients: nil), now: 10) == .held)
        queue.release(flight.slot, now: 10)
        #expect(queue.counts.held == 12)
        #expect(queue.heldItems().count == 11)
        #expect(queue.startable(now: 80_000, limit: 100).isEmpty)
        let again = run(.hold, everything, on: &queue, now: 80_000).sweep
        #expect(again.messages == 0)
        #expect(run(.release, everything, on: &queue, now: 80_000).sweep.messages == 10)
        #expect(queue.counts.held == 0)
        #expect(queue.startable(now: 80_000, limit: 100).count == 2)
    }

    @Test func `cancelled items are handed out once, and those in flight when they come back`() throws {
        var queue = sample()
        let flight = try #require(queue.startable(now: 0, limit: 1).first)
        let result = run(.cancel, everything, on: &queue)
        #expect(result.sweep.sending == 1)
        #expect(result.sweep.messages == 10)
        #expect(result.swept.flatMap(\.withdrawn).reduce(0) { $0 + $1.recipients.count } == 11)
        #expect(queue.count == 1)
        #expect(run(.cancel, everything, on: &queue).sweep.messages == 0)
        #expect(queue.finish(flight, result: .retry(at: nil, recipients: nil), now: 11) == .cancelled([0]))
        #expect(queue.count == 0)
    }

    @Test func `requeued items are due at once`() {
        var queue = sample()
        #expect(run(.requeue, everything, on: &queue).sweep.messages == 1)
        #expect(queue.counts.scheduled == 0)
    }

    @Test func `what was held before a restart is held again, recipient by recipient`() {
        var queue = sample()
        queue.hold(message(9), recipients: [2], now: 0)
        #expect(queue.heldItems().map { Array($0.recipients) } == [[1, 2]])
        #expect(queue.counts.held == 2)
    }
}
