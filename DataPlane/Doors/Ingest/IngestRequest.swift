import Admission
import FoundationEssentials
import HTTP

/// The body of `POST /api/v1/messages` as JSON.
struct IngestRequest: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case from, to, cc, bcc, subject, text, html, headers, tags, attachments, metadata, stream
    }

    static let fields = FieldTable(
        CodingKeys.self, open: [.headers, .metadata], inner: [.attachments: AttachmentField.fields])

    let from: String
    let to: AddressField?
    let cc: AddressField?
    let bcc: AddressField?
    let subject: String?
    let text: String?
    let html: String?
    let headers: [String: String]?
    let tags: [String]?
    let attachments: [AttachmentField]?
    let metadata: [String: String]?
    let stream: String?

    func submission() throws(APIError) -> Submission {
        let composed = Submission.Composed(
            from: from, to: to?.values ?? [], cc: cc?.values ?? [], bcc: bcc?.values ?? [],
            subject: subject ?? "",
            text: text, html: html,
            headers: (headers ?? [:]).sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) },
            attachments: try AttachmentField.attachments(attachments))
        return Submission(
            door: "ingest", content: .composed(composed), tags: tags ?? [], metadata: metadata ?? [:],
            stream: try Submission.Stream(field: stream))
    }
}

extension Submission.Stream {
    /// - Throws: 400 naming the field for a word that is none.
    init(field: String?) throws(APIError) {
        guard let field else {
            self = .transactional
            return
        }
        guard let stream = Self(rawValue: field) else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "`stream` must be transactional or bulk.", field: "stream"
            )
        }
        self = stream
    }
}

/// The same as a form: repeated or comma-joined fields, `h:Name` for headers, `o:tag`, files as `attachment`.
enum IngestForm {
    private static let known: Set<String> = [
        "from", "to", "cc", "bcc", "subject", "text", "html", "attachment", "o:tag",
    ]

    static func submission(_ form: FormData) throws(APIError) -> Submission {
        for field in form.fields where !known.contains(field.name) && !field.name.hasPrefix("h:") {
            throw APIError(400, "unknown_field", "There is no field `\(field.name)`.", field: field.name)
        }
        guard let from = try only(form, "from") else {
            throw APIError(400, Refusal.Code.missing.rawValue, "`from` is required.", field: "from")
        }
        var headers: [(name: String, value: String)] = []
        for field in form.fields where field.name.hasPrefix("h:") {
            headers.append((String(field.name.dropFirst(2)), try text(of: field)))
        }
        let composed = Submission.Composed(
            from: from, to: try texts(form, "to"), cc: try texts(form, "cc"), bcc: try texts(form, "bcc"),
            subject: try only(form, "subject") ?? "", text: try only(form, "text"),
            html: try only(form, "html"),
            headers: headers,
            attachments: form.all("attachment").map { field in
                Submission.Composed.Attachment(
                    filename: field.filename ?? "attachment", contentType: field.contentType,
                    bytes: Array(field.bytes))
            })
        let tags = try texts(form, "o:tag").flatMap { $0.split(separator: ",").map { trimmed($0) } }
        return Submission(door: "ingest", content: .composed(composed), tags: tags)
    }

    /// The value of a field that may be given once.
    private static func only(_ form: FormData, _ name: String) throws(APIError) -> String? {
        let texts = try texts(form, name)
        guard texts.count <= 1 else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "`\(name)` is given more than once.", field: name)
        }
        return texts.first
    }

    private static func texts(_ form: FormData, _ name: String) throws(APIError) -> [String] {
        var texts: [String] = []
        for field in form.all(name) { texts.append(try text(of: field)) }
        return texts
    }

    private static func text(of field: FormData.Field) throws(APIError) -> String {
        guard let text = field.text else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "`\(field.name)` must be UTF-8.", field: field.name)
        }
        return text
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
