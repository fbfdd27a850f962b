import NodeProtocol
import Queue
import Service
import Spool

/// Turns what happened into what is written: one spool group with the update, the webhooks that tell of it
/// and the closing record, and the journal's events that follow from it. Also the other way round after a
/// crash.
struct Recorder: Sendable {
    let node: UInt16
    let holder: SnapshotHolder
    let webhooks: EventWebhooks
    let notices: DeliveryNotices
    let log: Log

    struct Recorded: Sendable {
        let group: SpoolGroup
        /// Webhooks and notices, to be added to the queue once the group is on disk.
        let messages: [OpenMessage]
    }

    /// - Parameter notices: reports to the sender that tell of these events.
    func record(
        _ events: [Event], of message: OpenMessage, closes: Bool, notices: [DeliveryNotices.Made] = []
    ) -> Recorded {
        var records: [SpoolRecord] = []
        // The journal's records and the spool's are the same bytes but for webhook attempts, whose kind
        // differs.
        let encoded = events.indices.map { EventRecord.encode(events[$0]) }
        if !events.isEmpty {
            records.append(.update(message.id, payload: SpoolUpdate.encoded(events: encoded)))
        }
        var made: [EventWebhooks.Made] = []
        if case .mail(let mail) = message.entry {
            made = webhooks.make(of: events, mail: mail, tenant: holder.current?.tenant(mail.tenant))
        }
        records += made.map(\.record) + notices.map(\.record)
        if closes { records.append(.closed(message.id)) }
        let journaled = events.contains { $0.webhook != nil } ? Self.journaled(events) : encoded
        let accepted = notices.flatMap { $0.journaled(node: node) }
        return Recorded(
            group: SpoolGroup(records: records, events: journaled + accepted),
            messages: made.map { OpenMessage(id: $0.id, entry: .webhook($0.entry)) }
                + notices.map(\.message))
    }

    /// Reports to the sender of what just happened to recipients of its message, where it wants any.
    func notices(
        _ wanted: [DeliveryNotices.Wanted], of message: OpenMessage, original: [UInt8]?
    ) -> [DeliveryNotices.Made] {
        guard !wanted.isEmpty, case .mail(let mail) = message.entry else { return [] }
        return notices.make(wanted, of: message.id, mail, original: original, snapshot: holder.current)
    }

    /// What the journal gets of the events of an update.
    static func journaled(_ events: [Event]) -> [[UInt8]] {
        events.map { event in
            guard event.webhook != nil else { return EventRecord.encode(event) }
            var event = event
            event.kind = .webhookAttempted
            return EventRecord.encode(event)
        }
    }

    /// The event of a recipient whose time is used up, or that was withdrawn.
    func expired(_ message: OpenMessage, index: UInt16, item: Withdrawn, at now: Int64) -> Event {
        var event = Event(
            item.reason == .cancelled ? .cancelled : .expired, message: message.id,
            tenant: message.entry.tenant,
            at: now, node: node)
        event.attempt = Int(item.attempts)
        switch message.entry {
        case .mail(let mail): event.recipient = mail.address(index)
        case .webhook(let webhook):
            event.webhook = Event.Webhook(id: webhook.webhook, url: webhook.url, event: webhook.event)
        }
        if item.reason == .cancelled { return event }
        let last = item.lastReply.map { "; last reply: \($0)" } ?? ""
        event.response = Event.Response(
            code: 554, enhancedCode: "5.4.7", text: "delivery time expired\(last)")
        event.classification = Event.Classification(
            category: "MessageExpired", action: "bounce", rule: "local.expired")
        return event
    }

    /// The disk does not take an outcome for now: nothing starts until it does.
    func reportUnwritten(_ error: SpoolError) {
        log.error("outcome not recorded yet, deliveries wait", ["error": .string("\(error)")])
    }

    /// The disk did not take an outcome: the attempt may be made again after a restart.
    func reportLost(_ error: SpoolError) {
        log.error("outcome not recorded", ["error": .string("\(error)")])
    }
}
