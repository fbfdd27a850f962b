import NodeProtocol
import Testing

@testable import Queue

@Suite struct LimitTests {
    @Test func `a lane has no more connections than its limit, and a slot lasts until it is released`() throws
    {
        var queue = queue(LaneLimits(maxConnections: 3))
        for number in 0..<10 { queue.add(item(number), now: 0) }
        let attempts = queue.started(now: 0)
        #expect(attempts.count == 3)
        _ = queue.finish(attempts[0], result: .done, now: 1)
        #expect(queue.started(now: 1).isEmpty)
        let next = try #require(queue.nextOnLane(attempts[0].slot, now: 1) as Attempt?)
        #expect(next.id == message(3))
        _ = queue.finish(next, result: .done, now: 2)
        queue.release(attempts[0].slot, now: 2)
        #expect(queue.started(now: 2).map(\.id) == [message(4)])
        #expect(queue.nextOnLane(attempts[0].slot, now: 2) == nil)
        queue.release(attempts[0].slot, now: 2)
        #expect(queue.started(now: 2).isEmpty)
    }

    @Test func `attempts in flight are limited beside connections`() {
        var queue = queue(LaneLimits(maxConnections: 10, maxInFlight: 2))
        for number in 0..<10 { queue.add(item(number), now: 0) }
        let attempts = queue.started(now: 0)
        #expect(attempts.count == 2)
        _ = queue.finish(attempts[0], result: .done, now: 1)
        #expect(queue.started(now: 1).count == 1)
        #expect(queue.inFlightCount == 2)
    }

    @Test func `a rate lets a burst through and then keeps its pace exactly`() {
        var queue = queue(
            LaneLimits(maxConnections: 100, rate: Rate(count: 10, perMilliseconds: 1_000, burst: 3)))
        for number in 0..<20 { queue.add(item(number), now: 0) }
        var now: Timestamp = 10_000
        #expect(queue.started(now: now).count == 3)
        for _ in 0..<5 {
            let wake = queue.nextWake(now: now)
            #expect(wake == now + 100)
            #expect(queue.started(now: now + 99).isEmpty)
            now = now + 100
            #expect(queue.started(now: now).count == 1)
        }
        #expect(queue.started(now: now + 10_000).count == 3)
    }

    @Test func `a throttled lane halves its connections, then spaces its starts, and recovers step by step`()
        throws
    {
        var queue = queue(LaneLimits(maxConnections: 8))
        let lane = mailLane("a.example")
        for number in 0..<400 { queue.add(item(number, deadline: .distantFuture), now: 0) }
        var now: Timestamp = 0
        for expected in [4, 2, 1] {
            now = now + 10_000
            queue.report(lane, .throttled, reason: "421 too many", now: now)
            queue.report(lane, .throttled, reason: "421 same burst", now: now + 1)
            #expect(queue.laneReport(lane, now: now)?.connectionLimit == expected)
        }
        now = now + 10_000
        queue.report(lane, .throttled, reason: "421 still too many", now: now)
        let found = queue.laneReport(lane, now: now)
        let report = try #require(found)
        #expect(report.spacingMilliseconds == 1_000)
        #expect(report.adaptedReason == "421 still too many")
        #expect(report.adaptedSince == now)
        let first = try #require(queue.started(now: now).first)
        _ = queue.finish(first, result: .retry(at: .distantFuture, recipients: nil), now: now + 1)
        #expect(queue.nextOnLane(first.slot, now: now + 500) == nil)
        #expect(queue.nextWake(now: now + 500) == now + 1_000)
        let second = try #require(queue.nextOnLane(first.slot, now: now + 1_000) as Attempt?)
        for _ in 0..<200 { queue.report(lane, .success, now: now + 1_001) }
        #expect(queue.laneReport(lane, now: now + 1_001)?.connectionLimit == 8)
        #expect(queue.laneReport(lane, now: now + 1_001)?.adaptedSince == nil)
        _ = queue.finish(second, result: .done, now: now + 1_001)
        #expect(queue.started(now: now + 1_001).count == 7)
    }

    @Test func `a connection that is one too many takes no more work`() throws {
        var queue = queue(LaneLimits(maxConnections: 4))
        for number in 0..<20 { queue.add(item(number), now: 0) }
        let attempts = queue.started(now: 0)
        #expect(attempts.count == 4)
        queue.report(mailLane("a.example"), .throttled, now: 0)
        for attempt in attempts.prefix(2) {
            _ = queue.finish(attempt, result: .retry(at: .distantFuture, recipients: nil), now: 1)
            #expect(queue.nextOnLane(attempt.slot, now: 1) == nil)
            queue.release(attempt.slot, now: 1)
        }
        _ = queue.finish(attempts[2], result: .retry(at: .distantFuture, recipients: nil), now: 1)
        #expect((queue.nextOnLane(attempts[2].slot, now: 1) as Attempt?) != nil)
    }

    @Test func `a lane that cannot be reached pauses, probes with one connection and pauses longer`() throws {
        var queue = queue(LaneLimits(maxConnections: 5))
        let lane = mailLane("a.example")
        for number in 0..<20 { queue.add(item(number, deadline: .distantFuture), now: 0) }
        var now: Timestamp = 0
        let attempts = queue.started(now: now)
        #expect(attempts.count == 5)
        for attempt in attempts {
            _ = queue.finish(
                attempt, result: .laneFailed(retryAfterMilliseconds: nil), reply: "refused", now: now)
            queue.release(attempt.slot, now: now)
        }
        var pauses: [Int64] = []
        for _ in 0..<3 {
            let until = try #require(queue.laneReport(lane, now: now)?.pausedUntil)
            pauses.append(until.milliseconds(since: now))
            #expect(queue.started(now: until + -1).isEmpty)
            now = until
            let probes = queue.started(now: now)
            #expect(probes.count == 1)
            for probe in probes {
                _ = queue.finish(
                    probe, result: .laneFailed(retryAfterMilliseconds: nil), reply: "refused", now: now)
                queue.release(probe.slot, now: now)
            }
        }
        for (pause, base) in zip(pauses, [30_000, 60_000, 120_000] as [Int64]) {
            #expect((base * 9 / 10...base * 11 / 10).contains(pause))
        }
        #expect(queue.endPause(lane, now: now) == true)
        let probe = try #require(queue.started(now: now).first)
        _ = queue.finish(probe, result: .done, now: now)
        #expect(queue.laneReport(lane, now: now)?.pausedUntil == nil)
        #expect((queue.nextOnLane(probe.slot, now: now) as Attempt?) != nil)
    }

    @Test func `one failed connection beside working ones is a sign of too many, not an outage`() throws {
        var queue = queue(LaneLimits(maxConnections: 4))
        for number in 0..<20 { queue.add(item(number), now: 0) }
        let attempts = queue.started(now: 0)
        _ = queue.finish(attempts[0], result: .done, now: 1)
        _ = queue.finish(attempts[1], result: .laneFailed(retryAfterMilliseconds: nil), now: 2)
        let found = queue.laneReport(mailLane("a.example"), now: 2)
        let report = try #require(found)
        #expect(report.pausedUntil == nil)
        #expect(report.connectionLimit == 2)
    }

    @Test func `lanes with nothing left to do or to remember are dropped`() {
        var queue = queue(LaneLimits(maxConnections: 4, rate: Rate(count: 100, perMilliseconds: 1_000)))
        for number in 0..<100 { queue.add(item(number, lane: mailLane("d\(number)")), now: 0) }
        #expect(queue.laneCount == 100)
        queue.finishAll(queue.started(now: 0), now: 1)
        #expect(queue.laneCount == 0)
        queue.add(item(200), now: 1)
        let attempts = queue.started(now: 1)
        queue.report(mailLane("a.example"), .throttled, now: 1)
        queue.finishAll(attempts, now: 2)
        #expect(queue.laneCount == 1)
        _ = queue.started(now: 700_000)
        #expect(queue.laneCount == 0)
        #expect(queue.nextWake(now: 700_000) == nil)
    }

    @Test func `limits come from the first policy that matches`() {
        let table = LanePolicyTable.builtIn
        let google = mailLane("(alt1|alt2|alt3).gmail-smtp-in.l.google.com")
        #expect(table.policy(for: google).id == "google")
        #expect(table.policy(for: mailLane("mx.example.com")).id == "default")
        #expect(table.policy(for: mailLane("mx.a.example|mx1.orange.fr")).id == "orange")
        let endpoint = LaneKey(transport: .webhook, source: "", destination: "ep_google.com")
        #expect(table.policy(for: endpoint).id == "webhook")
        #expect(!DestinationPattern("*.google.com").matches("notgoogle.com"))
        #expect(DestinationPattern("*.Google.com").matches("GOOGLE.com"))
    }
}
