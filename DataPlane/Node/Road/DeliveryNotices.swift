import FoundationEssentials
import MailFormat
import NodeProtocol
import SMTPWire
import Spool

/// Reports by mail of what became of a message, for senders who asked for them by NOTIFY (RFC 3461).
///
/// The service tells its customers by events and webhooks; a report goes out only where the client asked for
/// it over SMTP, for this recipient and this outcome, and the envelope names a sender. It is a message of the
/// tenant like any other: signed for the sender's domain, from the null path, written into the same spool
/// group as the outcome that it tells of, and logged under the door `notice`. There is none about a notice,
/// about a test key's mail, or to an address that the tenant may not send to.
struct DeliveryNotices: Sendable {
    static let door = "notice"
    /// A report that cannot be delivered by then is given up.
    private static let deadlineMilliseconds: Int64 = 72 * 3_600_000

    /// What a notice is to say of one recipient.
    struct Wanted: Sendable {
        let index: Int
        let action: DeliveryNotice.Action
        let event: Event
        let isRemoteReply: Bool
        /// Another host's report, not an attempt of ours.
        var isPassedOn = false
    }

    /// A notice that is ready to be written.
    struct Made: Sendable {
        let id: MessageID
        let entry: MailEntry
        let body: [UInt8]

        var record: SpoolRecord { .entry(id, header: Entry.mail(entry).encoded(), body: body) }
        /// The events of its acceptance, as the journal has them.
        func journaled(node: UInt16) -> [[UInt8]] {
            AcceptedEvents.journaled(AcceptedEvents.make(id: id, mail: entry, node: node))
        }

        var message: OpenMessage { OpenMessage(id: id, entry: .mail(entry)) }
    }

    let ids: MessageIDs
    let hostName: String
    /// How long a message waits before its sender is told once that it does.
    let delayMilliseconds: Int64
    let unsubscribed: Unsubscribed

    /// What the sender wants to be told of an event, if anything. The message is as it was before the event.
    func wanted(
        _ event: Event, of message: OpenMessage, index: Int, isRemoteReply: Bool
    ) -> Wanted? {
        guard case .mail(let mail) = message.entry, let request = mail.request,
            request.recipients.indices.contains(index), let notify = request.recipients[index].notify,
            !mail.log.envelopeSender.isEmpty, !mail.log.isTest,
            let action = Self.action(event.kind), notify.contains(action.notification)
        else { return nil }
        if action == .delayed {
            let before =
                message.recipients.indices.contains(index) ? message.recipients[index].lastEvent : nil
            guard isLate(event, mail), before.map({ isLate($0, mail) }) != true else { return nil }
        }
        return Wanted(index: index, action: action, event: event, isRemoteReply: isRemoteReply)
    }

    private static func action(_ kind: EventKind) -> DeliveryNotice.Action? {
        switch kind {
        case .delivered: .relayed
        case .bounced, .expired, .failed, .suppressed: .failed
        case .deferred: .delayed
        default: nil
        }
    }

    /// Whether a message that is put off now has waited long enough for its sender to be told.
    private func isLate(_ event: Event, _ mail: MailEntry) -> Bool {
        event.at - max(mail.acceptedAt, mail.log.scheduledAt ?? 0) >= delayMilliseconds
    }

    /// One notice for each kind of outcome.
    ///
    /// - Parameters:
    ///   - original: the message that it is about, as it was accepted; nil when it cannot be read.
    ///   - reporter: the host whose report is passed on; nil for our own.
    func make(
        _ wanted: [Wanted], of message: MessageID, _ mail: MailEntry, original: [UInt8]?, snapshot: Snapshot?,
        reporter: String? = nil
    ) -> [Made] {
        guard let sender = try? MailAddress(mail.log.envelopeSender),
            !unsubscribed.isWithheld(sender.caseFolded, of: mail.tenant, by: snapshot)
        else { return [] }
        return DeliveryNotice.Action.allCases.compactMap { action in
            let some = wanted.filter { $0.action == action }
            guard let at = some.map(\.event.at).max() else { return nil }
            return make(some, message, mail, original, to: sender, at: at, reporter)
        }
    }

    private func make(
        _ wanted: [Wanted], _ message: MessageID, _ mail: MailEntry, _ original: [UInt8]?,
        to sender: MailAddress, at: Int64, _ reporter: String?
    ) -> Made? {
        let id = ids.next(at: at)
        let address = "mailer-daemon@\(mail.senderDomain)"
        guard let daemon = try? MailAddress(address), let action = wanted.first?.action else { return nil }
        var notice = DeliveryNotice(
            from: Mailbox(name: "Mail Delivery System", address: daemon), to: sender,
            messageID: "<\(id)@\(mail.senderDomain)>", dateSecondsSince1970: Int(at / 1000),
            reportingHost: reporter ?? hostName,
            arrivalSecondsSince1970: reporter == nil ? Int(mail.acceptedAt / 1000) : nil,
            recipients: wanted.map { Self.recipient($0, mail) }, boundarySeed: ids.random())
        if reporter != nil { notice.passingHost = hostName }
        notice.envelopeID = mail.request?.envelopeID
        notice.about = mail.log.messageIDHeader
        if let original {
            let isWhole = action == .failed && mail.request?.returnedContent == .full
            notice.returned = isWhole ? .message(original) : .header(DeliveryNotice.header(of: original))
        }
        guard let body = try? notice.build() else { return nil }
        return Made(id: id, entry: entry(notice, address, mail, body, at: at), body: body)
    }

    private func entry(
        _ notice: DeliveryNotice, _ address: String, _ mail: MailEntry, _ body: [UInt8], at: Int64
    ) -> MailEntry {
        var origin = mail.log.origin
        origin.door = Self.door
        let log = Event.Accepted(
            origin: origin, from: address, envelopeSender: "", recipients: [notice.to.description],
            subject: notice.subject, messageIDHeader: notice.messageID, bodyBytes: body.count,
            hasAttachments: false, tags: [], metadata: [:], isTest: false, scheduledAt: nil)
        return MailEntry(
            tenant: mail.tenant, acceptedAt: at, deadline: at + Self.deadlineMilliseconds,
            senderDomain: mail.senderDomain, selector: mail.selector, log: log)
    }

    private static func recipient(_ wanted: Wanted, _ mail: MailEntry) -> DeliveryNotice.Recipient {
        let event = wanted.event
        let address = event.recipient ?? ""
        let response = event.response
        // In another host's report the codes stand in its words already.
        let codes = wanted.isPassedOn ? [] : [response.map { String($0.code) }, response?.enhancedCode]
        let words = codes + [response?.text]
        var recipient = DeliveryNotice.Recipient(
            address: address, finalRecipient: OriginalRecipient(recipient: address).reported,
            action: wanted.action, status: status(of: wanted),
            reply: words.compactMap(\.self).joined(separator: " "),
            isRemoteReply: wanted.isRemoteReply)
        if let original = mail.request?.recipients[wanted.index].originalRecipient {
            recipient.originalRecipient = original.reported
        }
        recipient.remoteHost = event.remoteHost
        recipient.lastAttemptSecondsSince1970 = Int(event.at / 1000)
        if !wanted.isPassedOn { recipient.retriesUntilSecondsSince1970 = Int(mail.deadline / 1000) }
        return recipient
    }

    /// The host's own status where it is of the class that the action has (RFC 3464 §2.3.4).
    private static func status(of wanted: Wanted) -> String {
        let digit =
            switch wanted.action {
            case .failed: "5"
            case .delayed: "4"
            case .delivered, .relayed, .expanded: "2"
            }
        guard let status = wanted.event.response?.enhancedCode, status.hasPrefix(digit) else {
            return "\(digit).0.0"
        }
        return status
    }
}

extension DeliveryNotice.Action {
    /// What the sender has to have asked for.
    var notification: DeliveryNotifications {
        switch self {
        case .failed: .failure
        case .delayed: .delay
        case .delivered, .relayed, .expanded: .success
        }
    }
}

extension MailEntry {
    /// Whether its sender is to be told what becomes of it for somebody.
    var wantsReports: Bool {
        !log.envelopeSender.isEmpty && !log.isTest
            && request?.recipients.contains { $0.notify?.isEmpty == false } == true
    }

    /// Whether this is a report of ours: the tenant did not send it, so no webhook tells of it.
    var isNotice: Bool { log.origin.door == DeliveryNotices.door }
}
