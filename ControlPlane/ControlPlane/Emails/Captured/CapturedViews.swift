import Crypto
import FoundationEssentials
import MailFormat
import NodeProtocol
import Postgres

/// A captured message in a list.
struct CapturedItem: Encodable, Sendable {
    let id: String
    let tenantId: String
    let fromAddress: String
    let toAddresses: [String]
    let ccAddresses: [String]
    let bccAddresses: [String]
    let subject: String
    let sizeBytes: Int
    let hasAttachments: Bool
    let tags: [String]
    let door: String
    let acceptedAt: Date
    let expiresAt: Date
    /// Whether the message itself is there to be read.
    let contentKept: Bool
    @OrNull var contentNote: String?

    static let columns: SQL = """
        e.id, e.tenant_id, e.from_address, e.to_addresses, e.cc_addresses, e.bcc_addresses, e.subject,
        e.size_bytes, e.has_attachments, e.tags, e.door, e.accepted_at, e.expires_at,
        e.body_sealed IS NOT NULL AS is_kept
        """

    init(_ row: PostgresRow) throws {
        id = try row["id", as: UUID.self].text
        tenantId = try row["tenant_id", as: UUID.self].text
        fromAddress = try row["from_address"]
        toAddresses = try row["to_addresses"]
        ccAddresses = try row["cc_addresses"]
        bccAddresses = try row["bcc_addresses"]
        subject = try row["subject"]
        sizeBytes = try row["size_bytes"]
        hasAttachments = try row["has_attachments"]
        tags = try row["tags"]
        door = try row["door"]
        acceptedAt = try row["accepted_at"]
        expiresAt = try row["expires_at"]
        contentKept = try row["is_kept"]
        _contentNote = OrNull(wrappedValue: contentKept ? nil : Self.note(sizeBytes: sizeBytes))
    }

    /// Why there is no content.
    static func note(sizeBytes: Int) -> String {
        let limit = EventRecord.maxLoggedBodyBytes
        return sizeBytes > limit
            ? "The message has \(sizeBytes) bytes; captured mail is kept up to \(limit) bytes."
            : "The content was erased, or could not be sealed when the message was accepted."
    }
}

/// A captured message, opened.
struct CapturedMessage: Encodable, Sendable {
    struct Header: Encodable, Sendable {
        let name: String
        /// Unfolded, encoded-words decoded.
        let value: String
    }

    struct Attachment: Encodable, Sendable {
        @OrNull var filename: String?
        let contentType: String
        let inline: Bool
        @OrNull var contentId: String?
        /// Decoded.
        let sizeBytes: Int
    }

    struct Envelope: Encodable, Sendable {
        @OrNull var from: String?
        let to: [String]
    }

    let item: CapturedItem
    let envelope: Envelope
    let metadata: [String: String]
    var headers: [Header] = []
    @OrNull var text: String?
    @OrNull var html: String?
    var attachments: [Attachment] = []

    private enum CodingKeys: CodingKey {
        case envelope, metadata, headers, text, html, attachments
    }

    /// - Parameters:
    ///   - recipients: all of the envelope.
    ///   - content: the message; nil where there is none to read.
    init(_ item: CapturedItem, recipients: [String], metadata: [String: String], content: [UInt8]?) {
        self.item = item
        self.metadata = metadata
        let headers = content.flatMap { try? MessageHeaders($0) }
        envelope = Envelope(
            from: headers?.value("Return-Path")?.filter { $0 != "<" && $0 != ">" }, to: recipients)
        guard let content else { return }
        self.headers =
            headers.map { headers in
                headers.fields.map {
                    Header(name: $0.name, value: EncodedWord.decode(headers.value(of: $0)))
                }
            } ?? []
        let parsed = MIMEParser.parse(content)
        _text = OrNull(wrappedValue: parsed.plainText)
        _html = OrNull(wrappedValue: parsed.html)
        attachments = parsed.attachments.map { file in
            Attachment(
                filename: file.filename, contentType: file.contentType, inline: file.isInline,
                contentId: file.contentID, sizeBytes: parsed.body(of: file.part).count)
        }
    }

    /// The fields of the list beside those of the message.
    func encode(to encoder: any Encoder) throws {
        try item.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(envelope, forKey: .envelope)
        try fields.encode(metadata, forKey: .metadata)
        try fields.encode(headers, forKey: .headers)
        try fields.encode(text, forKey: .text)
        try fields.encode(html, forKey: .html)
        try fields.encode(attachments, forKey: .attachments)
    }
}
