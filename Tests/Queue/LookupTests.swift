import NodeProtocol
import Testing

@testable import Queue

@Suite struct LookupTests {
    private let real = mailLane("mx.a.example")

    @Test func `mail waits in the lane of lookups until it is told where to go`() throws {
        var queue = queue(LaneLimits(maxConnections: 2))
        for number in 0..<4 { queue.add(item(number, lane: .lookup), now: 0) }
        let asked = queue.startable(now: 0, limit: 100)
        #expect(asked.map(\.number) == [0, 0])
        #expect(queue.explain(message(0), now: 0).map(\.wait) == [.lookup])
        #expect(queue.explain(message(0), now: 0).map(\.state) == [.queued])
        #expect(queue.counts.queued == 4)
        #expect(queue.reroute(asked[0], to: real, now: 1) == .waiting(until: 1))
        #expect(queue.reroute(asked[0], to: real, now: 1) == .unknown)
        #expect(queue.finish(asked[0], result: .done, now: 1) == .unknown)
        queue.release(asked[0].slot, now: 1)
        let next = queue.startable(now: 1, limit: 100)
        let sent = try #require(next.first { $0.lane == real })
        #expect(sent.id == message(0))
        #expect(sent.number == 1)
        #expect(next.contains { $0.lane == .lookup && $0.id == message(2) })
        #expect(queue.finish(sent, result: .done, now: 2) == .removed)
    }

    @Test func `an item that is moved on the way out has made no attempt and keeps its deadline`() throws {
        var queue = queue(LaneLimits(maxConnections: 1))
        queue.add(item(1, deadline: 50_000, attempts: 3), now: 0)
        let attempt = try #require(queue.started(now: 0).first)
        #expect(attempt.number == 4)
        #expect(queue.reroute(attempt, to: real, now: 0) == .waiting(until: 0))
        queue.release(attempt.slot, now: 0)
        #expect(queue.laneCount == 1)
        #expect(queue.explain(message(1), now: 0).map(\.attempts) == [3])
        let again = try #require(queue.started(now: 0).first)
        #expect(again.lane == real)
        #expect(again.number == 4)
        #expect(queue.reroute(again, to: .lookup, now: 60_000) == .expired)
        #expect(queue.takeExpired(now: 60_000).map(\.id) == [message(1)])
        #expect(queue.count == 0)
    }

    @Test func `what is looked up again at the head of a line comes back there, and uses up no rate`() throws
    {
        var queue = queue(LaneLimits(maxConnections: 1, rate: Rate(count: 1, perMilliseconds: 60_000)))
        for number in 0..<5 { queue.add(item(number, lane: real), now: 0) }
        let first = try #require(queue.startable(now: 0, limit: 1).first)
        #expect(queue.reroute(first, to: .lookup, now: 0) == .waiting(until: 0))
        queue.release(first.slot, now: 0)
        let started = queue.startable(now: 0, limit: 10)
        #expect(Set(started.map(\.id)) == [message(0), message(1)])
        let asked = try #require(started.first { $0.lane == .lookup })
        #expect(queue.reroute(asked, to: real, now: 0) == .waiting(until: 0))
        queue.release(asked.slot, now: 0)
        #expect(queue.explain(message(0), now: 0).map(\.place) == [1])
        #expect(queue.explain(message(2), now: 0).map(\.place) == [2])
    }

    @Test func `cancel and hold reach what is being looked up`() throws {
        var queue = queue(LaneLimits(maxConnections: 3))
        for number in 0..<2 { queue.add(item(number, lane: .lookup), now: 0) }
        let asked = queue.startable(now: 0, limit: 100)
        #expect(queue.cancel(message(0), now: 0).sending == 1)
        queue.hold(message(1), now: 0)
        #expect(queue.reroute(asked[0], to: real, now: 1) == .cancelled([0]))
        #expect(queue.reroute(asked[1], to: real, now: 1) == .held)
        for attempt in asked { queue.release(attempt.slot, now: 1) }
        #expect(queue.startable(now: 1, limit: 100).isEmpty)
        queue.unhold(message(1), now: 2)
        #expect(queue.startable(now: 2, limit: 100).map(\.lane) == [.lookup])
    }

    @Test func `a suspended destination does not keep lookups, a tenant that may not send does`() {
        var queue = queue()
        queue.add(item(1, tenant: 1, lane: .lookup), now: 0)
        queue.add(item(2, tenant: 2, lane: .lookup), now: 0)
        queue.impose(
            Restriction(id: "x", scope: .everything, effect: .suspend, reason: "r", since: 0), now: 0)
        queue.setInactive([tenant(2)], now: 0)
        let asked = queue.startable(now: 0, limit: 10)
        #expect(asked.map(\.id) == [message(1)])
        for attempt in asked { _ = queue.reroute(attempt, to: real, now: 0) }
        #expect(queue.startable(now: 0, limit: 10).isEmpty)
        queue.setInactive([], now: 1)
        #expect(queue.startable(now: 1, limit: 10).map(\.id) == [message(2)])
    }

    @Test func `any number of tenants may be inactive, at no cost to the others`() {
        var queue = queue()
        for number in 0..<2_000 { queue.add(item(number, tenant: number), now: 0) }
        queue.setInactive(Set((1..<2_000).map(tenant)), now: 0)
        #expect(queue.startable(now: 0, limit: 10).map(\.id) == [message(0)])
        #expect(queue.restrictions.isEmpty)
        #expect(
            queue.explain(message(7), now: 0).map(\.wait).contains {
                if case .restriction(let why) = $0 { why.id == "tenant-status" } else { false }
            })
        queue.setInactive([tenant(3)], now: 1)
        #expect(queue.startable(now: 1, limit: 5_000).count == 999)
    }

    @Test func `a lane is found again by its printed name`() {
        for lane in [real, .lookup, LaneKey(transport: .webhook, source: "s", destination: "a->b@c")] {
            #expect(LaneKey(text: lane.description) == lane)
        }
        for text in ["", "->", "a->b", "@smtp", "a@smtp->b", "a->b@ftp", "a->@"] {
            #expect(LaneKey(text: text) == nil, "\(text)")
        }
    }
}

@Suite struct ParkingTests {
    private let why = ParkingReason(plan: "slow", text: "enough for today")

    @Test func `a parked stream waits until its time, the tenant's other stream and other tenants go on`()
        throws
    {
        var queue = queue(LaneLimits(maxConnections: 1))
        for number in 0..<3 { queue.add(item(number, stream: .bulk), now: 0) }
        let first = try #require(queue.started(now: 0).first)
        #expect(queue.park(first, until: 5_000, reason: why, now: 0) == .waiting(until: 5_000))
        #expect(queue.nextOnLane(first.slot, now: 0) == nil)
        queue.release(first.slot, now: 0)
        #expect(queue.started(now: 4_999).isEmpty)
        #expect(queue.explain(message(1), now: 1).map(\.wait) == [.parked(until: 5_000, why)])
        queue.add(item(3, stream: .bulk), now: 10)
        queue.add(item(4, stream: .transactional), now: 10)
        queue.add(item(5, tenant: 2), now: 10)
        var seen: [MessageID] = []
        while let attempt = queue.started(now: 20).first {
            seen.append(attempt.id)
            queue.finishAll([attempt], now: 20)
        }
        #expect(Set(seen) == [message(4), message(5)])
        #expect(queue.nextWake(now: 20) == 5_000)
        let woken = try #require(queue.started(now: 5_000).first)
        #expect(woken.number == 1)
    }

    @Test func `unparking lets everything go on before its time`() throws {
        var queue = queue(LaneLimits(maxConnections: 1))
        queue.add(item(0), now: 0)
        let attempt = try #require(queue.started(now: 0).first)
        _ = queue.park(attempt, until: 5_000, reason: why, now: 0)
        queue.release(attempt.slot, now: 0)
        queue.unparkAll(now: 1)
        #expect(queue.started(now: 1).count == 1)
    }

    @Test func `what is parked expires, and leaves nothing behind`() throws {
        var queue = queue(LaneLimits(maxConnections: 1))
        queue.add(item(0, deadline: 1_000), now: 0)
        let attempt = try #require(queue.started(now: 0).first)
        _ = queue.park(attempt, until: 5_000, reason: why, now: 0)
        queue.release(attempt.slot, now: 0)
        #expect(queue.takeExpired(now: 1_000).count == 1)
        #expect(queue.laneCount == 0)
        queue.add(item(1), now: 1_000)
        #expect(queue.started(now: 1_000).count == 1)
        #expect(queue.started(now: 6_000).isEmpty)
    }
}
