import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import Postgres
import Relay

extension EmailsAPI {
    private static let maxEvents: Int32 = 1_000

    func show(_ call: TenantCall) async throws -> HTTPResponse {
        let asked = try Asked(call)
        let found = try await FreshEmail(context: context).find(asked.message) { try await read(asked) }
        guard let (record, raw) = found else { throw APIError.noSuch("email") }
        guard let raw else { return try .json(record) }
        var opened = record
        opened.detail?.show(raw)
        return try .json(opened)
    }

    /// The e-mail and, where it was kept, the message itself; nil when there is no such e-mail.
    private func read(_ asked: Asked) async throws -> (EmailRecord, [UInt8]?)? {
        try await context.pool.transaction(as: asked.rows) { connection -> (EmailRecord, [UInt8]?)? in
            let row = try await connection.query(
                """
                SELECT \(EmailRecord.columns), message_id, bounced_at, \(EmailBody.columns())
                FROM emails WHERE \(asked.rows(by: "id")) AND erased_at IS NULL
                """
            ).first
            guard let row else { return nil }
            var record = try EmailRecord(row)
            record.detail = try await detail(row, asked, connection)
            record.attempts = try await attempts(asked, connection)
            guard let raw = try open(row, asked)?.shown else { return (record, nil) }
            try await asked.audit("email.opened", connection)
            return (record, raw)
        }
    }

    /// The message as it was accepted, and what goes with it; nil when the log does not have it.
    func open(_ row: PostgresRow, _ asked: Asked) throws -> KeptMessage? {
        try EmailBody.open(
            row, message: asked.message, tenant: asked.tenant, masterSeal: context.masterSeal)
    }

    private func detail(
        _ row: PostgresRow, _ asked: Asked, _ connection: PostgresConnection
    ) async throws -> EmailRecord.Detail {
        var detail = EmailRecord.Detail()
        let header: String = try row["message_id"]
        detail.messageID = header.isEmpty ? nil : header
        detail.bouncedAt = try row["bounced_at"]
        detail.complainedAt = try row["complained_at"]
        detail.openedAt = try row["opened_at"]
        detail.clickedAt = try row["clicked_at"]
        detail.recipients = try await connection.query(
            """
            SELECT address, state, attempts, last_response FROM email_recipients
            WHERE \(asked.rows(by: "message_id")) ORDER BY address
            """
        ).map { row in
            let state = RecipientState(rawValue: try row["state"]) ?? .queued
            return EmailRecord.Recipient(
                address: try row["address"], status: state.emailsWord, attempts: try row["attempts"],
                response: try row["last_response"])
        }
        return detail
    }

    private func attempts(
        _ asked: Asked, _ connection: PostgresConnection
    ) async throws -> [EmailAttempt] {
        try await connection.query(
            """
            SELECT kind, at, node, recipient, detail FROM events
            WHERE \(asked.rows(by: "message_id"))
                AND kind IN ('delivered', 'deferred', 'bounced', 'expired', 'failed')
            ORDER BY at, node, seq LIMIT \(Self.maxEvents)
            """
        ).map { EmailAttempt(try EmailEventView($0)) }
    }
}

extension EmailRecord.Detail {
    /// What the message itself says.
    fileprivate mutating func show(_ raw: [UInt8]) {
        let parsed = MIMEParser.parse(raw)
        html = parsed.html
        text = parsed.plainText
        attachments = parsed.attachments.map { attachment in
            EmailRecord.Attachment(
                filename: attachment.filename, contentType: attachment.contentType,
                sizeBytes: parsed.body(of: attachment.part).count, isInline: attachment.isInline,
                contentID: attachment.contentID)
        }
        let mailboxes = try? MessageHeaders(raw).mailboxes("Reply-To")
        replyTo = mailboxes?.map(\.description) ?? []
    }
}
