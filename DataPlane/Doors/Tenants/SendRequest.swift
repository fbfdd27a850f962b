import Admission
import FoundationEssentials
import HTTP
import Relay
import Templates

/// The body of `POST tenants/{id}/send`.
struct SendRequest: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case from, to, cc, bcc, reply_to, subject, html_body, text_body, template_id, template_variables,
            use_master_template, headers, attachments, tags, metadata, stream, scheduled_at
    }

    static let fields = FieldTable(
        CodingKeys.self, open: [.headers, .metadata, .template_variables],
        inner: [.attachments: AttachmentField.fields])

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
    let scheduled_at: Date?

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
        return Submission(
            door: "tenants", content: .composed(composed), tags: tags ?? [], metadata: metadata ?? [:],
            stream: try Submission.Stream(field: stream), scheduledAt: try scheduledAt())
    }

    /// Milliseconds since 1970. A date may be any number, and not every number is an `Int64`.
    private func scheduledAt() throws(APIError) -> Int64? {
        guard let scheduled_at else { return nil }
        guard let time = Int64(exactly: (scheduled_at.timeIntervalSince1970 * 1000).rounded()) else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "`scheduled_at` is out of range.", field: "scheduled_at")
        }
        return time
    }
}
