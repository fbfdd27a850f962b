import Admission
import HTTP
import Relay
import Templates

/// The body of `POST tenants/{id}/send`.
struct SendRequest: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case from, to, cc, bcc, reply_to, subject, html_body, text_body, template_id, template_variables,
            use_master_template, headers, attachments, tags, metadata, stream, tracking, scheduled_at
    }

    static let fields = FieldTable(
        CodingKeys.self, texts: [.subject, .html_body, .text_body],
        lists: [.to, .cc, .bcc, .reply_to], open: [.headers, .metadata, .template_variables],
        inner: [.attachments: AttachmentField.fields, .tracking: TrackingField.fields])

    let from: String
    let to: AddressField
    private(set) var cc: AddressField?
    private(set) var bcc: AddressField?
    private(set) var reply_to: AddressField?
    /// A template gives its own.
    private(set) var subject: String?
    private(set) var html_body: String?
    private(set) var text_body: String?
    private(set) var template_id: String?
    private(set) var template_variables: [String: TemplateValue]?
    private(set) var use_master_template: Bool?
    private(set) var headers: [String: String]?
    private(set) var attachments: [AttachmentField]?
    private(set) var tags: [String]?
    private(set) var metadata: [String: String]?
    private(set) var stream: String?
    private(set) var tracking: TrackingField?
    private(set) var scheduled_at: TimeField?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let known = KnownFields(decoder, Self.fields)
        from = try container.decode(String.self, forKey: .from)
        to = try container.requiredAddresses(.to, known)
        for (place, key) in CodingKeys.allCases.enumerated() where known.mayHave(place) {
            switch key {
            case .from, .to: break
            case .cc: cc = try container.addresses(key, known)
            case .bcc: bcc = try container.addresses(key, known)
            case .reply_to: reply_to = try container.addresses(key, known)
            case .subject: subject = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .html_body: html_body = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .text_body: text_body = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .template_id: template_id = try container.decodeIfPresent(String.self, forKey: key)
            case .template_variables:
                template_variables = try container.decodeIfPresent([String: TemplateValue].self, forKey: key)
            case .use_master_template:
                use_master_template = try container.decodeIfPresent(Bool.self, forKey: key)
            case .headers: headers = try container.decodeIfPresent([String: String].self, forKey: key)
            case .attachments:
                attachments = try container.decodeIfPresent([AttachmentField].self, forKey: key)
            case .tags: tags = try container.decodeIfPresent([String].self, forKey: key)
            case .metadata: metadata = try container.decodeIfPresent([String: String].self, forKey: key)
            case .stream: stream = try container.decodeIfPresent(String.self, forKey: key)
            case .tracking: tracking = try container.decodeIfPresent(TrackingField.self, forKey: key)
            case .scheduled_at: scheduled_at = try container.decodeIfPresent(TimeField.self, forKey: key)
            }
        }
    }

    func submission() throws(APIError) -> Submission {
        guard let subject = subject ?? template_id.map({ _ in "" }) else {
            throw APIError(
                400, Refusal.Code.missing.rawValue, "`subject` is required.", field: "subject")
        }
        var composed = Submission.Composed(
            from: from, to: to.values, cc: cc?.values ?? [], bcc: bcc?.values ?? [],
            replyTo: reply_to?.values ?? [], subject: subject, text: text_body, html: html_body,
            headers: (headers ?? [:]).headersByName,
            attachments: try AttachmentField.attachments(attachments), textField: "text_body",
            htmlField: "html_body")
        composed.template = template_id.map { .init(name: $0, field: "template_id") }
        composed.variables = template_variables ?? [:]
        composed.usesMasterTemplate = use_master_template ?? false
        var submission = Submission(
            door: "tenants", content: .composed(composed), tags: tags ?? [], metadata: metadata ?? [:],
            stream: try Submission.Stream(field: stream), scheduledAt: scheduled_at?.milliseconds)
        submission.tracking = Submission.Tracking(tracking)
        submission.unsubscribe = .headersIfBulkOrNamed
        return submission
    }
}
