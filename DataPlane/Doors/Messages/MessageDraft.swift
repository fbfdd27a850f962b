import Admission
import HTTP
import MailFormat
import Relay
import Templates
import Times

/// A message of the Messages API, ready to be submitted, and what its answer will repeat.
struct MessageDraft: Sendable {
    var submission: Submission
    /// As the caller gave them.
    let from: String
    private(set) var to: [String]
    /// Whether its time is to be found by what its readers did before.
    let optimizesTime: Bool
    /// The time that was found.
    var sendTime: SendTime?

    /// - Parameter templates: what reads the templates of all messages of a request that has several.
    /// - Throws: 400 or 413 with a code of the Messages API.
    init(_ body: MessageBody, _ templates: TemplateReader? = nil) throws(APIError) {
        guard let from = body.from else {
            throw APIError(400, "invalid_from_address", "`from` is required.", field: "from")
        }
        guard let to = body.to?.values, !to.isEmpty else {
            throw APIError(400, "invalid_to_address", "`to` is required.", field: "to")
        }
        self.from = from
        self.to = to
        optimizesTime = body.optimize_send_time ?? false
        submission = try Self.submission(body, from: from, to: to, templates)
        if optimizesTime, body.scheduled_at != nil {
            throw APIError(
                400, "invalid_field", "`optimize_send_time` finds the time that `scheduled_at` gives.",
                field: "optimize_send_time")
        }
    }

    /// The same message to one recipient alone.
    func to(_ address: String, variables: [String: TemplateValue]) -> MessageDraft {
        var draft = self
        draft.to = [address]
        guard case .composed(var composed) = submission.content else { return draft }
        composed.to = [address]
        if composed.variables.isEmpty {
            composed.variables = variables
        } else {
            composed.variables.merge(variables) { $1 }
        }
        composed.variablesField = "recipient_variables." + address
        composed.fillsPlaceholders = composed.template == nil
        composed.template?.fillsSubject = true
        draft.submission.content = .composed(composed)
        return draft
    }

    /// The recipients as the answer names them.
    func printedTo(_ receipt: Receipt) -> [String] {
        // Who is queued under the words of the request has no other name; that spares reading them again.
        receipt.queued == to ? receipt.queued : Self.addresses(to).map(\.description)
    }

    /// When it leaves, as the answer tells it; who lets the time be found is told it even when it is now.
    func scheduledAt(_ receipt: Receipt) -> String? {
        (receipt.scheduledAt ?? sendTime.map { _ in receipt.acceptedAt }).map(
            RFC3339.wholeSeconds(milliseconds:))
    }

    /// Whether its time is that of its readers' history.
    var isOptimized: Bool? { sendTime.map { $0.reason == nil } }

    /// The addresses alone, without names, as far as they are any.
    static func addresses(_ texts: [String]) -> [MailAddress] {
        texts.flatMap { (try? AddressList.mailboxes(in: $0))?.map(\.address) ?? [] }
    }

    private static func submission(
        _ body: MessageBody, from: String, to: [String], _ templates: TemplateReader?
    ) throws(APIError) -> Submission {
        let subject = body.subject ?? ""
        if body.template_id == nil {
            guard !subject.isEmpty else {
                throw APIError(400, "missing_subject", "`subject` is required.", field: "subject")
            }
        }
        var composed = Submission.Composed(
            from: from, to: to, cc: body.cc?.values ?? [], bcc: body.bcc?.values ?? [],
            replyTo: body.reply_to?.values ?? [], subject: subject, text: body.text, html: body.html,
            headers: (body.headers ?? [:]).headersByName, attachments: try attachments(body.attachments ?? [])
        )
        composed.template = body.template_id.map { name in
            var use = Submission.TemplateUse(
                name: name, field: "template_id", subject: subject.isEmpty ? nil : subject)
            use.fillsSubject = body.template_data != nil
            return use
        }
        composed.templates = templates
        composed.variables = body.template_data ?? [:]
        composed.variablesField = "template_data"
        composed.fillsPlaceholders = body.template_id == nil && body.template_data != nil
        var submission = Submission(
            door: "messages", content: .composed(composed), tags: body.tags ?? [],
            metadata: (body.metadata ?? [:]).mapValues(\.text),
            stream: try Submission.Stream(field: body.stream), scheduledAt: body.scheduled_at?.milliseconds)
        submission.tracking = .init(opens: body.tracksOpens, clicks: body.tracksClicks)
        submission.offersUnsubscribe = submission.tracking != .off
        return submission
    }

    private static func attachments(
        _ fields: [MessageBody.Attachment]
    ) throws(APIError) -> [Submission.Composed.Attachment] {
        guard fields.count <= MessageBody.maxAttachments else {
            throw APIError(
                400, "too_many_attachments",
                "A message may have at most \(MessageBody.maxAttachments) attachments.", field: "attachments")
        }
        var attachments: [Submission.Composed.Attachment] = []
        for (index, field) in fields.enumerated() {
            let attachment = try AttachmentField(
                filename: field.filename, content_type: field.content_type, content: field.content,
                inline: field.content_id != nil, content_id: field.content_id
            ).attachment(index)
            guard attachment.bytes.count <= MessageBody.maxAttachmentBytes else {
                throw APIError(
                    413, "attachment_too_large",
                    "An attachment may have at most \(MessageBody.maxAttachmentBytes) bytes.",
                    field: "attachments[\(index)].content")
            }
            attachments.append(attachment)
        }
        return attachments
    }
}
