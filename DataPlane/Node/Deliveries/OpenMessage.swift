import Doors
import NodeProtocol

/// A message with what is known of each of its recipients.
struct OpenMessage: Sendable {
    struct Recipient: Sendable {
        var state = RecipientState.queued
        var attempts = 0
        var nextAttemptAt: Int64?
        var lastEvent: Event?
    }

    let id: MessageID
    let entry: Entry
    var recipients: [Recipient]
    /// The time that it was given in place of its first one, in milliseconds since 1970.
    private(set) var movedTo: Int64?

    init(id: MessageID, entry: Entry) {
        self.id = id
        self.entry = entry
        switch entry {
        case .webhook: recipients = [Recipient()]
        case .mail(let mail):
            var first = Recipient()
            if let scheduledAt = mail.log.scheduledAt, scheduledAt > mail.acceptedAt {
                first.state = .scheduled
                first.nextAttemptAt = scheduledAt
            }
            recipients = Array(repeating: first, count: mail.log.recipients.count)
        }
    }

    /// When it may first leave, in milliseconds since 1970.
    var due: Int64 {
        switch entry {
        case .webhook(let webhook): webhook.acceptedAt
        case .mail(let mail): movedTo ?? mail.firstDue
        }
    }

    /// When it is given up, in milliseconds since 1970: it moves with the time at which it may first leave.
    var deadline: Int64 {
        switch entry {
        case .webhook(let webhook): webhook.deadline
        case .mail(let mail): mail.deadline + due - mail.firstDue
        }
    }

    var isFinished: Bool { recipients.allSatisfy(\.state.isFinal) }

    /// Indexes of recipients that wait.
    var pending: [UInt16] {
        recipients.indices.compactMap { recipients[$0].state.isFinal ? nil : UInt16(clamping: $0) }
    }

    func waits(_ index: Int) -> Bool {
        recipients.indices.contains(index) && !recipients[index].state.isFinal
    }

    /// Applies an event of this message to the recipient that it names.
    mutating func apply(_ event: Event, to index: Int) {
        guard recipients.indices.contains(index), !event.isOfReader else { return }
        if let attempt = event.attempt {
            recipients[index].attempts = max(recipients[index].attempts, attempt)
        }
        recipients[index].lastEvent = event
        recipients[index].nextAttemptAt = event.nextAttemptAt
        if let state = event.recipientState { recipients[index].state = state }
        if event.kind == .rescheduled { movedTo = event.nextAttemptAt }
    }

    /// Notes that nothing of it is tried any more, and no event tells of it.
    mutating func drop() {
        for index in recipients.indices where !recipients[index].state.isFinal {
            recipients[index].state = .cancelled
        }
    }

    /// Notes that an attempt for this recipient is in flight.
    mutating func start(_ index: Int, attempt: Int) {
        guard recipients.indices.contains(index), !recipients[index].state.isFinal else { return }
        recipients[index].state = .sending
        recipients[index].attempts = max(recipients[index].attempts, attempt)
    }

    /// The recipient that an event of the spool names.
    func index(of event: Event) -> Int? {
        guard case .mail(let mail) = entry else { return 0 }
        return event.recipient.flatMap { mail.log.recipients.firstIndex(of: $0) }
    }

    /// How it stands, with those whom it was not sent to at their end.
    var status: MessageStatus? {
        guard case .mail(let mail) = entry else { return nil }
        let list = zip(mail.log.recipients, recipients).map { address, recipient in
            var status = MessageStatus.Recipient(
                address: address, state: recipient.state, attempts: recipient.attempts)
            status.nextAttemptAt = recipient.nextAttemptAt
            status.response = recipient.lastEvent?.response?.text
            status.remoteHost = recipient.lastEvent?.remoteHost
            status.remoteID = recipient.lastEvent?.remoteID
            status.durationMilliseconds = recipient.lastEvent?.durationMilliseconds
            if recipient.state == .delivered { status.deliveredAt = recipient.lastEvent?.at }
            return status
        }
        let suppressed = mail.suppressed.map { MessageStatus.Recipient(address: $0, state: .suppressed) }
        return MessageStatus(
            id: id, from: mail.log.from, acceptedAt: mail.acceptedAt, recipients: list + suppressed)
    }
}

extension Event {
    /// Whether it tells what a reader did: nothing of the delivery follows from it.
    fileprivate var isOfReader: Bool {
        switch kind {
        case .complained, .opened, .clicked, .unsubscribed: true
        default: false
        }
    }

    /// The state that the event puts its recipient into, if any.
    var recipientState: RecipientState? {
        switch kind {
        case .attempted: .sending
        case .delivered: .delivered
        case .deferred: .deferred
        case .bounced: .bounced
        case .expired: .expired
        case .failed: .failed
        case .cancelled: .cancelled
        case .suppressed: .suppressed
        case .accepted, .complained, .opened, .clicked, .unsubscribed, .rescheduled,
            .webhookAttempted:
            nil
        }
    }
}
