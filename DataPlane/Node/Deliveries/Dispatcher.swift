import Doors
import EventLoop
import NodeProtocol
import Queue
import Service
import Spool

/// Keeps the queue, on one loop, and hands attempts to the workers of all loops.
///
/// It decides nothing about order or time: the queue does, and the router decides where mail leaves. It
/// records: what a worker reports becomes events,
/// goes to the spool as one group together with the webhooks that tell of it, and an entry is closed in the
/// group that ends its last recipient. Of what waits it holds only the queue's rows; a message itself is in
/// the cache when it came lately, and else is read from the spool by whoever needs it. Loop bound to the
/// first loop; workers come to it through `LoopBound`.
final class Dispatcher {
    /// Attempts that are started in one go, before the loop looks at its sockets again.
    private static let startsPerPump = 256
    private static let cachedMessages = 10_000
    /// Attempts that go elsewhere instead of leaving, until the connection is given back.
    private static let movesPerFinish = 64

    let loop: EventLoop
    let spool: Spool
    let recorder: Recorder
    let clock: WallClock
    let loader: MessageLoader
    let metrics: NodeMetrics
    let isHolding: Bool
    let lookups: DestinationLookups
    let store: QueueStore
    /// Starts work on the loop that a seat stands for.
    private let start: (Work, Int) -> Void
    var queue: MessageQueue
    var router: MailRouter
    var automation: Automation
    /// Attempts of the lane of lookups, by the domain whose answer they wait for.
    var lookedUp: [String: [Attempt]] = [:]
    /// What is on disk of the queue's control, and whether a newer state is about to be.
    var saved: QueueStore.Memory?
    var isSaveDue = false
    var cache = MessageCache(capacity: cachedMessages)
    /// Items that left the queue unfinished and wait for their message to be read.
    var leaving: [MessageID: Int] = [:]
    var order = WriteOrder()
    /// Outcomes that the disk has not taken yet: while there are any, no attempt starts.
    var unwritten = 0
    private var outcomeCounters: OutcomeCounters
    private var seats = Seats()
    private var wake: TimerHandle?
    private var wakeAt = Queue.Timestamp.distantFuture
    private(set) var isStopping = false

    init(
        on loop: EventLoop, spool: Spool, recorder: Recorder, router: MailRouter, lookups: DestinationLookups,
        store: QueueStore, clock: WallClock, metrics: NodeMetrics, loader: MessageLoader, isHolding: Bool,
        seed: UInt64,
        start: @escaping (Work, Int) -> Void
    ) {
        self.loop = loop
        self.spool = spool
        self.recorder = recorder
        self.router = router
        self.lookups = lookups
        self.store = store
        self.clock = clock
        self.metrics = metrics
        outcomeCounters = OutcomeCounters(metrics)
        self.loader = loader
        self.isHolding = isHolding
        self.start = start
        queue = MessageQueue(policies: router.policies, seed: seed)
        automation = Automation(router.shaping)
    }

    var waitingCount: Int { queue.count }
    var inFlightCount: Int { queue.inFlightCount }

    /// Takes in messages that were accepted just now and are on disk.
    func add(_ messages: [OpenMessage]) {
        let now = timestamp()
        for message in messages {
            cache.insert(message)
            enqueue(message, now)
        }
        pump(now)
    }

    private func enqueue(_ message: OpenMessage, _ now: Queue.Timestamp) {
        for item in Lanes.items(of: message, lane: { lane(of: message.id, $0, to: $1) }) {
            queue.add(item, now: now)
        }
    }

    /// Takes in what the process before this one left in the spool.
    ///
    /// - Parameter held: recipients that operators kept back.
    func restore(_ messages: [OpenMessage], held: [MessageID: Set<UInt16>]) {
        let now = timestamp()
        for message in messages {
            enqueue(message, now)
            if let recipients = held[message.id] { queue.hold(message.id, recipients: recipients, now: now) }
        }
        pump()
    }

    /// What this node knows of a tenant's message, as long as it is open or was not long ago.
    func status(of id: MessageID, tenant: TenantID) async -> MessageStatus? {
        var message = cache[id]
        if message == nil, queue.contains(id) { message = try? await loader.load(id).message }
        guard let message, message.entry.tenant == tenant else { return nil }
        return message.status
    }

    /// Decides by another snapshot from now on.
    func take(_ snapshot: Snapshot) {
        let now = timestamp()
        queue.setInactive(snapshot.inactiveTenants, now: now)
        if router.update(snapshot.shaping) {
            queue.setPolicies(router.policies, now: now)
            automation.update(router.shaping)
            queue.unparkAll(now: now)
        }
        pump()
    }

    /// Starts nothing more; what is in flight comes back.
    func stop() { isStopping = true }

    // MARK: Attempts

    /// Takes a worker's report, records it, and gives the worker the next attempt of its lane, if there is
    /// one.
    func finish(_ work: Work, _ report: WorkReport) -> Work? {
        let now = timestamp()
        // What had to go before this attempt came back is told first, so that the last to go closes the
        // entry.
        expire(now)
        let attempt = work.attempt
        let finished = queue.finish(
            attempt, result: Self.result(report, now), reply: report.results.first?.event.response?.text,
            now: now)
        if report.isThrottled { queue.report(attempt.lane, .throttled, reason: nil, now: now) }
        observe(report, of: attempt, now)
        let onDisk = record(work, report, finished)
        expire(now)
        let next = isStopping || unwritten > 0 ? nil : nextWork(on: attempt.slot, after: onDisk, now)
        if next == nil {
            queue.release(attempt.slot, now: now)
            seats.release(attempt.slot)
        }
        pump(now)
        return next
    }

    private static func result(_ report: WorkReport, _ now: Queue.Timestamp) -> AttemptResult {
        if report.isUntried { return .retry(at: nil, recipients: nil) }
        guard report.results.contains(where: { $0.event.kind == .deferred }) else { return .done }
        let waiting = report.results.filter { $0.event.kind == .deferred }
        let asked = waiting.compactMap(\.retryAfterMilliseconds).max()
        if report.isLaneFailure { return .laneFailed(retryAfterMilliseconds: asked) }
        return .retry(
            at: asked.map { now.advanced(byMilliseconds: $0) },
            recipients: RecipientIndexes(waiting.map(\.recipient)))
    }

    private func nextWork(on slot: SlotID, after previous: Milestone?, _ now: Queue.Timestamp) -> Work? {
        for _ in 0..<Self.movesPerFinish {
            guard let attempt = queue.nextOnLane(slot, now: now) else { return nil }
            if let work = begin(attempt, after: previous, now) { return work }
        }
        return nil
    }

    /// The milestone is reached when the outcome is on disk; nil when there is none.
    private func record(_ work: Work, _ report: WorkReport, _ finished: Finished) -> Milestone? {
        let id = work.attempt.id
        guard let message = cache[id] ?? report.message else {
            // The entry cannot be read by anybody: it goes, or it would come back at every start.
            if report.isDropped { giveUp(id, work.attempt.tenant) }
            return nil
        }
        var events: [Event] = []
        var wanted: [DeliveryNotices.Wanted] = []
        events.reserveCapacity(report.results.count)
        for place in report.results.indices {
            let recipient = Int(report.results[place].recipient)
            var event = report.results[place].event
            if event.kind == .deferred, case .waiting(let until) = finished {
                event.nextAttemptAt = until.milliseconds
            }
            if !report.results[place].isReportedByHost,
                let notice = recorder.notices.wanted(
                    event, of: message, index: recipient,
                    isRemoteReply: report.results[place].isRemoteReply)
            {
                wanted.append(notice)
            }
            cache.update(id) { $0.apply(event, to: recipient) }
            outcomeCounters.count(event.kind, by: work.attempt.lane.transport)
            events.append(event)
        }
        if report.isDropped { cache.update(id) { $0.drop() } }
        observe(events, message)
        let closes = !finished.isWithdrawn && isOver(id)
        guard !events.isEmpty || report.isDropped || report.isGivenUp && closes else { return nil }
        return commit(
            message, events, recorder.notices(wanted, of: message, original: report.original),
            closes: closes)
    }

    private func observe(_ events: [Event], _ message: OpenMessage) {
        guard case .mail(let mail) = message.entry else { return }
        for event in events where event.kind == .delivered {
            metrics.deliverySeconds.observe(Double(max(0, event.at - mail.acceptedAt)) / 1000)
        }
    }

    // MARK: Starting

    /// Starts what may start, and sets the timer for what may later.
    func pump() { pump(timestamp()) }

    private func pump(_ now: Queue.Timestamp) {
        guard !isHolding, !isStopping, unwritten == 0 else { return }
        expire(now)
        for attempt in queue.startable(now: now, limit: Self.startsPerPump) {
            if attempt.lane.transport == .lookup {
                lookUp(attempt, now)
            } else if let work = begin(attempt, after: nil, now) {
                start(work, seats.take(attempt.slot, on: attempt.lane))
            } else {
                queue.release(attempt.slot, now: now)
            }
        }
        arm(now)
    }

    /// Notes that the attempt is in flight; nil when it goes elsewhere: its slot is free for another.
    ///
    /// - Parameter previous: reached when the outcome of the attempt before on its slot is on disk.
    private func begin(
        _ attempt: Attempt, after previous: Milestone?, _ now: Queue.Timestamp
    ) -> Work? {
        var source: EgressSource?
        if attempt.lane.transport == .smtp, attempt.lane != Lanes.captured {
            switch verdict(attempt, now) {
            case .leave(let from): source = from
            case .move(let lane):
                _ = queue.reroute(attempt, to: lane, now: now)
                return nil
            case .park(let until, let reason):
                _ = queue.park(attempt, until: until, reason: reason, now: now)
                return nil
            }
        }
        var message: OpenMessage?
        cache.update(attempt.id) { cached in
            for index in attempt.recipients { cached.start(Int(index), attempt: Int(attempt.number)) }
            message = cached
        }
        return Work(attempt: attempt, message: message, source: source, previous: previous)
    }

    private func arm(_ now: Queue.Timestamp) {
        guard let next = queue.nextWake(now: now) else { return }
        if wake != nil, wakeAt <= next { return }
        wake?.cancel()
        wakeAt = next
        let bound = LoopBound(self, on: loop)
        wake = loop.after(.milliseconds(max(0, next.milliseconds(since: now)))) {
            bound.value.wake = nil
            bound.value.pump()
        }
    }

    func timestamp() -> Queue.Timestamp { Queue.Timestamp(milliseconds: clock.now()) }
}
