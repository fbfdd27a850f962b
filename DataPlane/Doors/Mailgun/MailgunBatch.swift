import Admission
import Crypto
import HTTP
import MailFormat
import Templates

/// One message for each of many recipients, each filled in with its own values; all have one Message-ID.
struct MailgunBatch {
    /// What all copies may have together, before they are encoded.
    private static let maxBytes = 512 * 1024 * 1024
    /// What is in memory at a time, roughly.
    private static let groupBytes = 8 * 1024 * 1024
    private static let groupRecipients = 100

    let recipients: [Mailbox]
    /// With angle brackets: the caller's, that of the copies which an earlier attempt has queued, or a new
    /// one.
    let messageID: String
    private let submission: Submission
    private let composed: Submission.Composed
    private let variables: RecipientVariables
    private let copyBytes: Int

    /// - Throws: 413 when the copies together are too large.
    init(
        _ submission: Submission, _ composed: Submission.Composed, to recipients: [Mailbox],
        by variables: RecipientVariables, domain: String
    ) throws(APIError) {
        self.submission = submission
        var composed = composed
        composed.templates = TemplateReader()
        self.composed = composed
        self.recipients = recipients
        self.variables = variables
        copyBytes = composed.attachments.reduce(
            (composed.text?.utf8.count ?? 0) + (composed.html?.utf8.count ?? 0)
        ) { $0 + $1.bytes.count }
        guard copyBytes <= Self.maxBytes / recipients.count else {
            throw APIError(
                413, Refusal.Code.messageTooLarge.rawValue,
                "The messages for all recipients together are larger than \(Self.maxBytes) bytes.")
        }
        let given = composed.headers.first { $0.name.lowercased() == "message-id" }?.value
        messageID =
            given ?? KeyedSending.current?.messageIDQueued
            ?? "<\(Hex.encode(SecureRandom.bytes(16)))@\(domain)>"
    }

    /// The recipients, so many at a time as fit into memory.
    var groups: [ArraySlice<Mailbox>] {
        let count = max(1, min(Self.groupRecipients, Self.groupBytes / max(1, copyBytes)))
        return stride(from: 0, to: recipients.count, by: count).map { start in
            recipients[start..<min(recipients.count, start + count)]
        }
    }

    /// Those that can be made, one after the other.
    var copies: some Sequence<Submission> { recipients.lazy.compactMap { try? copy(for: $0) } }

    /// The message of one of them, who stands alone in To.
    ///
    /// - Throws: `.messageTooLarge` for one that grows beyond all bounds.
    func copy(for recipient: Mailbox) throws(Refusal) -> Submission {
        let values = variables.values(for: recipient)
        var message = composed
        message.to = [recipient.description]
        message.subject = try values.fill(composed.subject)
        message.text = try composed.text.map { text throws(Refusal) in try values.fill(text) }
        message.html = try composed.html.map { text throws(Refusal) in try values.fill(text) }
        message.template?.subject = try composed.template?.subject.map { text throws(Refusal) in
            try values.fill(text)
        }
        message.headers = try composed.headers.map { header throws(Refusal) in
            (header.name, try values.fill(header.value))
        }
        message.headers.removeAll { $0.name.lowercased() == "message-id" }
        message.headers.append(("Message-ID", messageID))
        message.variables = try values.fill(composed.variables)
        var copy = submission
        copy.content = .composed(message)
        copy.metadata = try values.fill(submission.metadata)
        return copy
    }
}
