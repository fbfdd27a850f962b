import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import Postgres
import Relay

/// A message in the list of the Messages API.
struct MessageItem: Encodable, Sendable {
    let id: String
    let messageId: String
    let from: String
    let to: AddressField
    let subject: String
    let status: String
    let tags: [String]
    @OrNull var scheduledAt: Date?
    let createdAt: Date
    /// `test`: sent with a test key, and captured instead of delivered.
    let mode: String

    static let columns: SQL = """
        id, message_id, from_address, to_addresses, subject, status, tags, scheduled_at, accepted_at, mode
        """

    init(_ row: PostgresRow) throws {
        id = try row["id", as: UUID.self].text
        messageId = try row["message_id"]
        // The address of `App <app@example.com>`.
        let sender: String = try row["from_address"]
        from = (try? Mailbox(sender))?.address.description ?? sender
        to = AddressField(try row["to_addresses"])
        subject = try row["subject"]
        status = RecipientState(rawValue: try row["status"])?.messagesWord ?? "queued"
        tags = try row["tags"]
        createdAt = try row["accepted_at"]
        mode = try row["mode"]
        _scheduledAt = OrNull(wrappedValue: try row["scheduled_at"])
    }
}

/// A message with what became of it.
struct MessageDetail: Encodable, Sendable {
    let item: MessageItem
    let cc: [String]
    let bcc: [String]
    let metadata: [String: String]
    let times: Times

    /// When something happened to the message first, but for its delivery, which is the last of its
    /// recipients'.
    struct Times: Encodable, Sendable {
        @OrNull var sentAt: Date?
        @OrNull var deliveredAt: Date?
        @OrNull var bouncedAt: Date?
        @OrNull var openedAt: Date?
        @OrNull var clickedAt: Date?
        @OrNull var complainedAt: Date?
    }

    static let columns: SQL = """
        \(MessageItem.columns), cc_addresses, bcc_addresses, metadata, sent_at, delivered_at, bounced_at,
        opened_at, clicked_at, complained_at
        """

    init(_ row: PostgresRow) throws {
        item = try MessageItem(row)
        cc = try row["cc_addresses"]
        bcc = try row["bcc_addresses"]
        metadata = try row.decode("metadata", as: [String: String].self)
        times = Times(
            sentAt: try row["sent_at"], deliveredAt: try row["delivered_at"],
            bouncedAt: try row["bounced_at"], openedAt: try row["opened_at"],
            clickedAt: try row["clicked_at"], complainedAt: try row["complained_at"])
    }

    private enum CodingKeys: CodingKey { case cc, bcc, metadata }

    func encode(to encoder: any Encoder) throws {
        try item.encode(to: encoder)
        try times.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(cc, forKey: .cc)
        try fields.encode(bcc, forKey: .bcc)
        try fields.encode(metadata, forKey: .metadata)
    }
}

extension MessageItem {
    static let schema = Schema.record([
        "id": .uuid, "message_id": .string.example("<abc123@yourdomain.com>"),
        "from": .string.example("hello@yourdomain.com"), "to": MessagesRoutes.recipients,
        "subject": .string.example("Your order has shipped"),
        "status": .choice(MessageWords.statuses).example("delivered"),
        "tags": Schema.array(.string).example(["transactional", "shipping"]),
        "scheduled_at": .dateTime.nullable, "created_at": .dateTime, "mode": EmailFilter.mode.example("live"),
    ]).named("ListedMessage")
}

extension MessageDetail {
    static let schema = MessageItem.schema.with([
        "cc": .array(.string), "bcc": .array(.string),
        "metadata": Schema.map(of: .string).example(["user_id": "usr_123", "order_id": "ord_456"]),
        "sent_at": .dateTime.usuallyThere, "delivered_at": .dateTime.usuallyThere,
        "bounced_at": .dateTime.nullable, "opened_at": .dateTime.nullable, "clicked_at": .dateTime.nullable,
        "complained_at": .dateTime.nullable,
    ]).named("MessageDetail")
}
