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
        CodingKeys.self, open: [.headers, .metadata, .template_variables],
        inner: [.attachments: AttachmentField.fields, .tracking: TrackingField.fields])

    let from: String
    let to: AddressField
    let cc: AddressField?
    let bcc: AddressField?
    let reply_to: AddressField?
    /// A template gives its own.
    let subject: String?
    let html_body: String?
    let text_body: String?
    let template_id: String?
    let template_variables: [String: TemplateValue]?
    let use_master_template: Bool?
    let headers: [String: String]?
    let attachments: [AttachmentField]?
    let tags: [String]?
    let metadata: [String: String]?
    let stream: String?
    let tracking: TrackingField?
    let scheduled_at: TimeField?

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
