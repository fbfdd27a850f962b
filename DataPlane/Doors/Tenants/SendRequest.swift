import Admission
import FoundationEssentials
import HTTP

/// The body of `POST tenants/{id}/send`.
struct SendRequest: Decodable {
    let from: String
    let to: AddressField
    let cc: AddressField?
    let bcc: AddressField?
    let reply_to: AddressField?
    let subject: String
    let html_body: String?
    let text_body: String?
    let headers: [String: String]?
    let attachments: [AttachmentField]?
    let tags: [String]?
    let metadata: [String: String]?
    let stream: String?
    let scheduled_at: Date?

    func submission() throws(APIError) -> Submission {
        let composed = Submission.Composed(
            from: from, to: to.values, cc: cc?.values ?? [], bcc: bcc?.values ?? [],
            replyTo: reply_to?.values ?? [], subject: subject, text: text_body, html: html_body,
            headers: (headers ?? [:]).sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) },
            attachments: try AttachmentField.attachments(attachments), textField: "text_body",
            htmlField: "html_body")
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

    static let schema = Schema.object([
        "from": .string.required, "to": .array(.string).required, "cc": .array(.string),
        "bcc": .array(.string),
        "reply_to": .array(.string), "subject": .string.required, "html_body": .string, "text_body": .string,
        "headers": .map(of: .string), "attachments": .array(.attachment), "tags": .array(.string),
        "metadata": .map(of: .string), "stream": .choice("transactional", "bulk"), "scheduled_at": .dateTime,
    ]).named("SendRequest")
}
