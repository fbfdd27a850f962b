import NodeProtocol
import Testing

@testable import Queue

@Suite struct ControlTests {
    @Test func `cancel withdraws every waiting item of a message and names those in flight`() throws {
        var queue = queue()
        queue.add(item(1, lane: mailLane("a"), recipients: [0]), now: 0)
        let attempt = try #require(queue.started(now: 0).first)
        queue.add(item(1, lane: mailLane("b"), recipients: [1, 2]), now: 0)
        queue.add(item(1, lane: mailLane("c"), due: 500, recipients: [3]), now: 0)
        queue.add(item(2, lane: mailLane("b")), now: 0)
        let report = queue.cancel(message(1), now: 1)
        #expect(report.sending == 1)
        #expect(Set(report.withdrawn.flatMap(\.recipients)) == [1, 2, 3])
        #expect(queue.started(now: 1_000).map(\.id) == [message(2)])
        let finished = queue.finish(attempt, result: .retry(at: nil, recipients: nil), now: 2)
        #expect(finished == .cancelled([0]))
        #expect(queue.finish(attempt, result: .done, now: 2) == .unknown)
        #expect(queue.cancel(message(1), now: 3) == CancelReport(withdrawn: [], sending: 0))
        #expect(queue.count == 1)
    }

    @Test func `a cancelled item in flight that is delivered counts as delivered`() throws {
        var queue = queue()
        queue.add(item(1), now: 0)
        let attempt = try #require(queue.started(now: 0).first)
        _ = queue.cancel(message(1), now: 0)
        #expect(queue.finish(attempt, result: .done, now: 1) == .removed)
    }

    @Test func `a held message waits for unhold, in whatever state it was`() throws {
        var queue = queue()
        queue.add(item(1), now: 0)
        queue.add(item(2, due: 1_000), now: 0)
        let attempt = try #require(queue.started(now: 0).first)
        #expect(queue.hold(message(1), now: 0) == 1)
        #expect(queue.hold(message(2), now: 0) == 1)
        #expect(queue.finish(attempt, result: .retry(at: 100, recipients: nil), now: 1) == .held)
        #expect(queue.started(now: 50_000).isEmpty)
        #expect(queue.unhold(message(2), now: 50_000) == 1)
        #expect(queue.started(now: 50_000).map(\.id) == [message(2)])
        #expect(queue.unhold(message(1), now: 50_000) == 1)
        #expect(queue.started(now: 50_000).map(\.id) == [message(1)])
        #expect(queue.hold(message(77), now: 50_000) == 0)
    }

    @Test func `requeue makes a deferred item due at once`() throws {
        var queue = queue()
        queue.add(item(1), now: 0)
        let attempt = try #require(queue.started(now: 0).first)
        _ = queue.finish(attempt, result: .retry(at: 900_000, recipients: nil), now: 0)
        queue.release(attempt.slot, now: 0)
        #expect(queue.started(now: 10).isEmpty)
        #expect(queue.requeue(message(1), now: 10) == 1)
        let again = try #require(queue.started(now: 10).first)
        #expect(again.number == 2)
    }

    @Test func `a scheduled message can be moved until it is due`() {
        var queue = queue()
        queue.add(item(1, due: 1_000), now: 0)
        #expect(queue.reschedule(message(1), due: 5_000, now: 0) == 1)
        #expect(queue.started(now: 1_000).isEmpty)
        #expect(queue.nextWake(now: 1_000) == 5_000)
        #expect(queue.reschedule(message(1), due: 2_000, now: 1_500) == 1)
        #expect(queue.started(now: 2_000).count == 1)
        #expect(queue.reschedule(message(1), due: 9_000, now: 2_000) == 0)
    }

    @Test func `only the recipients that were named are tried again`() throws {
        var queue = queue()
        queue.add(item(1, recipients: [4, 5, 6]), now: 0)
        let attempt = try #require(queue.started(now: 0).first)
        #expect(Array(attempt.recipients) == [4, 5, 6])
        #expect(queue.summary(of: tenant(1), now: 0).counts.sending == 3)
        _ = queue.finish(attempt, result: .retry(at: 10, recipients: [5]), now: 1)
        #expect(queue.summary(of: tenant(1), now: 1).counts.deferred == 1)
        #expect(queue.started(now: 10).map { Array($0.recipients) } == [[5]])
    }

    @Test
    func
        `a suspended lane, tenant, destination or tenant on a destination starts nothing until it is lifted`()
    {
        let scopes: [Restriction.Scope] = [
            .lane(mailLane("mx.a.example")), .tenant(tenant(1)),
            .destination(DestinationPattern("*.a.example")),
            .tenantOnDestination(tenant(1), DestinationPattern("mx.a.example")),
        ]
        for scope in scopes {
            for before in [true, false] {
                var queue = queue()
                let suspension = Restriction(
                    id: "x", scope: scope, effect: .suspend, reason: "test", since: 0)
                if before { queue.impose(suspension, now: 0) }
                queue.add(item(1, tenant: 1, lane: mailLane("mx.a.example")), now: 0)
                queue.add(item(2, tenant: 2, lane: mailLane("mx.b.example")), now: 0)
                if !before { queue.impose(suspension, now: 0) }
                #expect(queue.started(now: 1).map(\.id) == [message(2)])
                #expect(queue.explain(message(1), now: 1).map(\.wait) == [.restriction(suspension)])
                #expect(queue.lift("x", now: 2) == true)
                #expect(queue.started(now: 2).map(\.id) == [message(1)])
            }
        }
    }

    @Test func `a restriction ends by itself at its time`() {
        var queue = queue()
        queue.add(item(1), now: 0)
        queue.impose(
            Restriction(
                id: "x", scope: .destination(DestinationPattern("*")), effect: .suspend, reason: "pause",
                since: 0,
                until: 500), now: 0)
        #expect(queue.started(now: 499).isEmpty)
        #expect(queue.nextWake(now: 499) == 500)
        #expect(queue.started(now: 500).count == 1)
        #expect(queue.restrictions.isEmpty)
    }

    @Test func `a slow-down narrows a lane's limits and is lifted with them`() throws {
        var queue = queue(LaneLimits(maxConnections: 10))
        for number in 0..<20 { queue.add(item(number), now: 0) }
        queue.impose(
            Restriction(
                id: "x", scope: .destination(DestinationPattern("a.example")),
                effect: .slow(LimitCap(maxConnections: 2)), rule: "rule.7", reason: "asked for less", since: 0
            ),
            now: 0)
        #expect(queue.started(now: 0).count == 2)
        let found = queue.laneReport(mailLane("a.example"), now: 0)
        let report = try #require(found)
        #expect(report.limits.maxConnections == 2)
        #expect(report.restrictions.map(\.rule) == ["rule.7"])
        #expect(queue.explain(message(9), now: 0).map(\.wait) == [.connections(limit: 2)])
        queue.lift("x", now: 1)
        #expect(queue.started(now: 1).count == 8)
    }

    @Test func `a summary counts recipients by state and destination with the oldest age`() throws {
        var queue = queue(LaneLimits(maxConnections: 1))
        queue.add(item(1, lane: mailLane("a"), recipients: [0, 1]), now: 2_000)
        queue.add(item(2, lane: mailLane("a"), recipients: [0]), now: 2_000)
        queue.add(item(3, lane: mailLane("b"), due: 9_000), now: 2_000)
        queue.add(item(4, tenant: 2, lane: mailLane("b")), now: 2_000)
        _ = queue.started(now: 2_000)
        let summary = queue.summary(of: tenant(1), now: 3_000)
        #expect(summary.counts.sending == 2)
        #expect(summary.counts.queued == 1)
        #expect(summary.counts.scheduled == 1)
        #expect(summary.destinations.map(\.lane.destination) == ["a", "b"])
        #expect(summary.destinations.map(\.counts.total) == [3, 1])
        #expect(summary.oldestAgeMilliseconds == 2_000)
        #expect(queue.summary(now: 3_000).counts.total == 5)
        #expect(queue.summary(of: tenant(99), now: 3_000).counts.total == 0)
    }

    @Test func `explain tells place, limit, next attempt and the last reply`() throws {
        var queue = queue(LaneLimits(maxConnections: 1))
        for number in 0..<5 { queue.add(item(number), now: 0) }
        let attempt = try #require(queue.started(now: 0).first)
        let waiting = try #require(queue.explain(message(3), now: 0).first)
        #expect(waiting.place == 3)
        #expect(waiting.wait == .connections(limit: 1))
        #expect(waiting.lane.policyID == "test")
        #expect(queue.explain(message(0), now: 0).map(\.wait) == [.sending])
        let result = AttemptResult.retry(at: 60_000, recipients: nil)
        _ = queue.finish(attempt, result: result, reply: "451 4.7.1 greylisted", now: 5)
        let deferred = try #require(queue.explain(message(0), now: 5).first)
        #expect(deferred.state == .deferred)
        #expect(deferred.lastReply == "451 4.7.1 greylisted")
        #expect(deferred.nextAttempt == 60_000)
        #expect(deferred.lane.lastReply == "451 4.7.1 greylisted")
    }
}
