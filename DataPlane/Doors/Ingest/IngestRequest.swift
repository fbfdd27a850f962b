import Admission
import HTTP
import Relay

/// The body of `POST /api/v1/messages` as JSON.
struct IngestRequest: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case from, to, cc, bcc, subject, text, html, headers, tags, attachments, metadata, stream, tracking,
            scheduled_at
    }

    static let fields = FieldTable(
        CodingKeys.self, open: [.headers, .metadata],
        inner: [.attachments: AttachmentField.fields, .tracking: TrackingField.fields])

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
    let tracking: TrackingField?
    let scheduled_at: String?

    func submission() throws(APIError) -> Submission {
        let composed = Submission.Composed(
            from: from, to: to?.values ?? [], cc: cc?.values ?? [], bcc: bcc?.values ?? [],
            subject: subject ?? "",
            text: text, html: html,
            headers: (headers ?? [:]).headersByName,
            attachments: try AttachmentField.attachments(attachments))
        var submission = Submission(
            door: "ingest", content: .composed(composed), tags: tags ?? [], metadata: metadata ?? [:],
            stream: try Submission.Stream(field: stream),
            scheduledAt: try scheduled_at.map { text throws(APIError) in
                try DeliveryTime.parse(text, field: "scheduled_at")
            })
        submission.tracking = Submission.Tracking(tracking)
        return submission
    }
}

/// The same as a form: see `MailForm`.
enum IngestForm {
    private static let names = MailForm.names.union(MailFormOptions.names)

    static func submission(_ form: FormData) throws(APIError) -> Submission {
        let fields = FormFields(form: form)
        try fields.refuseUnknown { name in
            names.contains(name) || MailForm.prefixes.contains(where: name.hasPrefix)
        }
        return try MailForm(fields: fields).submission(door: "ingest")
    }
}
