import Delivery
import EventLoop
import MailAuth
import NodeProtocol
import Queue
import SMTPWire
import Spool

/// Makes the mail attempts of one loop: body from the spool, signature, delivery, and an event for each
/// recipient. Loop bound, as the delivery inside it.
final class MailWorker {
    private static let suspendedPauseMilliseconds: Int64 = 15 * 60_000

    private let loop: EventLoop
    private let delivery: any MailCarrier
    private let spool: Spool
    private let holder: SnapshotHolder
    private let keys: KeyRing
    private let returnPaths: ReturnPaths
    private let unsubscribed: Unsubscribed
    private let node: UInt16
    private let clock: WallClock
    /// Of the attempt before, in words: the next one mostly goes there too.
    private var lastLane: (key: LaneKey, text: String)?

    init(
        on loop: EventLoop, delivery: any MailCarrier, spool: Spool, holder: SnapshotHolder, keys: KeyRing,
        returnPaths: ReturnPaths, unsubscribed: Unsubscribed, node: UInt16, clock: WallClock
    ) {
        self.loop = loop
        self.delivery = delivery
        self.spool = spool
        self.holder = holder
        self.keys = keys
        self.returnPaths = returnPaths
        self.unsubscribed = unsubscribed
        self.node = node
        self.clock = clock
    }

    func shutDown() async { await delivery.shutDown() }

    /// - Parameters:
    ///   - due: when the message may first leave, in milliseconds since 1970.
    ///   - body: when it has been read already.
    func run(_ work: Work, _ mail: MailEntry, due: Int64, body: [UInt8]?) async -> WorkReport {
        let attempt = work.attempt
        guard let snapshot = holder.current, let tenant = snapshot.tenant(mail.tenant),
            tenant.status == .active
        else {
            return report(
                attempt, mail, .deferred, "the tenant is not active", after: Self.suspendedPauseMilliseconds)
        }
        // An address may have come on the list since the message was accepted, which may be a year ago.
        let gone = attempt.recipients.filter {
            unsubscribed.isWithheld(mail.address($0), of: mail.tenant, by: snapshot)
        }
        guard !gone.isEmpty else { return await send(work, mail, due, body, tenant, snapshot) }
        let left = attempt.recipients.filter { !gone.contains($0) }
        var report = WorkReport(results: [], isLaneFailure: false, isThrottled: false)
        if !left.isEmpty {
            report = await send(
                work.narrowed(to: RecipientIndexes(left)), mail, due, body, tenant, snapshot)
        }
        report.results += gone.map { suppressed(attempt, mail, $0) }
        return report
    }

    private func send(
        _ work: Work, _ mail: MailEntry, _ due: Int64, _ body: [UInt8]?, _ tenant: TenantRecord,
        _ snapshot: Snapshot
    ) async -> WorkReport {
        let attempt = work.attempt
        let signer: DKIMSigner
        do { signer = try keys.signer(domain: mail.senderDomain, tenant: tenant, snapshot: snapshot) } catch {
            let text = "the domain \(mail.senderDomain) cannot be signed for: \(error)"
            return report(attempt, mail, error == .domainGone ? .failed : .deferred, text)
        }
        let content: [UInt8]
        do { content = if let body { body } else { try await spool.body(of: attempt.id) } } catch {
            let isLost = error == .corrupt(attempt.id)
            let text = isLost ? LostMessage.response.text : "the message cannot be read: \(error)"
            return report(attempt, mail, isLost ? .failed : .deferred, text)
        }
        if mail.log.isTest { return captured(attempt, mail) }
        do throws(RecipientCopy.Failure) {
            let copy = try RecipientCopy.make(
                of: MovedDate.message(content, from: mail.firstDue, to: due), attempt.id, mail,
                for: attempt.recipients, tenant, snapshot)
            var report = await deliver(work, mail, due, copy, signer)
            if mail.request != nil { report.original = content }
            return report
        } catch {
            return report(attempt, mail, error == .unreadable ? .failed : .deferred, error.description)
        }
    }

    private func deliver(
        _ work: Work, _ mail: MailEntry, _ due: Int64, _ content: [UInt8], _ signer: DKIMSigner
    ) async -> WorkReport {
        let attempt = work.attempt
        let started = MonotonicTime.now()
        let recipients = attempt.recipients.compactMap { mail.recipient(Int($0)) }
        let sender =
            mail.log.envelopeSender.isEmpty
            ? nil
            : returnPaths.current.address(
                message: attempt.id, domain: mail.senderDomain, tenant: mail.tenant,
                recipients: recipients.map(\.address))
        // Of the message and not of the attempt, so that every attempt sends equal bytes.
        let seconds = Int(due / 1000)
        var request = DeliveryAttempt(
            sender: sender, recipients: recipients,
            domain: attempt.domain, lane: text(of: attempt.lane),
            content: content, envelope: mail.request.map { EnvelopeOptions($0) } ?? EnvelopeOptions())
        request.sign = { try signer.sign($0, at: seconds) }
        request.maxMessagesPerConnection = attempt.maxMessagesPerConnection
        if let source = work.source {
            request.localAddress = LocalAddresses(source)
            request.clientName = source.helloName
        }
        // A crash once the content leaves may have delivered these recipients: the record says which. Nobody
        // waits for it, because without it they would be in doubt all the same. The outcome of the message
        // before on this connection is waited for: so a crash leaves one message in doubt for each
        // connection.
        let record = SpoolUpdate.started(attempt: attempt.number, recipients: Array(attempt.recipients))
        spool.submit(SpoolGroup(records: [.update(attempt.id, payload: record.encoded())]))
        if let previous = work.previous, !previous.isReached {
            request.beforeContent = { await previous.reached() }
        }
        let outcomes = await delivery.deliver(request)
        let milliseconds = Int((MonotonicTime.now() - started).wholeMilliseconds)
        return report(attempt, mail, outcomes, milliseconds)
    }

    private func text(of lane: LaneKey) -> String {
        if let lastLane, lastLane.key == lane { return lastLane.text }
        let text = lane.description
        lastLane = (lane, text)
        return text
    }

    // MARK: Reports

    private func report(
        _ attempt: Attempt, _ mail: MailEntry, _ outcomes: [RecipientOutcome], _ milliseconds: Int
    ) -> WorkReport {
        var results: [WorkReport.Result] = []
        var isThrottled = false
        var unreached = 0
        for (position, outcome) in outcomes.enumerated() where position < attempt.recipients.count {
            let index = attempt.recipients[position]
            var event = blank(attempt, mail, index)
            event.durationMilliseconds = milliseconds
            var retryAfter: Int64?
            var isRemoteReply = true
            var isReportedByHost = false
            switch outcome.outcome {
            case .delivered(let delivered):
                event.kind = .delivered
                event.response = Event.Response(delivered.reply)
                event.remoteHost = delivered.host.name
                event.remoteID = delivered.queueID
                isReportedByHost = delivered.host.reportsDeliveries
            case .deferred(let undelivered), .bounced(let undelivered):
                event.kind = Self.kind(undelivered.classification)
                event.response = Event.Response(undelivered.reply)
                event.remoteHost = undelivered.host?.name
                isRemoteReply = undelivered.isRemoteReply
                event.classification = Event.Classification(
                    category: undelivered.classification.category.rawValue,
                    action: undelivered.classification.action.rawValue,
                    rule: undelivered.classification.ruleID, ruleSet: Classifier.ruleSet)
                retryAfter = undelivered.retryAfter?.wholeMilliseconds
                isThrottled = isThrottled || undelivered.classification.action == .slowLane
                if undelivered.classification.action == .suspendLane { unreached += 1 }
            }
            results.append(
                WorkReport.Result(
                    recipient: index, event: event, retryAfterMilliseconds: retryAfter,
                    isRemoteReply: isRemoteReply, isReportedByHost: isReportedByHost))
        }
        return WorkReport(
            results: results, isLaneFailure: !results.isEmpty && unreached == results.count,
            isThrottled: isThrottled)
    }

    /// Our own faults never count against a recipient: they fail the message and bounce nobody.
    private static func kind(_ classification: Classification) -> EventKind {
        guard classification.action.isFinal else { return .deferred }
        return classification.ruleID == "own" ? .failed : .bounced
    }

    /// The same event for every recipient: a fault of ours, or a wait.
    private func report(
        _ attempt: Attempt, _ mail: MailEntry, _ kind: EventKind, _ text: String,
        after milliseconds: Int64? = nil
    ) -> WorkReport {
        let results = attempt.recipients.map { index in
            var event = blank(attempt, mail, index)
            event.kind = kind
            event.response = Event.Response(code: kind == .failed ? 554 : 451, text: text)
            return WorkReport.Result(recipient: index, event: event, retryAfterMilliseconds: milliseconds)
        }
        return WorkReport(results: results, isLaneFailure: false, isThrottled: false)
    }

    /// A message of a test key goes no further than the log.
    private func captured(_ attempt: Attempt, _ mail: MailEntry) -> WorkReport {
        let results = attempt.recipients.map { index in
            var event = blank(attempt, mail, index)
            event.kind = .delivered
            event.response = Event.Response(code: 250, text: "captured: sent with a test key")
            event.remoteHost = "captured"
            return WorkReport.Result(recipient: index, event: event, retryAfterMilliseconds: nil)
        }
        return WorkReport(results: results, isLaneFailure: false, isThrottled: false)
    }

    /// No attempt is counted for who is on the list.
    private func suppressed(_ attempt: Attempt, _ mail: MailEntry, _ index: UInt16) -> WorkReport.Result {
        var event = blank(attempt, mail, index)
        event.kind = .suppressed
        event.attempt = nil
        event.response = Event.Response(
            code: 550, enhancedCode: "5.7.1",
            text: "the recipient came on the suppression list since the message was accepted")
        return WorkReport.Result(recipient: index, event: event, retryAfterMilliseconds: nil)
    }

    private func blank(_ attempt: Attempt, _ mail: MailEntry, _ index: UInt16) -> Event {
        var event = Event(
            .deferred, message: attempt.id, tenant: mail.tenant, at: clock.now(), node: node,
            recipient: mail.address(index))
        event.attempt = Int(attempt.number)
        return event
    }
}

extension MailEntry {
    /// The envelope address of a recipient; empty for an index that the entry does not have.
    func address(_ index: UInt16) -> String {
        Int(index) < log.recipients.count ? log.recipients[Int(index)] : ""
    }

    /// What stands behind the last `@`.
    static func domain(of address: String) -> String {
        guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return "" }
        return String(address[address.utf8.index(after: at)...]).lowercased()
    }
}

extension Event.Response {
    init(_ reply: SMTPReply) {
        self.init(code: reply.code, enhancedCode: reply.status?.description, text: reply.text)
    }
}

extension LocalAddresses {
    init(_ source: EgressSource) {
        self.init(
            ipv4: source.ipv4.flatMap { SocketAddress(ip: $0, port: 0) },
            ipv6: source.ipv6.flatMap { SocketAddress(ip: $0, port: 0) })
    }
}
