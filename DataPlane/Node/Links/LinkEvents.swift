import Admission
import Doors
import EventLoop
import NodeProtocol
import Service
import Spool

/// The way of a followed link from the door to the disk: an event for the journal and the webhooks that tell
/// of it, as one spool group.
///
/// Any node takes the links of every message: the token says whose it is. The event is written as an update
/// of the message, which this node need not have, as `InboundRoad` does it; so an unsubscription is in the
/// journal for certain when the reader is told that it is done. Opens and clicks wait for nothing: they are
/// given up while the disk does not take them.
struct LinkEvents: LinkRoad {
    /// Who opens a message so soon after it was delivered was not waiting for it: a gateway looks through it.
    private static let soonMilliseconds: Int64 = 2_000

    private let node: UInt16
    private let holder: SnapshotHolder
    private let spool: Spool
    private let webhooks: EventWebhooks
    private let dispatcher: LoopBound<Dispatcher>
    private let file: UnsubscribedFile
    private let clock: WallClock
    private let metrics: NodeMetrics
    private let log: Log
    /// Unsubscriptions that this process has recorded.
    private let recorded = Locked(NoticeMemory())
    /// Those that are on their way to the disk: a mail program may post twice at the same moment.
    private let underWay = UnderWay<NoticeMemory.Key, Refusal>()

    init(
        node: UInt16, holder: SnapshotHolder, spool: Spool, webhooks: EventWebhooks,
        dispatcher: LoopBound<Dispatcher>, file: UnsubscribedFile, clock: WallClock, metrics: NodeMetrics,
        log: Log
    ) {
        self.node = node
        self.holder = holder
        self.spool = spool
        self.webhooks = webhooks
        self.dispatcher = dispatcher
        self.file = file
        self.clock = clock
        self.metrics = metrics
        self.log = log
    }

    func claim(_ token: String) -> TrackingClaim? { holder.current?.tracking?.claim(token) }

    func count(_ outcome: LinkOutcome) { metrics.links(outcome.rawValue).increment() }

    func note(_ visit: LinkVisit) {
        // A tenant who is gone has nobody who could ask for its events.
        guard holder.current?.tenant(visit.claim.tenant) != nil else { return count(.unknown) }
        guard !spool.statistics.isDiskLow else { return count(.failed) }
        dispatcher.loop.spawn { await write(visit) }
    }

    private func write(_ visit: LinkVisit) async {
        let now = clock.now()
        var visit = visit
        let message = await message(of: visit.claim)
        if let message, visit.reader.machineReason == nil,
            let at = message.delivered(to: visit.claim.recipient), now - at < Self.soonMilliseconds
        {
            visit.reader.machineReason = "soon_after_delivery"
        }
        let event = event(visit, at: now)
        let (group, told) = group(event, message)
        spool.submit(group) { result in
            guard case .success = result else { return count(.failed) }
            count(event.isOfMachine ? .machine : event.kind == .opened ? .opened : .clicked)
            enqueue(told)
        }
    }

    func unsubscribe(_ visit: LinkVisit) async throws(Refusal) {
        let claim = visit.claim
        // A tenant who is gone sends nothing to anybody.
        guard holder.current?.tenant(claim.tenant) != nil else { return count(.unknown) }
        let event = event(visit, at: clock.now())
        let key = NoticeMemory.Key(event)
        let isFirst = try await underWay.run(key) { () async throws(Refusal) in
            try await record(event, key, claim)
        }
        if !isFirst { count(.repeated) }
    }

    private func record(
        _ event: Event, _ key: NoticeMemory.Key, _ claim: TrackingClaim
    ) async throws(Refusal) {
        let isKnown = recorded.withLock { $0.claim([key]) } == .new([])
        // Who was taken off the list again and comes back to the same link means it.
        if isKnown, claim.isTest || isWithheld(claim) { return count(.repeated) }
        let (group, told) = group(event, await message(of: claim))
        do throws(SpoolError) {
            _ = try await commit(group, event)
        } catch {
            recorded.withLock { $0.settle([key], onDisk: false) }
            throw Refusal(error)
        }
        recorded.withLock { $0.settle([key], onDisk: true) }
        enqueue(told)
        guard !claim.isTest else { return count(.unsubscribed) }
        file.list.insert(claim.recipient, of: claim.tenant, at: event.at)
        do { try await file.save() } catch {
            // It holds while this process runs, and the event for good.
            log.error("an unsubscription would not survive a restart yet", ["error": .error(error)])
        }
        count(.unsubscribed)
    }

    /// A disk that is nearly full takes no webhooks; the unsubscription matters more.
    private func commit(_ group: SpoolGroup, _ event: Event) async throws(SpoolError) -> Committed {
        do throws(SpoolError) { return try await spool.commit(group) } catch {
            guard case .diskLow = error else { throw error }
            return try await spool.commit(self.group(event))
        }
    }

    private func isWithheld(_ claim: TrackingClaim) -> Bool {
        file.list.isWithheld(claim.recipient, of: claim.tenant, by: holder.current)
    }

    private func event(_ visit: LinkVisit, at now: Int64) -> Event {
        let claim = visit.claim
        let kind: EventKind =
            switch claim.act {
            case .open: .opened
            case .click: .clicked
            case .unsubscribe: .unsubscribed
            }
        var event = Event(
            kind, message: claim.message, tenant: claim.tenant, at: now, node: node,
            recipient: claim.recipient)
        event.reader = visit.reader
        event.isTest = claim.isTest
        return event
    }

    private func group(_ event: Event) -> SpoolGroup {
        let encoded = EventRecord.encode(event)
        return SpoolGroup(
            records: [.update(event.message, payload: SpoolUpdate.encoded(events: [encoded]))],
            events: [encoded])
    }

    private func group(
        _ event: Event, _ message: OpenMessage?
    ) -> (group: SpoolGroup, told: [OpenMessage]) {
        var group = group(event)
        let told = webhooks.make(
            of: [event], log: message?.mail?.log, tenant: holder.current?.tenant(event.tenant))
        group.records += told.map(\.record)
        return (group, told.map(\.message))
    }

    private func enqueue(_ messages: [OpenMessage]) {
        guard !messages.isEmpty else { return }
        dispatcher.loop.execute { [dispatcher] in dispatcher.value.add(messages) }
    }

    /// What this node still knows of the message; nil for one of another node, or of long ago.
    private func message(of claim: TrackingClaim) async -> OpenMessage? {
        guard claim.message.node == node else { return nil }
        let message = try? await dispatcher.loop.run { [dispatcher] in
            await dispatcher.value.message(claim.message, of: claim.tenant)
        }
        return message ?? nil
    }
}

extension OpenMessage {
    fileprivate var mail: MailEntry? {
        if case .mail(let mail) = entry { mail } else { nil }
    }

    /// When the recipient's host took it, in milliseconds since 1970; nil while it has not.
    fileprivate func delivered(to recipient: String) -> Int64? {
        status?.recipients.first { $0.address == recipient }?.deliveredAt
    }
}
