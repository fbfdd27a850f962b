import Admission
import Doors
import EventLoop
import NodeProtocol
import Service
import Spool

/// The road behind every door: admission, then the disk, then the queue; and only then the answer.
final class Road: Intake {
    /// What several messages that come at once are written in at most.
    private static let maxGroupBytes = 4 << 20
    private static let maxGroupMessages = 256

    let hostName: String
    private let admission: Admission
    private let holder: SnapshotHolder
    private let meters: Locked<Meters>
    private let spool: Spool
    private let bodies = BodyLog()
    private let webhooks: EventWebhooks
    private let dispatcher: LoopBound<Dispatcher>
    private let random: RandomWords
    private let clock: WallClock
    private let metrics: NodeMetrics
    private let wishes: ReportWishes?

    init(
        hostName: String, node: UInt16, holder: SnapshotHolder, spool: Spool, webhooks: EventWebhooks,
        dispatcher: LoopBound<Dispatcher>, random: RandomWords, clock: WallClock, metrics: NodeMetrics,
        unsubscribed: Unsubscribed = Unsubscribed(), wishes: ReportWishes? = nil
    ) {
        self.hostName = hostName
        admission = Admission(node: node, hostName: hostName) { unsubscribed.contains($0, of: $1) }
        meters = Locked(Meters(node: node))
        self.holder = holder
        self.spool = spool
        self.webhooks = webhooks
        self.dispatcher = dispatcher
        self.random = random
        self.clock = clock
        self.metrics = metrics
        self.wishes = wishes
    }

    func authenticate(
        _ credential: PresentedCredential, tenant: TenantID?, sourceIP: String
    ) throws(Refusal) -> Principal {
        try Authentication.authenticate(
            credential, tenant: tenant, sourceIP: sourceIP, snapshot: snapshot(), now: clock.now() / 1000)
    }

    func takeRate(
        _ principal: Principal, count: Int, for use: Meters.Use
    ) throws(Meters.RateExceeded) -> Meters.Standing? {
        let now = clock.now() / 1000
        let usage = holder.current?.usage(of: principal.tenant.id)
        return try meters.withLock { meters throws(Meters.RateExceeded) in
            try meters.takeRate(principal, count: count, for: use, usage: usage, now: now)
        }
    }

    func returnRate(_ principal: Principal, count: Int) {
        meters.withLock { $0.returnRate(principal, count: count) }
    }

    func submit(
        _ submission: consuming Submission, from principal: Principal
    ) async throws(Refusal) -> Receipt {
        let started = MonotonicTime.now()
        let item = KeyedSending.current?.item(of: submission)
        if let receipt = item?.receipt { return receipt }
        let door = submission.door
        do throws(Refusal) {
            let accepted = try admit(submission, from: principal, item)
            try await commit([accepted])
            report([accepted], since: started)
            return accepted.receipt
        } catch {
            metrics.refused(door, error.code.rawValue).increment()
            throw error
        }
    }

    func submit(
        _ submissions: [Submission], from principal: Principal
    ) async -> [Result<Receipt, Refusal>] {
        let started = MonotonicTime.now()
        let sending = KeyedSending.current
        var results: [Result<Receipt, Refusal>] = []
        var open: [(place: Int, message: AcceptedMessage)] = []
        var openBytes = 0
        for (place, submission) in submissions.enumerated() {
            let item = sending?.item(of: submission)
            do throws(Refusal) {
                if let receipt = item?.receipt {
                    results.append(.success(receipt))
                } else {
                    let accepted = try admit(submission, from: principal, item)
                    results.append(.success(accepted.receipt))
                    open.append((place, accepted))
                    openBytes += accepted.mail.bodyBytes
                }
            } catch {
                metrics.refused(submission.door, error.code.rawValue).increment()
                results.append(.failure(error))
            }
            let isFull = openBytes >= Self.maxGroupBytes || open.count >= Self.maxGroupMessages
            guard isFull || place == submissions.count - 1 else { continue }
            do throws(Refusal) {
                try await commit(open.map(\.message))
                report(open.map(\.message), since: started)
            } catch {
                for (place, message) in open {
                    metrics.refused(message.mail.log.origin.door, error.code.rawValue).increment()
                    results[place] = .failure(error)
                }
            }
            open.removeAll(keepingCapacity: true)
            openBytes = 0
        }
        return results
    }

    func submitAll(
        _ submissions: [Submission], from principal: Principal
    ) async throws(BatchRefusal) -> [Receipt] {
        let started = MonotonicTime.now()
        let sending = KeyedSending.current
        var receipts: [Receipt] = []
        var group = AtomicGroup()
        for (place, submission) in submissions.enumerated() {
            let item = sending?.item(of: submission)
            if let receipt = item?.receipt {
                receipts.append(receipt)
                continue
            }
            do throws(Refusal) {
                let message = try admit(submission, from: principal, item)
                do throws(Refusal) { try group.add(message) } catch {
                    returnQuota(of: [message])
                    throw error
                }
                receipts.append(message.receipt)
            } catch {
                returnQuota(of: group.messages)
                metrics.refused(submission.door, error.code.rawValue).increment()
                throw BatchRefusal(error, at: place)
            }
        }
        do throws(Refusal) { try await commit(group.messages) } catch {
            for message in group.messages {
                metrics.refused(message.mail.log.origin.door, error.code.rawValue).increment()
            }
            throw BatchRefusal(error, at: nil)
        }
        report(group.messages, since: started)
        return receipts
    }

    func now() -> Int64 { clock.now() }

    private func report(_ accepted: [AcceptedMessage], since started: MonotonicTime) {
        let time = MonotonicTime.now() - started
        for message in accepted {
            metrics.accepted(message.mail.log.origin.door).increment()
            metrics.acceptSeconds.observe(time)
        }
    }

    func status(of message: MessageID, tenant: TenantID) async -> MessageStatus? {
        try? await dispatcher.loop.run { [dispatcher] in
            await dispatcher.value.status(of: message, tenant: tenant)
        }
    }

    func cancelScheduled(
        _ message: MessageID, tenant: TenantID
    ) async throws(Refusal) -> MessageStatus? {
        try await onDispatcher { dispatcher async throws(Refusal) in
            try await dispatcher.cancelScheduled(message, tenant: tenant)
        }
    }

    func reschedule(
        _ message: MessageID, tenant: TenantID, to time: Int64
    ) async throws(Refusal) -> MessageStatus? {
        try await onDispatcher { dispatcher async throws(Refusal) in
            try await dispatcher.reschedule(message, tenant: tenant, to: time)
        }
    }

    private func onDispatcher(
        _ body: @escaping @Sendable (Dispatcher) async throws(Refusal) -> MessageStatus?
    ) async throws(Refusal) -> MessageStatus? {
        let result: Result<MessageStatus?, Refusal>? = try? await dispatcher.loop.run { [dispatcher] in
            do throws(Refusal) { return .success(try await body(dispatcher.value)) } catch {
                return .failure(error)
            }
        }
        guard let result else { throw Refusal(.stopping, "the node is stopping", retryAfterSeconds: 5) }
        return try result.get()
    }

    private func snapshot() throws(Refusal) -> Snapshot {
        guard let snapshot = holder.current else {
            throw Refusal(.notConfigured, "this node has not been configured yet", retryAfterSeconds: 5)
        }
        return snapshot
    }

    private func admit(
        _ submission: consuming Submission, from principal: Principal, _ item: KeyedSending.Item?
    ) throws(Refusal) -> AcceptedMessage {
        let snapshot = try snapshot()
        let now = clock.now()
        let admitted = try admission.admit(
            submission, from: principal, snapshot: snapshot, now: now,
            random: (random.next(), random.next(), random.next()),
            takeQuota: { recipients throws(Refusal) in
                try takeQuota(principal.tenant, snapshot, recipients, now / 1000)
            })
        let mail = MailEntry(admitted)
        let events = AcceptedEvents.make(id: admitted.id, mail: mail, node: admission.node)
        let tenant = principal.tenant
        let bodyBytes = BodyLog.sealedBytes(of: admitted.message, mail, tenant)
        let journaled = AcceptedEvents.journaled(events, bodyBytes: bodyBytes) { record in
            bodies.seal(
                admitted.message, id: admitted.id, mail: mail, tenant: tenant, snapshot: snapshot,
                now: now / 1000, behind: &record)
        }
        return AcceptedMessage(
            admitted, mail: mail, webhooks: webhooks.make(of: events, mail: mail, tenant: tenant),
            journaled: journaled, item: item)
    }

    /// Puts messages on disk by one write, and into the queue.
    private func commit(_ messages: [AcceptedMessage]) async throws(Refusal) {
        guard !messages.isEmpty else { return }
        let group = SpoolGroup(
            records: messages.flatMap(\.records), events: messages.flatMap(\.journaled))
        do throws(SpoolError) {
            _ = try await spool.commit(group)
        } catch {
            returnQuota(of: messages)
            throw Refusal(error)
        }
        for message in messages {
            message.item?.wasQueued(message.receipt)
            wishes?.note(message.id, message.mail)
        }
        enqueue(messages.flatMap(\.opened))
    }

    private func returnQuota(of messages: [AcceptedMessage]) {
        for message in messages where !message.mail.log.isTest {
            meters.withLock {
                $0.returnQuota(message.mail.tenant, recipients: message.mail.log.recipients.count)
            }
        }
    }

    private func takeQuota(
        _ tenant: TenantRecord, _ snapshot: Snapshot, _ recipients: Int, _ now: Int64
    ) throws(Refusal) {
        let usage = snapshot.usage(of: tenant.id)
        try meters.withLock { meters throws(Refusal) in
            try meters.takeQuota(tenant, usage: usage, recipients: recipients, now: now)
        }
    }

    private func enqueue(_ messages: [OpenMessage]) {
        dispatcher.loop.execute { [dispatcher] in dispatcher.value.add(messages) }
    }
}

extension EventWebhooks.Made {
    var message: OpenMessage { OpenMessage(id: id, entry: .webhook(entry)) }
}

extension Refusal {
    /// What a caller is told when the disk did not take the message.
    init(_ error: SpoolError) {
        switch error {
        case .diskLow: self.init(.storageFull, "the node's disk is full", retryAfterSeconds: 60)
        case .diskFailed: self.init(.storageFailed, "the node's disk does not work", retryAfterSeconds: 30)
        case .overloaded, .recovering:
            self.init(.overloaded, "the node has more to do than it can take", retryAfterSeconds: 2)
        case .stopping: self.init(.stopping, "the node is stopping", retryAfterSeconds: 5)
        case .tooLarge: self.init(.messageTooLarge, "the message is larger than the node can store")
        case .empty, .duplicate, .unknownMessage, .corrupt, .lockedByAnother, .unknownFormat, .inconsistent:
            self.init(.storageFailed, "the message could not be stored", retryAfterSeconds: 30)
        }
    }
}
