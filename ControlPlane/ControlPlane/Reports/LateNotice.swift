import NodeProtocol

/// A bounce or a complaint that came when the delivery was over, as a bounce message or a feedback loop told
/// it.
///
/// Anybody who got the message could have written it, so it changes something only for a recipient that the
/// log has; one that names nobody is meant for the only recipient there is.
struct LateNotice: Sendable {
    let event: Event
    /// For the timeline, with the recipient as it was named.
    let row: EventRow

    /// Nil for an event that cannot come late.
    init?(_ event: Event, _ row: EventRow) {
        guard event.kind == .bounced || event.kind == .complained else { return nil }
        self.event = event
        self.row = row
    }

    var isBounce: Bool { event.kind == .bounced }
}

/// A recipient of the log whom a notice is about, as he was before it.
struct NoticedRecipient: Sendable {
    let address: String
    var state: String
    let isTest: Bool
    var hasComplained: Bool
}

/// What notices change, once it is known whom they are about.
///
/// A bounce takes the place of whatever was not final, and of `delivered`, whose count it takes back: what
/// became of a day's mail still adds up to it. A second bounce or complaint of the same recipient is passed
/// over.
struct LateChanges: Sendable {
    private(set) var recipients: [RecipientRow] = []
    private(set) var marks: [MarkRow] = []
    private(set) var events: [EventRow] = []
    private(set) var usage: [UsageRow] = []
    private(set) var suppressions: [SuppressionRow] = []
    /// Notices about nobody in the log.
    private(set) var unmatched = 0

    init() {}

    /// - Parameter found: by the notices' numbers: the recipient, if the log has him.
    init(_ notices: [LateNotice], found: [UInt64: NoticedRecipient]) {
        var current: [String: NoticedRecipient] = [:]
        for notice in notices {
            guard let before = found[notice.row.seq] else {
                if notice.event.recipient == nil {
                    // It may be about any of several: the timeline tells it, and nothing follows from it.
                    events.append(notice.row)
                } else {
                    unmatched += 1
                }
                continue
            }
            let key = "\(notice.row.tenant)/\(notice.row.id)/\(before.address)"
            var recipient = current[key] ?? before
            if notice.isBounce { bounce(notice, &recipient) } else { complain(notice, &recipient) }
            current[key] = recipient
        }
    }

    private mutating func bounce(_ notice: LateNotice, _ recipient: inout NoticedRecipient) {
        guard let state = RecipientState(rawValue: recipient.state), !state.isFinal || state == .delivered
        else { return }
        let event = notice.event
        var row = RecipientRow(
            tenant: notice.row.tenant, id: notice.row.id, address: recipient.address,
            state: RecipientState.bounced.rawValue)
        if let response = event.response {
            row.last_code = Int(Int16(clamping: response.code))
            row.last_enhanced = response.enhancedCode?.storable(32)
            row.last_response = response.text.storable()
        }
        row.remote_host = event.remoteHost?.storable(255)
        row.bounce_class = event.classification?.category.storable(64)
        row.finished_at = notice.row.at
        recipients.append(row)
        var counts = UsageRow(tenant: row.tenant, hour: ReportBatch.hour(of: event.message))
        if ReportBatch.isHard(event) { counts.hard_bounced = 1 } else { counts.soft_bounced = 1 }
        if state == .delivered { counts.delivered = -1 }
        recipient.state = row.state
        note(notice, recipient, counts)
    }

    private mutating func complain(_ notice: LateNotice, _ recipient: inout NoticedRecipient) {
        guard !recipient.hasComplained else { return }
        recipient.hasComplained = true
        var mark = MarkRow(tenant: notice.row.tenant, id: notice.row.id)
        mark.complained_at = notice.row.at
        if !marks.contains(where: { $0.tenant == mark.tenant && $0.id == mark.id }) { marks.append(mark) }
        var counts = UsageRow(tenant: mark.tenant, hour: ReportBatch.hour(of: notice.event.message))
        counts.complained = 1
        note(notice, recipient, counts)
    }

    private mutating func note(
        _ notice: LateNotice, _ recipient: NoticedRecipient, _ counts: UsageRow
    ) {
        var row = notice.row
        row.recipient = recipient.address
        events.append(row)
        if !recipient.isTest { usage.append(counts) }
        var event = notice.event
        event.recipient = recipient.address
        if let suppression = ReportBatch.suppression(event, row.seq) { suppressions.append(suppression) }
    }
}
