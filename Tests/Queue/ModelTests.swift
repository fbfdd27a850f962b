import NodeProtocol
import Testing

@testable import Queue

/// A plain list of items that follows the same rules without any cleverness, to check the queue against.
private struct Model {
    struct Row {
        var item: QueueItem
        var state: QueueState
        /// Order of becoming ready.
        var readyAt = 0
        var isHeldWhenBack = false
        var isCancelledWhenBack = false
    }

    var rows: [Int: Row] = [:]
    var counter = 0
    var suspendedTenants: Set<TenantID> = []
    /// To be handed out by the queue.
    var cancelledWhenBack: Set<Int> = []

    mutating func settle(_ key: Int, now: Timestamp) {
        guard var row = rows[key] else { return }
        counter += 1
        if row.item.due <= now {
            row.state = .queued
            row.readyAt = counter
        } else {
            row.state = row.item.attempts == 0 ? .scheduled : .deferred
        }
        rows[key] = row
    }

    /// What expires and what becomes ready by the time alone, in order of time.
    mutating func advance(to now: Timestamp) -> Set<Int> {
        var expired: Set<Int> = []
        for (key, row) in rows where row.state != .sending && row.item.deadline <= now { expired.insert(key) }
        for key in expired { rows[key] = nil }
        let due = rows.filter {
            ($0.value.state == .scheduled || $0.value.state == .deferred) && $0.value.item.due <= now
        }
        for (key, _) in due.sorted(by: { ($0.value.item.due, $0.key) < ($1.value.item.due, $1.key) }) {
            settle(key, now: now)
        }
        return expired
    }

    func eligible(now: Timestamp) -> [Int: Row] {
        rows.filter { $0.value.state == .queued && !suspendedTenants.contains($0.value.item.tenant) }
    }
}

@Suite struct ModelTests {
    private static let lanes = ["a", "b", "c"].map(mailLane)

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `agrees with a plain model under random operations`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limits = LaneLimits(maxConnections: 3, maxInFlight: 2)
        var queue = queue(limits)
        var model = Model()
        var now: Timestamp = 1_000
        var flights: [(attempt: Attempt, key: Int)] = []
        var next = 0
        for step in 0..<400 {
            let comment: Comment = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<12, using: &random) {
            case 0...3:
                let item = Self.randomItem(next, now: now, using: &random)
                queue.add(item, now: now)
                model.rows[next] = .init(item: item, state: .queued)
                if item.deadline > now { model.settle(next, now: now) }
                next += 1
            case 4, 5:
                try Self.start(&queue, &model, &flights, limits, now, comment, using: &random)
            case 6, 7:
                guard let index = flights.indices.randomElement(using: &random) else { continue }
                try Self.finish(&queue, &model, flights.remove(at: index), now, comment, using: &random)
            case 8:
                guard let key = model.rows.keys.sorted().randomElement(using: &random) else { continue }
                Self.control(&queue, &model, key, now, comment, using: &random)
            case 9:
                let id = tenant(Int.random(in: 0..<3, using: &random))
                if model.suspendedTenants.remove(id) != nil {
                    queue.lift(id.description, now: now)
                } else {
                    model.suspendedTenants.insert(id)
                    queue.impose(
                        Restriction(
                            id: id.description, scope: .tenant(id), effect: .suspend, reason: "test",
                            since: now),
                        now: now)
                }
            default:
                if Bool.random(using: &random), let wake = queue.nextWake(now: now) {
                    now = max(now, wake)
                } else {
                    now = now + Int64.random(in: 0..<3_000, using: &random)
                }
            }
            let gone = queue.takeExpired(now: now)
            let expired = Set(gone.filter { $0.reason == .deadline }.map(\.id))
            #expect(expired == Set(model.advance(to: now).map(message)), comment)
            let cancelled = Set(gone.filter { $0.reason == .cancelled }.map(\.id))
            #expect(cancelled == Set(model.cancelledWhenBack.map(message)), comment)
            model.cancelledWhenBack = []
            Self.compare(queue, model, flights.count, now, comment, inDepth: step % 8 == 0)
        }
    }

    private static func randomItem(_ number: Int, now: Timestamp, using random: inout SeededGenerator)
        -> QueueItem
    {
        item(
            number, tenant: Int.random(in: 0..<3, using: &random),
            lane: lanes.randomElement(using: &random) ?? mailLane("a"),
            due: now + Int64.random(in: -2_000..<4_000, using: &random),
            deadline: now + Int64.random(in: -50..<20_000, using: &random),
            stream: Bool.random(using: &random) ? .bulk : .transactional,
            recipients: RecipientIndexes(Array(0..<UInt16.random(in: 1..<4, using: &random))))
    }

    /// What starts was eligible, was the first of its tenant and stream in its lane, keeps the limits, and
    /// nothing that could start is left.
    private static func start(
        _ queue: inout MessageQueue, _ model: inout Model, _ flights: inout [(attempt: Attempt, key: Int)],
        _ limits: LaneLimits, _ now: Timestamp, _ comment: Comment, using random: inout SeededGenerator
    ) throws {
        var attempts = queue.startable(now: now, limit: 1_000)
        while !attempts.isEmpty {
            let attempt = attempts.removeFirst()
            let eligible = model.eligible(now: now)
            let (key, row) = try #require(eligible.first { message($0.key) == attempt.id }, comment)
            let rivals = eligible.values.filter {
                $0.item.lane == row.item.lane && $0.item.tenant == row.item.tenant
                    && $0.item.stream == row.item.stream
            }
            #expect(rivals.allSatisfy { $0.readyAt >= row.readyAt }, comment)
            #expect(attempt.deadline > now, comment)
            if Int.random(in: 0..<8, using: &random) == 0 {
                let lane = lanes.randomElement(using: &random) ?? row.item.lane
                #expect(queue.reroute(attempt, to: lane, now: now) == .waiting(until: now), comment)
                queue.release(attempt.slot, now: now)
                model.rows[key]?.item.lane = lane
                model.settle(key, now: now)
                if attempts.isEmpty { attempts = queue.startable(now: now, limit: 1_000) }
                continue
            }
            model.rows[key]?.state = .sending
            model.rows[key]?.item.attempts += 1
            flights.append((attempt, key))
            if attempts.isEmpty { attempts = queue.startable(now: now, limit: 1_000) }
        }
        for lane in lanes {
            let inFlight = flights.filter { $0.attempt.lane == lane }.count
            #expect(inFlight <= limits.maxInFlight, comment)
            let isWaiting = model.eligible(now: now).values.contains { $0.item.lane == lane }
            if inFlight < limits.maxInFlight { #expect(!isWaiting, comment) }
        }
    }

    private static func finish(
        _ queue: inout MessageQueue, _ model: inout Model, _ flight: (attempt: Attempt, key: Int),
        _ now: Timestamp, _ comment: Comment, using random: inout SeededGenerator
    ) throws {
        let row = try #require(model.rows[flight.key], comment)
        if Bool.random(using: &random) {
            #expect(queue.finish(flight.attempt, result: .done, now: now) == .removed, comment)
            model.rows[flight.key] = nil
        } else {
            let due = now + Int64.random(in: 0..<5_000, using: &random)
            let finished = queue.finish(flight.attempt, result: .retry(at: due, recipients: nil), now: now)
            if row.isCancelledWhenBack {
                #expect(finished == .cancelled(row.item.recipients), comment)
                model.rows[flight.key] = nil
                model.cancelledWhenBack.insert(flight.key)
            } else if row.item.deadline <= now {
                #expect(finished == .expired, comment)
                // Still in the model as waiting, so that its expiry is compared with what the queue hands
                // out.
                model.rows[flight.key]?.state = .deferred
            } else {
                model.rows[flight.key]?.item.due = due
                model.rows[flight.key]?.isHeldWhenBack = false
                if row.isHeldWhenBack {
                    #expect(finished == .held, comment)
                    model.rows[flight.key]?.state = .held
                } else {
                    #expect(finished == .waiting(until: due), comment)
                    model.settle(flight.key, now: now)
                }
            }
        }
        queue.release(flight.attempt.slot, now: now)
    }

    private static func control(
        _ queue: inout MessageQueue, _ model: inout Model, _ key: Int, _ now: Timestamp, _ comment: Comment,
        using random: inout SeededGenerator
    ) {
        let state = model.rows[key]?.state
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            let report = queue.cancel(message(key), now: now)
            #expect(report.sending == (state == .sending ? 1 : 0), comment)
            if state == .sending {
                model.rows[key]?.isCancelledWhenBack = true
            } else {
                model.rows[key] = nil
            }
        case 1:
            queue.hold(message(key), now: now)
            if state == .sending {
                model.rows[key]?.isHeldWhenBack = true
            } else {
                model.rows[key]?.state = .held
            }
        case 2:
            queue.unhold(message(key), now: now)
            model.rows[key]?.isHeldWhenBack = false
            if state == .held { model.settle(key, now: now) }
        default:
            queue.requeue(message(key), now: now)
            guard state == .scheduled || state == .deferred else { return }
            model.rows[key]?.item.due = now
            model.settle(key, now: now)
        }
    }

    private static func compare(
        _ queue: borrowing MessageQueue, _ model: Model, _ inFlight: Int, _ now: Timestamp,
        _ comment: Comment,
        inDepth: Bool
    ) {
        #expect(queue.count == model.rows.count, comment)
        #expect(queue.inFlightCount == inFlight, comment)
        var counts = StateCounts()
        for (key, row) in model.rows {
            counts[row.state] += row.item.recipients.count
            guard inDepth else { continue }
            let states = queue.explain(message(key), now: now).map(\.state)
            #expect(states == [row.state], comment)
        }
        #expect(queue.summary(now: now).counts == counts, comment)
        let times = model.rows.values.compactMap { row -> Timestamp? in
            switch row.state {
            case .sending: nil
            case .scheduled, .deferred: min(row.item.due, row.item.deadline)
            case .queued, .held: row.item.deadline
            }
        }
        if let soonest = times.min() {
            #expect((queue.nextWake(now: now) ?? .distantFuture) <= soonest, comment)
        }
    }
}
