import NodeProtocol
import Testing

@testable import Queue

@Suite struct DeadlineTests {
    @Test func `an item expires exactly at its deadline while it is scheduled, queued, held or deferred`()
        throws
    {
        for state in [QueueState.scheduled, .queued, .held, .deferred] {
            var queue = queue(LaneLimits(maxConnections: 1))
            queue.add(item(0, tenant: 9, deadline: .distantFuture), now: 0)
            let blocking = try #require(queue.started(now: 0).first)
            queue.add(item(1, due: state == .scheduled ? 90_000 : 0, deadline: 50_000), now: 0)
            if state == .held { queue.hold(message(1), now: 0) }
            if state == .deferred {
                _ = queue.finish(blocking, result: .done, now: 1)
                let attempt = try #require(queue.nextOnLane(blocking.slot, now: 1) as Attempt?)
                let retry = AttemptResult.retry(at: 70_000, recipients: nil)
                #expect(
                    queue.finish(attempt, result: retry, reply: "450 later", now: 2)
                        == .waiting(until: 70_000))
            }
            #expect(queue.explain(message(1), now: 2).map(\.state) == [state])
            #expect(queue.takeExpired(now: 49_999).isEmpty)
            #expect(queue.nextWake(now: 49_999) == 50_000)
            let expired = queue.takeExpired(now: 50_000)
            #expect(expired.map(\.id) == [message(1)])
            #expect(expired.map(\.reason) == [.deadline])
            #expect(expired.first?.lastReply == (state == .deferred ? "450 later" : nil))
            #expect(queue.takeExpired(now: 60_000).isEmpty)
            #expect(queue.explain(message(1), now: 60_000).isEmpty)
        }
    }

    @Test func `an item in flight at its deadline expires when it comes back without success`() throws {
        for result in [
            AttemptResult.retry(at: nil, recipients: nil), .laneFailed(retryAfterMilliseconds: nil),
        ] {
            var queue = queue()
            queue.add(item(1, deadline: 1_000), now: 0)
            let attempt = try #require(queue.started(now: 999).first)
            #expect(queue.takeExpired(now: 5_000).isEmpty)
            #expect(queue.finish(attempt, result: result, now: 5_000) == .expired)
            #expect(queue.takeExpired(now: 5_000).map(\.id) == [message(1)])
        }
        var queue = queue()
        queue.add(item(1, deadline: 1_000), now: 0)
        let attempt = try #require(queue.started(now: 999).first)
        #expect(queue.finish(attempt, result: .done, now: 5_000) == .removed)
        #expect(queue.takeExpired(now: 5_000).isEmpty)
    }

    @Test func `an item past its deadline never starts, not even when it is added so`() {
        var queue = queue()
        queue.add(item(1, deadline: 10), now: 10)
        queue.add(item(2, deadline: 11), now: 10)
        #expect(queue.started(now: 11).isEmpty)
        #expect(Set(queue.takeExpired(now: 11).map(\.id)) == [message(1), message(2)])
        #expect(queue.count == 0)
        #expect(queue.laneCount == 0)
    }

    @Test func `a suspended tenant's items expire as any other`() {
        var queue = queue()
        let suspension = Restriction(
            id: "s", scope: .tenant(tenant(1)), effect: .suspend, reason: "abuse", since: 0)
        queue.impose(suspension, now: 0)
        queue.add(item(1, deadline: 1_000), now: 0)
        #expect(queue.started(now: 0).isEmpty)
        #expect(queue.nextWake(now: 0) == 1_000)
        #expect(queue.takeExpired(now: 1_000).count == 1)
    }

    @Test func `a webhook's tenth failure uses up its attempts`() throws {
        var queue = queue()
        let lane = LaneKey(transport: .webhook, source: "", destination: "ep_1")
        queue.add(item(1, lane: lane, deadline: .distantFuture), now: 0)
        var now: Timestamp = 0
        for number in 1...10 as ClosedRange<UInt16> {
            let attempt = try #require(queue.started(now: now).first)
            #expect(attempt.number == number)
            let finished = queue.finish(attempt, result: .retry(at: nil, recipients: nil), now: now)
            queue.release(attempt.slot, now: now)
            guard case .waiting(let until) = finished else {
                #expect(number == 10)
                #expect(finished == .expired)
                break
            }
            now = until
        }
        #expect(queue.takeExpired(now: now).map(\.reason) == [.attemptsUsedUp])
    }

    @Test func `a flood of timers of one moment is handled in portions, and all of it`() {
        var queue = queue(LaneLimits(maxConnections: 10_000))
        let count = MessageQueue.maxTimerStepsPerCall + 5_000
        for number in 0..<count { queue.add(item(number, deadline: 100_000), now: 0) }
        var expired = 0
        var calls = 0
        while queue.count > 0, calls < 100 {
            expired += queue.takeExpired(now: 100_000).count
            if queue.count > 0 { #expect(queue.nextWake(now: 100_000) == 100_000) }
            calls += 1
        }
        #expect(expired == count)
        #expect(calls > 1)
    }

    @Test func `a clock that goes back does no harm`() {
        var queue = queue()
        queue.add(item(1, due: 1_000), now: 5_000)
        queue.add(item(2, due: 6_000), now: 10)
        #expect(queue.started(now: 20).map(\.id) == [message(1)])
        #expect(queue.nextWake(now: 20) == 6_000)
        #expect(queue.started(now: 6_000).map(\.id) == [message(2)])
    }
}
