import NodeProtocol
import Testing

@testable import Queue

@Suite struct FairnessTests {
    @Test func `messages of one tenant and stream leave in the order in which they came`() {
        var queue = queue()
        for number in 0..<50 { queue.add(item(number), now: 0) }
        #expect(queue.started(now: 0).map(\.id) == (0..<50).map(message))
    }

    @Test func `a message joins the end of its line when it becomes due, not when it is added`() {
        var queue = queue()
        queue.add(item(1, due: 100), now: 0)
        queue.add(item(2, due: 50), now: 0)
        queue.add(item(3, due: 200), now: 0)
        #expect(queue.started(now: 49).isEmpty)
        #expect(queue.started(now: 100).map(\.id) == [message(2), message(1)])
    }

    @Test func `a tenant with 20,000 messages delays another by one turn`() throws {
        var queue = queue(LaneLimits(maxConnections: 1))
        for number in 0..<20_000 { queue.add(item(number, tenant: 1, stream: .bulk), now: 0) }
        var now: Timestamp = 1
        var attempt = try #require(queue.started(now: now).first)
        for number in 0..<5 { queue.add(item(200_000 + number, tenant: 2), now: now) }
        var order: [TenantID] = []
        for _ in 0..<10 {
            now = now + 1
            _ = queue.finish(attempt, result: .done, now: now)
            attempt = try #require(queue.nextOnLane(attempt.slot, now: now) as Attempt?)
            order.append(attempt.tenant)
        }
        #expect(order.filter { $0 == tenant(2) }.count == 5)
        #expect(order.prefix(2).contains(tenant(2)))
    }

    @Test func `tenants share a lane equally, whatever each has waiting`() {
        var queue = queue()
        var number = 0
        for (owner, count) in [(1, 400), (2, 300), (3, 100)] {
            for _ in 0..<count {
                queue.add(item(number, tenant: owner), now: 0)
                number += 1
            }
        }
        let first = queue.started(now: 0, limit: 300)
        for owner in 1...3 { #expect(first.filter { $0.tenant == tenant(owner) }.count == 100) }
        let second = queue.started(now: 0, limit: 200)
        for owner in 1...2 { #expect(second.filter { $0.tenant == tenant(owner) }.count == 100) }
    }

    @Test func `shares are counted in recipients and size, not in messages`() {
        var queue = queue()
        for number in 0..<200 {
            queue.add(item(number, tenant: 1, recipients: [0, 1, 2, 3]), now: 0)
            queue.add(item(1_000 + number, tenant: 2), now: 0)
            queue.add(item(2_000 + number, tenant: 3, bytes: 1 << 20), now: 0)
        }
        let attempts = queue.started(now: 0, limit: 145)
        #expect(abs(attempts.filter { $0.tenant == tenant(2) }.count - 100) <= 3)
        #expect(abs(attempts.filter { $0.tenant == tenant(1) }.count - 25) <= 2)
        #expect(abs(attempts.filter { $0.tenant == tenant(3) }.count - 20) <= 2)
    }

    @Test func `transactional goes before bulk, and every eighth start is bulk's`() {
        var queue = queue()
        for number in 0..<100 { queue.add(item(number, stream: .bulk), now: 0) }
        for number in 100..<200 { queue.add(item(number, stream: .transactional), now: 0) }
        let streams = queue.started(now: 0, limit: 80).map(\.stream)
        #expect(streams.prefix(7).allSatisfy { $0 == .transactional })
        #expect(streams.filter { $0 == .bulk }.count == 10)
        #expect(queue.started(now: 0).count == 120)
    }

    @Test func `lanes take turns when not everything may start at once`() {
        var queue = queue()
        for number in 0..<90 {
            queue.add(item(number, lane: mailLane(["a", "b", "c"][number % 3])), now: 0)
        }
        let attempts = queue.started(now: 0, limit: 30)
        for name in ["a", "b", "c"] {
            #expect(attempts.filter { $0.lane.destination == name }.count == 10)
        }
    }

    @Test func `a destination that stands still does not hold up the others`() {
        var queue = queue(LaneLimits(maxConnections: 2))
        for number in 0..<1_000 { queue.add(item(number, lane: mailLane("slow")), now: 0) }
        #expect(queue.started(now: 0).count == 2)
        for number in 0..<10 { queue.add(item(2_000 + number, lane: mailLane("fast\(number)")), now: 0) }
        #expect(queue.started(now: 0).count == 10)
    }
}
