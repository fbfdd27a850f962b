import FoundationEssentials
import Times

/// An e-mail as `/api/v1/emails` prints it, at either plane. What is not known yet is `null`; what belongs to
/// the detail alone is left out elsewhere.
package struct EmailRecord: Encodable, Sendable {
    package let id: String
    package var status: String
    package var from: String
    package var to: [String] = []
    package var cc: [String] = []
    package var bcc: [String] = []
    package var subject: String
    package var templateID: String?
    package var tags: [String] = []
    package var metadata: [String: String] = [:]
    package var scheduledAt: Date?
    package var createdAt: Date
    package var queuedAt: Date?
    package var sentAt: Date?
    package var deliveredAt: Date?
    package var tracksOpens = false
    package var tracksClicks = false
    package var resentFrom: String?
    /// Whether it was sent with a test key, and captured.
    package var isTest = false
    /// In Resend's words.
    package var lastEvent: String
    /// Left out, because they are on the suppression list.
    package var suppressed: [String]?
    /// Nil in lists.
    package var attempts: [EmailAttempt]?
    package var detail: Detail?

    /// What only the question for one e-mail is told.
    package struct Detail: Sendable {
        package var messageID: String?
        package var replyTo: [String] = []
        package var html: String?
        package var text: String?
        package var attachments: [Attachment] = []
        package var recipients: [Recipient] = []
        package var bouncedAt: Date?
        package var complainedAt: Date?
        package var openedAt: Date?
        package var clickedAt: Date?

        package init() {}
    }

    package struct Attachment: Encodable, Sendable {
        let filename: String?
        let content_type: String
        let size_bytes: Int
        let inline: Bool
        let content_id: String?

        package init(
            filename: String?, contentType: String, sizeBytes: Int, isInline: Bool, contentID: String?
        ) {
            self.filename = filename
            content_type = contentType
            size_bytes = sizeBytes
            inline = isInline
            content_id = contentID
        }

        private enum CodingKeys: CodingKey { case filename, content_type, size_bytes, inline, content_id }

        package func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(filename, forKey: .filename)
            try fields.encode(content_type, forKey: .content_type)
            try fields.encode(size_bytes, forKey: .size_bytes)
            try fields.encode(inline, forKey: .inline)
            try fields.encode(content_id, forKey: .content_id)
        }
    }

    /// One recipient and where the message to him is.
    package struct Recipient: Encodable, Sendable {
        let address: String
        let status: String
        let attempts: Int
        let response: String?

        package init(address: String, status: String, attempts: Int, response: String?) {
            self.address = address
            self.status = status
            self.attempts = attempts
            self.response = response
        }

        private enum CodingKeys: CodingKey { case address, status, attempts, response }

        package func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(address, forKey: .address)
            try fields.encode(status, forKey: .status)
            try fields.encode(attempts, forKey: .attempts)
            try fields.encode(response, forKey: .response)
        }
    }

    package init(
        id: String, status: String, from: String, subject: String, createdAt: Date, lastEvent: String
    ) {
        self.id = id
        self.status = status
        self.from = from
        self.subject = subject
        self.createdAt = createdAt
        self.lastEvent = lastEvent
    }

    private enum CodingKeys: String, CodingKey {
        case object, id, status, from_, from, to, cc, bcc, subject, template_id, tags, metadata, scheduled_at,
            created_at, queued_at, sent_at, delivered_at, track_opens, track_clicks, resent_from, mode,
            last_event, suppressed, attempts, message_id, reply_to, html, text, attachments, recipients,
            bounced_at,
            complained_at, opened_at, clicked_at
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode("email", forKey: .object)
        try fields.encode(id, forKey: .id)
        try fields.encode(status, forKey: .status)
        try fields.encode(from, forKey: .from_)
        try fields.encode(from, forKey: .from)
        try fields.encode(to, forKey: .to)
        try fields.encode(cc, forKey: .cc)
        try fields.encode(bcc, forKey: .bcc)
        try fields.encode(subject, forKey: .subject)
        try fields.encode(templateID, forKey: .template_id)
        try fields.encode(tags, forKey: .tags)
        try fields.encode(metadata, forKey: .metadata)
        try fields.encode(scheduledAt.map(RFC3339.text), forKey: .scheduled_at)
        try fields.encode(RFC3339.text(createdAt), forKey: .created_at)
        try fields.encode(queuedAt.map(RFC3339.text), forKey: .queued_at)
        try fields.encode(sentAt.map(RFC3339.text), forKey: .sent_at)
        try fields.encode(deliveredAt.map(RFC3339.text), forKey: .delivered_at)
        try fields.encode(tracksOpens, forKey: .track_opens)
        try fields.encode(tracksClicks, forKey: .track_clicks)
        try fields.encode(resentFrom, forKey: .resent_from)
        try fields.encode(isTest ? "test" : "live", forKey: .mode)
        try fields.encode(lastEvent, forKey: .last_event)
        try fields.encodeIfPresent(suppressed, forKey: .suppressed)
        try fields.encodeIfPresent(attempts, forKey: .attempts)
        if let detail { try encode(detail, to: &fields) }
    }

    private func encode(
        _ detail: Detail, to fields: inout KeyedEncodingContainer<CodingKeys>
    ) throws {
        try fields.encode(detail.messageID, forKey: .message_id)
        try fields.encode(detail.replyTo, forKey: .reply_to)
        try fields.encode(detail.html, forKey: .html)
        try fields.encode(detail.text, forKey: .text)
        try fields.encode(detail.attachments, forKey: .attachments)
        try fields.encode(detail.recipients, forKey: .recipients)
        try fields.encode(detail.bouncedAt.map(RFC3339.text), forKey: .bounced_at)
        try fields.encode(detail.complainedAt.map(RFC3339.text), forKey: .complained_at)
        try fields.encode(detail.openedAt.map(RFC3339.text), forKey: .opened_at)
        try fields.encode(detail.clickedAt.map(RFC3339.text), forKey: .clicked_at)
    }
}

/// One attempt to hand an e-mail to its recipient's host, and what the host said.
package struct EmailAttempt: Encodable, Sendable {
    package let recipient: String?
    package let number: Int?
    package let at: Date
    /// `delivered`, `deferred`, `bounced`, `failed`.
    package let outcome: String
    package let code: Int?
    package let enhancedCode: String?
    package let response: String?
    package let remoteHost: String?
    package let nextAttemptAt: Date?

    package init(
        recipient: String?, number: Int?, at: Date, outcome: String, code: Int?, enhancedCode: String?,
        response: String?, remoteHost: String?, nextAttemptAt: Date?
    ) {
        self.recipient = recipient
        self.number = number
        self.at = at
        self.outcome = outcome
        self.code = code
        self.enhancedCode = enhancedCode
        self.response = response
        self.remoteHost = remoteHost
        self.nextAttemptAt = nextAttemptAt
    }

    private enum CodingKeys: String, CodingKey {
        case recipient, attempt, at, outcome, response_code, enhanced_code, response, provider,
            next_attempt_at
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(recipient, forKey: .recipient)
        try fields.encode(number, forKey: .attempt)
        try fields.encode(RFC3339.text(at), forKey: .at)
        try fields.encode(outcome, forKey: .outcome)
        try fields.encode(code, forKey: .response_code)
        try fields.encode(enhancedCode, forKey: .enhanced_code)
        try fields.encode(response, forKey: .response)
        try fields.encode(remoteHost, forKey: .provider)
        try fields.encode(nextAttemptAt.map(RFC3339.text), forKey: .next_attempt_at)
    }
}
