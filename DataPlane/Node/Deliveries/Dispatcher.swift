import Doors
import EventLoop
import NodeProtocol
import Queue
import Service
import Spool

/// Keeps the queue and everything that is open, on one loop, and hands attempts to the workers of all loops.
///
/// It decides nothing about order or time: the queue does. It records: what a worker reports becomes events,
/// goes to the spool as one group together with the webhooks that tell of it, and only then is an entry
/// closed. Loop bound to the first loop; workers come to it through `LoopBound`.
final class Dispatcher {
    /// Attempts that are started in one go, before the loop looks at its sockets again.
    private static let startsPerPump = 256
    private static let rememberedMessages = 10_000

    private let loop: EventLoop
    private let spool: Spool
    private let recorder: Recorder
    private let lanes: Lanes
    private let clock: WallClock
    private let metrics: NodeMetrics
    private let isHolding: Bool
    /// Starts work on one of the loops.
    private let start: (Work) -> Void
    private var queue: MessageQueue
    private var open: [MessageID: OpenMessage] = [:]
    private var finished = RecentMessages(capacity: rememberedMessages)
    private var wake: TimerHandle?
    private var wakeAt = Queue.Timestamp.distantFuture
    private var isStopping = false
    /// Outcomes that the disk has not taken yet: while there are any, no attempt starts.
    private var unwritten = 0
    private var suspended: Set<TenantID> = []

    init(
        on loop: EventLoop, spool: Spool, recorder: Recorder, lanes: Lanes, policies: LanePolicyTable,
        clock: WallClock, metrics: NodeMetrics, isHolding: Bool, seed: UInt64, start: @escaping (Work) -> Void
    ) {
        self.loop = loop
        self.spool = spool
        self.recorder = recorder
        self.lanes = lanes
        self.clock = clock
        self.metrics = metrics
        self.isHolding = isHolding
        self.start = start
        queue = MessageQueue(policies: policies, seed: seed)
    }

    var waitingCount: Int { queue.count }
    var inFlightCount: Int { queue.inFlightCount }

    /// Takes in messages that are on disk.
    func add(_ messages: [OpenMessage]) {
        let now = timestamp()
        for message in messages {
            open[message.id] = message
            for item in lanes.items(of: message) { queue.add(item, now: now) }
        }
        pump()
    }

    func status(of id: MessageID, tenant: TenantID) -> MessageStatus? {
        guard let message = open[id] ?? finished[id], message.entry.tenant == tenant else { return nil }
        return message.status
    }

    /// Nothing of these tenants starts until a later call leaves them out.
    func suspend(_ tenants: Set<TenantID>) {
        let now = timestamp()
        for tenant in tenants.subtracting(suspended) {
            _ = queue.impose(
                Restriction(
                    id: "tenant-status:\(tenant)", scope: .tenant(tenant), effect: .suspend,
                    reason: "the tenant is not active", since: now),
                now: now)
        }
        for tenant in suspended.subtracting(tenants) { _ = queue.lift("tenant-status:\(tenant)", now: now) }
        suspended = tenants
        pump()
    }

    /// Starts nothing more; what is in flight comes back.
    func stop() { isStopping = true }

    // MARK: Attempts

    /// Takes a worker's report, records it, and gives the worker the next attempt of its lane, if there is
    /// one.
    func finish(_ work: Work, _ report: WorkReport) -> Work? {
        let now = timestamp()
        let attempt = work.attempt
        let waiting = report.results.filter { $0.event.kind == .deferred }
        let finished = queue.finish(
            attempt, result: Self.result(report, waiting, now),
            reply: report.results.first?.event.response?.text,
            now: now)
        if report.isThrottled { queue.report(attempt.lane, .throttled, reason: nil, now: now) }
        let onDisk = record(work, report, finished)
        expire(now)
        var next = isStopping || unwritten > 0 ? nil : nextWork(on: attempt.slot, now)
        next?.previous = onDisk
        if next == nil { queue.release(attempt.slot, now: now) }
        pump()
        return next
    }

    private static func result(
        _ report: WorkReport, _ waiting: [WorkReport.Result], _ now: Queue.Timestamp
    ) -> AttemptResult {
        if waiting.isEmpty { return .done }
        let asked = waiting.compactMap(\.retryAfterMilliseconds).max()
        if report.isLaneFailure { return .laneFailed(retryAfterMilliseconds: asked) }
        return .retry(
            at: asked.map { now.advanced(byMilliseconds: $0) },
            recipients: RecipientIndexes(waiting.map(\.recipient)))
    }

    private func nextWork(on slot: SlotID, _ now: Queue.Timestamp) -> Work? {
        while let attempt = queue.nextOnLane(slot, now: now) {
            if let work = begin(attempt) { return work }
            // Its entry is gone: nothing is left to send.
            _ = queue.finish(attempt, result: .done, now: now)
        }
        return nil
    }

    /// The milestone is reached when the outcome is on disk; nil when the message is gone.
    private func record(_ work: Work, _ report: WorkReport, _ finished: Finished) -> Milestone? {
        guard var message = open[work.attempt.id] else { return nil }
        var events: [Event] = []
        var wanted: [DeliveryNotices.Wanted] = []
        for result in report.results {
            var event = result.event
            if event.kind == .deferred, case .waiting(let until) = finished {
                event.nextAttemptAt = until.milliseconds
            }
            if let notice = recorder.notices.wanted(
                event, of: message, index: Int(result.recipient), isRemoteReply: result.isRemoteReply)
            {
                wanted.append(notice)
            }
            message.apply(event, to: Int(result.recipient))
            metrics.outcomes(work.attempt.lane.transport == .smtp ? "smtp" : "webhook", event.kind.rawValue)
                .increment()
            events.append(event)
        }
        if report.isDropped { message.recipients[0].state = .cancelled }
        observe(events, message)
        return commit(message, events, recorder.notices(wanted, of: message, original: report.original))
    }

    /// Writes the events and, when nothing of the message waits any more, closes its entry in the same group.
    @discardableResult
    private func commit(
        _ message: OpenMessage, _ events: [Event], _ notices: [DeliveryNotices.Made] = []
    ) -> Milestone {
        let recorded = recorder.record(
            events, of: message, closes: message.isFinished, notices: notices)
        if message.isFinished {
            open[message.id] = nil
            finished.insert(message)
        } else {
            open[message.id] = message
        }
        let milestone = Milestone()
        write(recorded, milestone)
        return milestone
    }

    /// Writes until the disk has it: an outcome that is not on disk would be an attempt made again after a
    /// restart.
    private func write(_ recorded: Recorder.Recorded, _ milestone: Milestone) {
        let bound = LoopBound(self, on: loop)
        spool.submit(recorded.group) { [recorder] result in
            switch result {
            case .success:
                milestone.reach()
                guard !recorded.messages.isEmpty else { return }
                bound.loop.execute { bound.value.add(recorded.messages) }
            case .failure(let error) where error.mayPass:
                bound.loop.execute { bound.value.writeAgain(recorded, milestone, error) }
            case .failure(let error):
                milestone.reach()
                recorder.reportLost(error)
            }
        }
    }

    private func writeAgain(_ recorded: Recorder.Recorded, _ milestone: Milestone, _ error: SpoolError) {
        recorder.reportUnwritten(error)
        unwritten += 1
        let bound = LoopBound(self, on: loop)
        loop.after(.seconds(1)) {
            bound.value.unwritten -= 1
            bound.value.write(recorded, milestone)
            bound.value.pump()
        }
    }

    private func expire(_ now: Queue.Timestamp) {
        for item in queue.takeExpired(now: now) {
            guard let message = open[item.id] else { continue }
            guard case .mail(let mail) = message.entry, mail.request != nil else {
                expire(item, original: nil)
                continue
            }
            // The sender may want to be told, and given the message back.
            let bound = LoopBound(self, on: loop)
            loop.spawn { [spool] in
                let original = try? await spool.body(of: item.id)
                bound.value.expire(item, original: original)
            }
        }
    }

    private func expire(_ item: Withdrawn, original: [UInt8]?) {
        guard var message = open[item.id] else { return }
        var events: [Event] = []
        var wanted: [DeliveryNotices.Wanted] = []
        for index in item.recipients {
            let event = recorder.expired(message, index: index, item: item, at: clock.now())
            if let notice = recorder.notices.wanted(
                event, of: message, index: Int(index), isRemoteReply: false)
            {
                wanted.append(notice)
            }
            message.apply(event, to: Int(index))
            events.append(event)
        }
        commit(message, events, recorder.notices(wanted, of: message, original: original))
    }

    private func observe(_ events: [Event], _ message: OpenMessage) {
        guard case .mail(let mail) = message.entry else { return }
        for event in events where event.kind == .delivered {
            metrics.deliverySeconds.observe(Double(max(0, event.at - mail.acceptedAt)) / 1000)
        }
    }

    // MARK: Starting

    /// Starts what may start, and sets the timer for what may later.
    private func pump() {
        guard !isHolding, !isStopping, unwritten == 0 else { return }
        let now = timestamp()
        expire(now)
        for attempt in queue.startable(now: now, limit: Self.startsPerPump) {
            if let work = begin(attempt) {
                start(work)
            } else {
                _ = queue.finish(attempt, result: .done, now: now)
                queue.release(attempt.slot, now: now)
            }
        }
        arm(now)
    }

    /// Notes that the attempt is in flight; nil when its message is gone.
    private func begin(_ attempt: Attempt) -> Work? {
        for index in attempt.recipients { open[attempt.id]?.start(Int(index), attempt: Int(attempt.number)) }
        return open[attempt.id].map { Work(attempt: attempt, entry: $0.entry) }
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

    private func timestamp() -> Queue.Timestamp { Queue.Timestamp(milliseconds: clock.now()) }
}

/// The last messages that were finished, so that a question right after delivery is answered here.
private struct RecentMessages {
    private let capacity: Int
    private var messages: [MessageID: OpenMessage] = [:]
    private var order: [MessageID] = []
    private var oldest = 0

    init(capacity: Int) { self.capacity = capacity }

    subscript(_ id: MessageID) -> OpenMessage? { messages[id] }

    mutating func insert(_ message: OpenMessage) {
        guard case .mail = message.entry, messages.updateValue(message, forKey: message.id) == nil else {
            return
        }
        if order.count < capacity {
            order.append(message.id)
        } else {
            messages[order[oldest]] = nil
            order[oldest] = message.id
            oldest = (oldest + 1) % capacity
        }
    }
}

extension SpoolError {
    /// Whether the same group may be taken later.
    fileprivate var mayPass: Bool {
        switch self {
        case .diskFailed, .diskLow, .overloaded, .recovering: true
        default: false
        }
    }
}
