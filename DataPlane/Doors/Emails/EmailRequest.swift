import Admission
import FoundationEssentials
import HTTP
import Relay
import Templates

/// One e-mail of `POST /api/v1/emails`, in the words of the API and in those of Resend's clients.
struct EmailRequest: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case from, from_, to, cc, bcc, reply_to, subject, html, text, template_id, template_vars, template,
            domain_id, headers, tags, metadata, stream, track_opens, track_clicks, enable_unsubscribe,
            scheduled_at, attachments
    }

    static let fields = FieldTable(
        CodingKeys.self, open: [.template_vars, .headers, .metadata],
        inner: [
            .template: Template.fields, .tags: EmailTag.fields, .attachments: EmailAttachment.fields,
        ])

    /// A template in Resend's way.
    struct Template: TabledFields {
        enum CodingKeys: String, CodingKey, CaseIterable { case id, variables }

        static let fields = FieldTable(CodingKeys.self, open: [.variables])

        let id: String
        let variables: [String: TemplateValue]?
    }

    let from: String?
    let from_: String?
    let to: AddressField
    let cc: AddressField?
    let bcc: AddressField?
    let reply_to: AddressField?
    let subject: String?
    let html: String?
    let text: String?
    let template_id: String?
    let template_vars: [String: TemplateValue]?
    let template: Template?
    let domain_id: UUID?
    let headers: [String: String]?
    let tags: [EmailTag]?
    let metadata: [String: String]?
    let stream: String?
    let track_opens: Bool?
    let track_clicks: Bool?
    let enable_unsubscribe: Bool?
    let scheduled_at: TimeField?
    let attachments: [EmailAttachment]?

    /// - Throws: 400 naming the field; 413 for attachments that are too large.
    func submission() throws(APIError) -> Submission {
        var composed = Submission.Composed(
            from: try sender(), to: to.values, cc: cc?.values ?? [], bcc: bcc?.values ?? [],
            replyTo: reply_to?.values ?? [], subject: try checkedSubject(), text: text, html: html,
            headers: (headers ?? [:]).headersByName,
            attachments: try EmailAttachment.attachments(attachments))
        composed.template = try templateUse()
        composed.variables = template?.variables ?? template_vars ?? [:]
        composed.variablesField = template == nil ? "template_vars" : "template.variables"
        var submission = Submission(
            door: "emails", content: .composed(composed), tags: (tags ?? []).compactMap(\.word),
            metadata: try EmailTag.metadata(metadata, tags), stream: try Submission.Stream(field: stream),
            scheduledAt: scheduled_at?.milliseconds)
        submission.tracking = .init(opens: track_opens ?? false, clicks: track_clicks ?? false)
        submission.unsubscribe = enable_unsubscribe ?? false ? .headersAndLink : .none
        submission.senderDomain = domain_id
        // Admission looks at it: of what an earlier attempt has queued the time may have passed.
        submission.demandsTimeAhead = true
        return submission
    }

    private func sender() throws(APIError) -> String {
        guard let sender = from ?? from_ else {
            throw APIError(400, Refusal.Code.missing.rawValue, "`from` is required.", field: "from")
        }
        guard from_ == nil || from_ == sender else {
            throw conflict("`from` and `from_` are not the same.", field: "from_")
        }
        return sender
    }

    private func templateUse() throws(APIError) -> Submission.TemplateUse? {
        guard template == nil || (template_id == nil && template_vars?.isEmpty ?? true) else {
            throw conflict("Give either `template` or `template_id` with `template_vars`.", field: "template")
        }
        let use =
            template.map { Submission.TemplateUse(name: $0.id, field: "template.id") }
            ?? template_id.map { Submission.TemplateUse(name: $0, field: "template_id") }
        guard use != nil else { return nil }
        let raw = [("subject", subject), ("html", html), ("text", text)].first { $0.1?.isEmpty == false }
        guard let raw else { return use }
        throw conflict(
            "Give either raw content or a template: the template has its own `\(raw.0)`.", field: raw.0)
    }

    private func checkedSubject() throws(APIError) -> String {
        if let subject { return subject }
        guard template_id != nil || template != nil else {
            throw APIError(400, Refusal.Code.missing.rawValue, "`subject` is required.", field: "subject")
        }
        return ""
    }

    private func conflict(_ text: String, field: String) -> APIError {
        APIError(400, "content_conflict", text, field: field)
    }
}
