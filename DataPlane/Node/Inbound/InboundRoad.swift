import Admission
import Doors
import EventLoop
import NodeProtocol
import Service
import Spool

/// The way of a report from the door to the disk: an event for the journal and the webhooks that tell of it,
/// as one spool group.
///
/// The event is written as an update of its message, though that is closed as a rule: such an update belongs
/// to no entry, takes no memory, and after a crash the journal's event is derived from it like any other. So
/// the journal has the bounce of a message for certain when the door says 250, however long ago it left.
struct InboundRoad: InboundIntake {
    let hostName: String
    private let holder: SnapshotHolder
    private let spool: Spool
    private let webhooks: EventWebhooks
    private let dispatcher: LoopBound<Dispatcher>
    private let returnPaths: ReturnPaths
    private let clock: WallClock
    private let metrics: NodeMetrics
    private let reports: ReportRoad
    private let events: NoticeEvents
    private let memory = Locked(NoticeMemory())

    init(
        hostName: String, node: UInt16, holder: SnapshotHolder, spool: Spool, webhooks: EventWebhooks,
        dispatcher: LoopBound<Dispatcher>, returnPaths: ReturnPaths, reports: ReportRoad, clock: WallClock,
        metrics: NodeMetrics
    ) {
        self.hostName = hostName
        self.holder = holder
        self.spool = spool
        self.webhooks = webhooks
        self.dispatcher = dispatcher
        self.returnPaths = returnPaths
        self.reports = reports
        self.clock = clock
        self.metrics = metrics
        events = NoticeEvents(node: node)
    }

    var complaintHost: String? { holder.current?.global.serviceHost }

    func proof(of address: String) throws(Refusal) -> ReturnPath.Proof? {
        guard let snapshot = holder.current else {
            throw Refusal(.notConfigured, "this node has not been configured yet", retryAfterSeconds: 5)
        }
        return returnPaths.current.proof(of: address) { snapshot.owner(ofDomain: $0) }
    }

    func names(_ recipient: String, in proof: ReturnPath.Proof) async -> Bool? {
        if let answer = returnPaths.current.names(recipient, in: proof) { return answer }
        let mail = await mail(proof.message, of: proof.tenant)
        return mail.map { $0.log.recipients.contains { $0.lowercased() == recipient.lowercased() } }
    }

    func passOn(
        _ outcomes: [ReportedOutcome], to address: String, _ proof: ReturnPath.Proof
    ) async throws(Refusal) -> Int {
        try await reports.passOn(PassedReport(address: address, outcomes: outcomes), proof, mayAsk: true)
    }

    func note(_ outcome: InboundOutcome) { metrics.inbound(outcome.rawValue).increment() }

    func record(_ notices: [InboundNotice]) async throws(Refusal) {
        var made: [Made] = []
        for notice in notices {
            let mail = await mail(notice.proof.message, of: notice.proof.tenant)
            let paths = returnPaths.current
            let possible = mail?.log.recipients.filter { paths.names($0, in: notice.proof) ?? true } ?? []
            let only = possible.count == 1 ? possible.first : nil
            let event = events.event(notice, mail, only: only, now: clock.now())
            let isCertain =
                event.recipient.map { notice.isCertain || possible.contains($0) }
                ?? notice.proof.isOfOneRecipient
            made.append(Made(event: event, mail: mail, isCertain: isCertain))
        }
        let keys = made.map { NoticeMemory.Key($0.event) }
        switch memory.withLock({ $0.claim(keys) }) {
        case .inProgress:
            throw Refusal(.requestInProgress, "the same report is being recorded", retryAfterSeconds: 5)
        case .new(let places):
            guard !places.isEmpty else { return }
            do throws(SpoolError) { try await commit(places.map { made[$0] }) } catch {
                memory.withLock { $0.settle(keys, onDisk: false) }
                throw Refusal(error)
            }
            memory.withLock { $0.settle(keys, onDisk: true) }
        }
    }

    /// An event and what is known of its message.
    private struct Made {
        let event: Event
        let mail: MailEntry?
        /// Whether it is certain that the message went to the recipient; else no webhook tells of him, and
        /// the control plane, whose log knows, decides.
        let isCertain: Bool
    }

    private func commit(_ made: [Made]) async throws(SpoolError) {
        var records: [SpoolRecord] = []
        var journaled: [[UInt8]] = []
        var told: [EventWebhooks.Made] = []
        for one in made {
            let encoded = EventRecord.encode(one.event)
            journaled.append(encoded)
            records.append(.update(one.event.message, payload: SpoolUpdate.encoded(events: [encoded])))
            guard one.isCertain else { continue }
            told += webhooks.make(
                of: [one.event], log: one.mail?.log, tenant: holder.current?.tenant(one.event.tenant))
        }
        records += told.map(\.record)
        records += await giveUp(made.map(\.event)).map { .closed($0) }
        _ = try await spool.commit(SpoolGroup(records: records, events: journaled))
        guard !told.isEmpty else { return }
        let messages = told.map(\.message)
        dispatcher.loop.execute { [dispatcher] in dispatcher.value.add(messages) }
    }

    private func mail(_ message: MessageID, of tenant: TenantID) async -> MailEntry? {
        let mail = try? await dispatcher.loop.run { [dispatcher] in
            await dispatcher.value.mail(message, of: tenant)
        }
        return mail ?? nil
    }

    private func giveUp(_ events: [Event]) async -> [MessageID] {
        let done = try? await dispatcher.loop.run { [dispatcher] in await dispatcher.value.giveUp(events) }
        return done ?? []
    }
}
