import FoundationEssentials
import NodeProtocol

// The rows that a report becomes, as they are handed to PostgreSQL: by their columns (`ReportColumns`), and
// the rare ones as JSON lists for `json_to_recordset`. Times are milliseconds since 1970; names of fields are
// names of columns.

/// A row of `emails`, from an `accepted` event.
struct EmailRow: Sendable {
    let tenant: String
    let id: String
    let mode: String
    let door: String
    let message_id: String
    let from_address: String
    let subject: String
    let size_bytes: Int
    let has_attachments: Bool
    let tags: [String]
    let metadata: [String: String]
    let api_key_id: String?
    let credential_id: String?
    let scheduled_at: Int64?
    let to: [String]
    let cc: [String]
    let bcc: [String]
    let track_opens: Bool
    let track_clicks: Bool
    let offers_unsubscribe: Bool
    let template_id: String?
    let resent_from: String?
    /// By what the report says of its recipients.
    var state: MessageState
    /// Where the sealed body lies in the bytes that go beside the rows; a length of 0 is none.
    let body_offset: Int
    let body_bytes: Int
}

/// A row of `email_tags`.
struct TagRow: Hashable, Sendable {
    static let maxLength = 256

    let message: MessageKey
    let tag: String
}

/// What a report says of one recipient, its events folded into one row in their order.
struct RecipientRow: Sendable {
    let tenant: String
    let id: String
    let address: String
    var state: String
    var attempts = 0
    var last_code: Int?
    var last_enhanced: String?
    var last_response: String?
    var remote_host: String?
    var remote_id: String?
    var bounce_class: String?
    var first_attempt_at: Int64?
    var last_attempt_at: Int64?
    var next_attempt_at: Int64?
    var finished_at: Int64?
    var duration_ms: Int?

    var message: MessageKey { MessageKey(tenant: tenant, id: id) }
}

/// What readers did with a message.
struct MarkRow: Sendable {
    let tenant: String
    let id: String
    var complained_at: Int64?
    var opened_at: Int64?
    var clicked_at: Int64?
    /// The time that it was given last.
    var scheduled_at: Int64?
}

/// A row of `events`.
struct EventRow: Sendable {
    /// What the timeline tells of an event besides its kind, as it lies in the column.
    struct Detail: Codable, Sendable {
        var attempt: Int?
        var code: Int?
        var enhanced_code: String?
        var response: String?
        var category: String?
        var action: String?
        var rule: String?
        var rule_set: String?
        var remote_host: String?
        var remote_id: String?
        var duration_ms: Int?
        var next_attempt_at: Int64?
        var url: String?
        var user_agent: String?
        var network: String?
        /// Given with opens and clicks.
        var machine: Bool?
        var machine_reason: String?
    }

    let tenant: String
    let id: String
    let seq: UInt64
    var recipient: String
    let kind: String
    let at: Int64
    let detail: Detail

    var message: MessageKey { MessageKey(tenant: tenant, id: id) }
    /// Whether somebody who got the message did something.
    var isOfReader: Bool { Self.readers.contains(kind) }

    private static let readers = [EventKind.opened, .clicked, .unsubscribed].map(\.rawValue)
}

/// What a report adds to the counters of a tenant's hour, day and month, or what is known of one message.
struct UsageRow: Sendable {
    let tenant: String
    /// Hours since 1970 of the hour in which the messages were accepted.
    let hour: Int
    var messages = 0
    var recipients = 0
    var delivered = 0
    var deferred = 0
    var hard_bounced = 0
    var soft_bounced = 0
    var expired = 0
    var failed = 0
    var cancelled = 0
    var suppressed = 0
    var complained = 0
    var opened = 0
    var clicked = 0
    var unsubscribed = 0
    var bytes = 0
    /// Messages for which this is the first time.
    var unique_opened = 0
    var unique_clicked = 0

    init(tenant: String, hour: Int) {
        self.tenant = tenant
        self.hour = hour
    }

    /// Takes back the count of an outcome; nil for a state that was not counted.
    init?(takingBack state: RecipientState, tenant: String, hour: Int) {
        self.init(tenant: tenant, hour: hour)
        switch state {
        case .delivered: delivered = -1
        case .expired: expired = -1
        case .failed: failed = -1
        case .cancelled: cancelled = -1
        case .suppressed: suppressed = -1
        case .scheduled, .queued, .sending, .deferred, .bounced: return nil
        }
    }

    static func += (left: inout UsageRow, right: UsageRow) {
        left.messages += right.messages
        left.recipients += right.recipients
        left.delivered += right.delivered
        left.deferred += right.deferred
        left.hard_bounced += right.hard_bounced
        left.soft_bounced += right.soft_bounced
        left.expired += right.expired
        left.failed += right.failed
        left.cancelled += right.cancelled
        left.suppressed += right.suppressed
        left.complained += right.complained
        left.opened += right.opened
        left.clicked += right.clicked
        left.unsubscribed += right.unsubscribed
        left.bytes += right.bytes
        left.unique_opened += right.unique_opened
        left.unique_clicked += right.unique_clicked
    }
}

/// A message that a report tells of, by its tenant.
struct MessageKey: Hashable, Sendable {
    let tenant: String
    let id: String
}

/// A row of `suppressions` that an event proves.
struct SuppressionRow: Encodable, Sendable {
    let tenant: String
    let address: String
    let reason: String
    let source: String
    let id: String
    let seq: UInt64
}

/// An endpoint that asked to be sent nothing more.
struct GoneWebhook: Hashable, Sendable {
    let tenant: TenantID
    let webhook: UUID
    /// Where the answer came from: an endpoint that has moved since is another.
    let url: String
    let status: Int
}

/// A row of `webhook_attempts`.
struct WebhookAttemptRow: Sendable {
    let tenant: String
    let id: String
    let seq: UInt64
    let webhook: String
    let event_kind: String
    let attempt: Int
    let at: Int64
    let outcome: String
    let status_code: Int?
    let duration_ms: Int?
    let response: String?
    let next_attempt_at: Int64?
}

extension String {
    /// The text as a database can hold it: without zero bytes, at most so many of what PostgreSQL's `length`
    /// counts, which are code points. A character may hold any number of them.
    func storable(_ maxLength: Int = 2_000) -> String {
        let clean =
            utf8.contains(0) ? String(String.UnicodeScalarView(unicodeScalars.filter { $0 != "\0" })) : self
        guard clean.utf8.count > maxLength else { return clean }
        return String(String.UnicodeScalarView(clean.unicodeScalars.prefix(maxLength)))
    }
}
