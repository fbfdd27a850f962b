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
        CodingKeys.self, texts: [.subject, .html, .text],
        lists: [.to, .cc, .bcc, .reply_to], open: [.template_vars, .headers, .metadata],
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
    private(set) var cc: AddressField?
    private(set) var bcc: AddressField?
    private(set) var reply_to: AddressField?
    private(set) var subject: String?
    private(set) var html: String?
    private(set) var text: String?
    private(set) var template_id: String?
    private(set) var template_vars: [String: TemplateValue]?
    private(set) var template: Template?
    private(set) var domain_id: UUID?
    private(set) var headers: [String: String]?
    private(set) var tags: [EmailTag]?
    private(set) var metadata: [String: String]?
    private(set) var stream: String?
    private(set) var track_opens: Bool?
    private(set) var track_clicks: Bool?
    private(set) var enable_unsubscribe: Bool?
    private(set) var scheduled_at: TimeField?
    private(set) var attachments: [EmailAttachment]?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let known = KnownFields(decoder, Self.fields)
        from = try container.decodeIfPresent(String.self, forKey: .from)
        from_ = try container.decodeIfPresent(String.self, forKey: .from_)
        to = try container.requiredAddresses(.to, known)
        for (place, key) in CodingKeys.allCases.enumerated() where known.mayHave(place) {
            switch key {
            case .from, .from_, .to: break
            case .cc: cc = try container.addresses(key, known)
            case .bcc: bcc = try container.addresses(key, known)
            case .reply_to: reply_to = try container.addresses(key, known)
            case .subject: subject = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .html: html = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .text: text = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .template_id: template_id = try container.decodeIfPresent(String.self, forKey: key)
            case .template_vars:
                template_vars = try container.decodeIfPresent([String: TemplateValue].self, forKey: key)
            case .template: template = try container.decodeIfPresent(Template.self, forKey: key)
            case .domain_id: domain_id = try container.decodeIfPresent(UUID.self, forKey: key)
            case .headers: headers = try container.decodeIfPresent([String: String].self, forKey: key)
            case .tags: tags = try container.decodeIfPresent([EmailTag].self, forKey: key)
            case .metadata: metadata = try container.decodeIfPresent([String: String].self, forKey: key)
            case .stream: stream = try container.decodeIfPresent(String.self, forKey: key)
            case .track_opens: track_opens = try container.decodeIfPresent(Bool.self, forKey: key)
            case .track_clicks: track_clicks = try container.decodeIfPresent(Bool.self, forKey: key)
            case .enable_unsubscribe:
                enable_unsubscribe = try container.decodeIfPresent(Bool.self, forKey: key)
            case .scheduled_at: scheduled_at = try container.decodeIfPresent(TimeField.self, forKey: key)
            case .attachments:
                attachments = try container.decodeIfPresent([EmailAttachment].self, forKey: key)
            }
        }
    }

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
