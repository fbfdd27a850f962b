import FoundationEssentials
import NodeProtocol
import Postgres

/// A message in the list of sent mail.
struct EmailListItem: Encodable, Sendable {
    let id: String
    @OrNull var messageId: String?
    let fromAddress: String
    let toAddresses: [String]
    let subject: String
    let bodySizeBytes: Int
    let hasAttachments: Bool
    let status: String
    @OrNull var bounceType: String?
    let queuedAt: Date
    @OrNull var deliveredAt: Date?
    @OrNull var bouncedAt: Date?
    let expiresAt: Date
    let tags: [String]
    /// `test`: sent with a test key, and captured instead of delivered.
    let mode: String

    static let columns: SQL = """
        id, message_id, from_address, to_addresses, subject, size_bytes, has_attachments, status, bounce_type,
        accepted_at, delivered_at, bounced_at, expires_at, tags, mode
        """

    init(_ row: PostgresRow) throws {
        id = try row["id", as: UUID.self].text
        fromAddress = try row["from_address"]
        toAddresses = try row["to_addresses"]
        subject = try row["subject"]
        bodySizeBytes = try row["size_bytes"]
        hasAttachments = try row["has_attachments"]
        status = RecipientState(rawValue: try row["status"])?.tenantWord ?? "queued"
        queuedAt = try row["accepted_at"]
        expiresAt = try row["expires_at"]
        tags = try row["tags"]
        mode = try row["mode"]
        let header: String = try row["message_id"]
        _messageId = OrNull(
            wrappedValue: header.isEmpty ? nil : String(header.filter { $0 != "<" && $0 != ">" }))
        _bounceType = OrNull(wrappedValue: try row["bounce_type"])
        _deliveredAt = OrNull(wrappedValue: try row["delivered_at"])
        _bouncedAt = OrNull(wrappedValue: try row["bounced_at"])
    }
}

/// One recipient of a message.
struct EmailRecipientView: Encodable, Sendable {
    let address: String
    let status: String
    let attempts: Int
    @OrNull var responseCode: Int?
    @OrNull var enhancedCode: String?
    @OrNull var response: String?
    @OrNull var remoteHost: String?
    @OrNull var bounceClassification: String?
    @OrNull var lastAttemptAt: Date?
    @OrNull var nextAttemptAt: Date?
    @OrNull var finishedAt: Date?

    init(_ row: PostgresRow) throws {
        address = try row["address"]
        status = RecipientState(rawValue: try row["state"])?.tenantWord ?? "queued"
        attempts = try row["attempts"]
        _responseCode = OrNull(wrappedValue: try row["last_code"])
        _enhancedCode = OrNull(wrappedValue: try row["last_enhanced"])
        _response = OrNull(wrappedValue: try row["last_response"])
        _remoteHost = OrNull(wrappedValue: try row["remote_host"])
        _bounceClassification = OrNull(wrappedValue: try row["bounce_class"])
        _lastAttemptAt = OrNull(wrappedValue: try row["last_attempt_at"])
        _nextAttemptAt = OrNull(wrappedValue: try row["next_attempt_at"])
        _finishedAt = OrNull(wrappedValue: try row["finished_at"])
    }
}

/// One entry of a message's timeline.
struct EmailEventView: Encodable, Sendable {
    let event: String
    let at: Date
    let node: Int
    @OrNull var recipient: String?
    var attempt: Int?
    var responseCode: Int?
    var enhancedCode: String?
    var response: String?
    var bounceClassification: String?
    var remoteHost: String?
    var durationMs: Int?
    var nextAttemptAt: Date?
    /// Where a click led.
    var url: String?
    var userAgent: String?
    var network: String?
    var machine: Bool?
    var machineReason: String?

    init(_ row: PostgresRow) throws {
        event = try row["kind"]
        at = try row["at"]
        node = try row["node"]
        let address: String = try row["recipient"]
        _recipient = OrNull(wrappedValue: address.isEmpty ? nil : address)
        let stored = try row.decode("detail", as: EventRow.Detail.self)
        attempt = stored.attempt
        responseCode = stored.code
        enhancedCode = stored.enhanced_code
        response = stored.response
        bounceClassification = stored.category
        remoteHost = stored.remote_host
        durationMs = stored.duration_ms
        nextAttemptAt = stored.next_attempt_at.map { Date(timeIntervalSince1970: Double($0) / 1000) }
        url = stored.url
        userAgent = stored.user_agent
        network = stored.network
        machine = stored.machine
        machineReason = stored.machine_reason
    }
}

/// A message with its opened body, its recipients and its timeline.
struct EmailDetail: Encodable, Sendable {
    struct Attachment: Encodable, Sendable {
        @OrNull var filename: String?
        let contentType: String
        let inline: Bool
        let sizeBytes: Int
    }

    let item: EmailListItem
    @OrNull var body: String?
    @OrNull var htmlBody: String?
    var attachments: [Attachment]
    let metadata: [String: String]
    @OrNull var bounceClassification: String?
    @OrNull var bounceDetails: String?
    @OrNull var complainedAt: Date?
    @OrNull var openedAt: Date?
    @OrNull var clickedAt: Date?
    let recipients: [EmailRecipientView]
    let events: [EmailEventView]

    private enum CodingKeys: CodingKey {
        case body, htmlBody, attachments, metadata, bounceClassification, bounceDetails, complainedAt,
            openedAt,
            clickedAt, recipients, events
    }

    /// The fields of the list beside those of the detail.
    func encode(to encoder: any Encoder) throws {
        try item.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(body, forKey: .body)
        try fields.encode(htmlBody, forKey: .htmlBody)
        try fields.encode(attachments, forKey: .attachments)
        try fields.encode(metadata, forKey: .metadata)
        try fields.encode(bounceClassification, forKey: .bounceClassification)
        try fields.encode(bounceDetails, forKey: .bounceDetails)
        try fields.encode(complainedAt, forKey: .complainedAt)
        try fields.encode(openedAt, forKey: .openedAt)
        try fields.encode(clickedAt, forKey: .clickedAt)
        try fields.encode(recipients, forKey: .recipients)
        try fields.encode(events, forKey: .events)
    }
}
