import FoundationEssentials
import NodeProtocol

/// A report, or the next events of one, turned into rows: held against the cursor, folded. Pure, so that it
/// runs beside the loops.
///
/// An event that cannot be read (of a later version) is counted and passed over: it must not hold up those
/// behind it.
struct ReportBatch: Sendable {
    /// The bytes are not a report.
    struct Malformed: Error {}
    /// Events between the cursor and the first of the report are missing.
    struct Gap: Error {
        let cursor: UInt64
    }

    /// The four categories that say the address is no good.
    static let hardCategories = ["InvalidRecipient", "BadDomain", "InvalidMailbox", "NoMailbox"]
    private static let maxTime: Int64 = 4_102_444_800_000  // the year 2100
    private static let maxURLLength = 8_192

    private(set) var last: UInt64
    private(set) var emails: [EmailRow] = []
    /// Where the messages of this report stand in `emails`.
    private var emailIndexes: [MessageKey: Int] = [:]
    private(set) var tags: Set<TagRow> = []
    private(set) var bodies: [UInt8] = []
    private(set) var events: [EventRow] = []
    private(set) var suppressions: [SuppressionRow] = []
    private(set) var webhookAttempts: [WebhookAttemptRow] = []
    private(set) var goneWebhooks: Set<GoneWebhook> = []
    private(set) var notices: [LateNotice] = []
    private(set) var lost: [LostRow] = []
    private(set) var unreadable = 0
    private(set) var applied = 0
    private var recipientRows: [RecipientKey: RecipientRow] = [:]
    private var markRows: [String: MarkRow] = [:]
    private var usageRows: [UsageKey: UsageRow] = [:]
    /// Counters of messages that were accepted in an earlier report: whether they are tests is not said here.
    private var olderUsage: [MessageKey: UsageRow] = [:]
    /// Whether the messages accepted in this report are tests.
    private var areTests: [MessageKey: Bool] = [:]
    /// The times of acceptance of all messages named.
    private var earliest = Int64.max
    private var latest = Int64.min

    private struct RecipientKey: Hashable, Sendable {
        let message: MessageKey
        let address: String
    }

    private struct UsageKey: Hashable, Sendable {
        let tenant: String
        let hour: Int
    }

    /// Those of messages that were accepted in this report, and those of earlier ones.
    private(set) var newRecipients: [RecipientRow] = []
    private(set) var olderRecipients: [RecipientRow] = []
    var marks: [MarkRow] { Array(markRows.values) }
    /// The messages with counters whose mode only the log knows.
    var olderMessages: [MessageKey] { Array(olderUsage.keys) }

    /// - Parameters:
    ///   - cursor: up to where this node's events are applied; those are skipped.
    ///   - limit: how many events are taken.
    /// - Throws: `Gap`.
    init(_ report: Report, after cursor: UInt64, limit: Int = .max) throws {
        last = cursor
        for (seq, record) in report.records where seq > cursor {
            guard seq == last + 1 else { throw Gap(cursor: last) }
            guard applied < limit else { break }
            last = seq
            applied += 1
            if let record = EventRecord(record[...]) { take(record, seq) } else { unreadable += 1 }
        }
        fold()
    }

    /// Whether the message was accepted in this report.
    func isNew(_ message: MessageKey) -> Bool { emailIndexes[message] != nil }

    /// Whether the message was accepted in this report, and is a test.
    func isTest(_ message: MessageKey) -> Bool { areTests[message] == true }

    /// The days of the messages concerned.
    var days: ReportDays { ReportDays(earliest: earliest, latest: latest) }

    /// Parts the recipients, and gives each new message the state that its recipients have come to.
    private mutating func fold() {
        var states: [Int: MessageState] = [:]
        for (key, row) in recipientRows {
            guard let index = emailIndexes[key.message] else {
                olderRecipients.append(row)
                continue
            }
            newRecipients.append(row)
            if states[index]?.add(row) == nil { states[index] = MessageState(row) }
        }
        for (index, state) in states { emails[index].state = state }
        recipientRows = [:]
    }

    private mutating func take(_ record: EventRecord, _ seq: UInt64) {
        let event = record.event
        let accepted = Int64(clamping: event.message.milliseconds)
        earliest = min(earliest, accepted)
        latest = max(latest, accepted)
        if let webhook = event.webhook { return take(webhook, of: event, seq) }
        if event.isLate {
            if let notice = LateNotice(event, row(event, seq)) {
                notices.append(notice)
            } else {
                unreadable += 1
            }
            return
        }
        switch event.kind {
        case .accepted:
            guard let content = event.accepted else {
                unreadable += 1
                return
            }
            take(content, of: event, body: record.sealedBody)
        case .failed where event.recipient == nil:
            lost.append(LostRow(event, row(event, seq)))
            return
        case .delivered, .deferred, .bounced, .expired, .failed, .cancelled, .suppressed: takeOutcome(event)
        case .opened where event.isOfMachine, .clicked where event.isOfMachine: break
        case .complained, .opened, .clicked, .rescheduled: takeMark(event)
        case .unsubscribed, .attempted: break
        case .webhookAttempted:
            unreadable += 1
            return
        }
        count(event)
        suppress(event, seq)
        events.append(row(event, seq))
    }

    private mutating func take(_ content: Event.Accepted, of event: Event, body: [UInt8]) {
        let state: RecipientState = (content.scheduledAt ?? 0) > event.at ? .scheduled : .queued
        let (tenant, id) = (event.tenant.description, event.message.description)
        let recipients = content.recipients.map { $0.storable(320) }
        let copied = Set((content.cc + content.bcc).map { $0.storable(320) })
        let origin = UUID(uuidString: content.origin.id)?.text
        let message = MessageKey(tenant: tenant, id: id)
        areTests[message] = content.isTest
        // One that is told twice stays one.
        guard emailIndexes[message] == nil else { return }
        emailIndexes[message] = emails.count
        for tag in content.tags {
            tags.insert(TagRow(message: message, tag: tag.storable(TagRow.maxLength)))
        }
        emails.append(
            EmailRow(
                tenant: tenant, id: id, mode: content.isTest ? "test" : "live",
                door: content.origin.door.storable(64),
                message_id: content.messageIDHeader.storable(), from_address: content.from.storable(),
                subject: content.subject.storable(),
                size_bytes: max(0, content.bodyBytes),
                has_attachments: content.hasAttachments, tags: content.tags.map { $0.storable() },
                metadata: Dictionary(content.metadata.map { ($0.key.storable(), $0.value.storable()) }) {
                    $1
                },
                api_key_id: content.origin.kind == .apiKey ? origin : nil,
                credential_id: content.origin.kind == .credential ? origin : nil,
                scheduled_at: content.scheduledAt.map(Self.time),
                to: recipients.filter { !copied.contains($0) }, cc: content.cc.map { $0.storable(320) },
                bcc: content.bcc.map { $0.storable(320) }, track_opens: content.tracksOpens,
                track_clicks: content.tracksClicks, offers_unsubscribe: content.offersUnsubscribe,
                template_id: content.templateID?.text,
                resent_from: content.resentFrom?.description,
                state: MessageState(
                    RecipientRow(tenant: tenant, id: id, address: "", state: state.rawValue)),
                body_offset: bodies.count + 1,
                body_bytes: body.count))
        bodies += body
        for address in recipients {
            let key = RecipientKey(message: message, address: address)
            recipientRows[key] = RecipientRow(tenant: tenant, id: id, address: address, state: state.rawValue)
        }
    }

    private mutating func takeOutcome(_ event: Event) {
        guard let address = event.recipient?.storable(320),
            let state = RecipientState(rawValue: event.kind.rawValue)
        else { return }
        let (tenant, id) = (event.tenant.description, event.message.description)
        let key = RecipientKey(message: MessageKey(tenant: tenant, id: id), address: address)
        let at = Self.time(event.at)
        var row =
            recipientRows[key]
            ?? RecipientRow(tenant: tenant, id: id, address: address, state: state.rawValue)
        row.state = state.rawValue
        row.attempts = max(row.attempts, min(event.attempt ?? 0, 1_000_000))
        if let response = event.response {
            row.last_code = Int(Int16(clamping: response.code))
            row.last_enhanced = response.enhancedCode?.storable(32)
            row.last_response = response.text.storable()
        }
        row.remote_host = event.remoteHost?.storable(255) ?? row.remote_host
        row.remote_id = event.remoteID?.storable(255) ?? row.remote_id
        row.bounce_class = event.classification?.category.storable(64) ?? row.bounce_class
        if event.attempt != nil {
            row.first_attempt_at = row.first_attempt_at ?? at
            row.last_attempt_at = at
            row.duration_ms = event.durationMilliseconds.map { Int(Int32(clamping: $0)) }
        }
        row.next_attempt_at = event.nextAttemptAt.map(Self.time)
        row.finished_at = state.isFinal ? at : nil
        recipientRows[key] = row
    }

    private mutating func takeMark(_ event: Event) {
        let (tenant, id) = (event.tenant.description, event.message.description)
        var mark = markRows["\(tenant)/\(id)"] ?? MarkRow(tenant: tenant, id: id)
        let at = Self.time(event.at)
        switch event.kind {
        case .complained: mark.complained_at = mark.complained_at ?? at
        case .opened: mark.opened_at = mark.opened_at ?? at
        case .clicked: mark.clicked_at = mark.clicked_at ?? at
        case .rescheduled: mark.scheduled_at = event.nextAttemptAt.map(Self.time)
        default: return
        }
        markRows["\(tenant)/\(id)"] = mark
    }

    /// What the report adds to each hour, without tests, which nobody is billed for. In the order of the
    /// keys, so that two transactions never wait for each other crosswise.
    ///
    /// - Parameter tests: those of `olderMessages` that are tests.
    func usage(without tests: Set<MessageKey>) -> [UsageRow] {
        var hours = usageRows
        for (message, row) in olderUsage where !tests.contains(message) {
            let key = UsageKey(tenant: row.tenant, hour: row.hour)
            hours[key, default: UsageRow(tenant: row.tenant, hour: row.hour)] += row
        }
        return hours.values.sorted { ($0.tenant, $0.hour) < ($1.tenant, $1.hour) }
    }

    /// Counted in the hour in which the message was accepted, so that what became of its mail adds up to it.
    private mutating func count(_ event: Event) {
        // What a reader of test mail does may come before the log knows of that mail.
        guard !event.isTest else { return }
        let key = UsageKey(tenant: event.tenant.description, hour: Self.hour(of: event.message))
        let message = MessageKey(tenant: key.tenant, id: event.message.description)
        let none = UsageRow(tenant: key.tenant, hour: key.hour)
        switch areTests[message] {
        case true?: return
        case false?: Self.add(event, to: &usageRows[key, default: none])
        case nil: Self.add(event, to: &olderUsage[message, default: none])
        }
    }

    private static func add(_ event: Event, to row: inout UsageRow) {
        switch event.kind {
        case .accepted:
            row.messages += 1
            row.recipients += event.accepted?.recipients.count ?? 0
            row.bytes += max(0, min(event.accepted?.bodyBytes ?? 0, 1 << 40))
        case .delivered: row.delivered += 1
        case .deferred: row.deferred += 1
        case .bounced: if isHard(event) { row.hard_bounced += 1 } else { row.soft_bounced += 1 }
        case .expired: row.expired += 1
        case .failed: row.failed += 1
        case .cancelled: row.cancelled += 1
        case .suppressed: row.suppressed += 1
        case .complained: row.complained += 1
        // What machines do is in the timeline alone.
        case .opened: row.opened += event.isOfMachine ? 0 : 1
        case .clicked: row.clicked += event.isOfMachine ? 0 : 1
        case .unsubscribed: row.unsubscribed += 1
        case .attempted, .rescheduled, .webhookAttempted: break
        }
    }

    static func isHard(_ event: Event) -> Bool {
        event.classification.map { $0.action == "suppress" || hardCategories.contains($0.category) } ?? false
    }

    private mutating func suppress(_ event: Event, _ seq: UInt64) {
        if let row = Self.suppression(event, seq) { suppressions.append(row) }
    }

    /// What the event proves against its recipient: who reads captured mail is not its recipient.
    static func suppression(_ event: Event, _ seq: UInt64) -> SuppressionRow? {
        guard !event.isTest, let address = event.recipient?.lowercased().storable(400),
            (3...320).contains(address.unicodeScalars.count)
        else { return nil }
        let source: String
        switch event.kind {
        case .bounced where event.classification?.action == "suppress": source = "hard_bounce"
        case .complained: source = "complaint"
        case .unsubscribed: source = "unsubscribe"
        default: return nil
        }
        let reason =
            event.response.map { "\($0.code) \($0.enhancedCode.map { "\($0) " } ?? "")\($0.text)" } ?? ""
        return SuppressionRow(
            tenant: event.tenant.description, address: address, reason: reason.storable(1_000),
            source: source, id: event.message.description, seq: seq)
    }

    private func row(_ event: Event, _ seq: UInt64) -> EventRow {
        EventRow(
            tenant: event.tenant.description, id: event.message.description, seq: seq,
            recipient: event.recipient?.storable(320) ?? "", kind: event.kind.rawValue,
            at: Self.time(event.at),
            detail: EventRow.Detail(
                attempt: event.attempt, code: event.response?.code,
                enhanced_code: event.response?.enhancedCode?.storable(32),
                response: event.response?.text.storable(),
                category: event.classification?.category.storable(64),
                action: event.classification?.action.storable(64),
                rule: event.classification?.rule.storable(128),
                rule_set: event.classification?.ruleSet?.storable(64),
                remote_host: event.remoteHost?.storable(255), remote_id: event.remoteID?.storable(255),
                duration_ms: event.durationMilliseconds, next_attempt_at: event.nextAttemptAt,
                url: event.reader?.url?.storable(Self.maxURLLength),
                user_agent: event.reader?.userAgent.storable(512),
                network: event.reader?.network?.storable(64),
                machine: event.kind == .unsubscribed ? nil : event.reader?.isMachine,
                machine_reason: event.reader?.machineReason?.storable(64)))
    }

    private mutating func take(_ webhook: Event.Webhook, of event: Event, _ seq: UInt64) {
        let code = event.response?.code
        if webhook.isGone {
            goneWebhooks.insert(
                GoneWebhook(
                    tenant: event.tenant, webhook: webhook.id, url: webhook.url.storable(2_048),
                    status: code ?? 0))
        }
        let outcome: String
        switch (code, event.nextAttemptAt) {
        case (.some(200..<300), nil): outcome = "delivered"
        case (_, .some): outcome = "deferred"
        default: outcome = "failed"
        }
        webhookAttempts.append(
            WebhookAttemptRow(
                tenant: event.tenant.description, id: event.message.description, seq: seq,
                webhook: webhook.id.text,
                event_kind: webhook.event.storable(64), attempt: max(0, min(event.attempt ?? 1, 1_000_000)),
                at: Self.time(event.at), outcome: outcome, status_code: code.map { Int(Int16(clamping: $0)) },
                duration_ms: event.durationMilliseconds.map { Int(Int32(clamping: $0)) },
                response: event.response?.text.storable(), next_attempt_at: event.nextAttemptAt.map(Self.time)
            ))
    }

    /// Hours since 1970 until it was accepted.
    static func hour(of message: MessageID) -> Int {
        Int(time(Int64(clamping: message.milliseconds)) / 3_600_000)
    }

    static func time(_ milliseconds: Int64) -> Int64 { max(0, min(milliseconds, maxTime)) }
}
