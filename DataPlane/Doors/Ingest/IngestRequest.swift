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
        CodingKeys.self, texts: [.subject, .text, .html],
        lists: [.to, .cc, .bcc], open: [.headers, .metadata],
        inner: [.attachments: AttachmentField.fields, .tracking: TrackingField.fields])

    let from: String
    private(set) var to: AddressField?
    private(set) var cc: AddressField?
    private(set) var bcc: AddressField?
    private(set) var subject: String?
    private(set) var text: String?
    private(set) var html: String?
    private(set) var headers: [String: String]?
    private(set) var tags: [String]?
    private(set) var attachments: [AttachmentField]?
    private(set) var metadata: [String: String]?
    private(set) var stream: String?
    private(set) var tracking: TrackingField?
    private(set) var scheduled_at: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let known = KnownFields(decoder, Self.fields)
        from = try container.decode(String.self, forKey: .from)
        for (place, key) in CodingKeys.allCases.enumerated() where known.mayHave(place) {
            switch key {
            case .from: break
            case .to: to = try container.addresses(key, known)
            case .cc: cc = try container.addresses(key, known)
            case .bcc: bcc = try container.addresses(key, known)
            case .subject: subject = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .text: text = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .html: html = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .headers: headers = try container.decodeIfPresent([String: String].self, forKey: key)
            case .tags: tags = try container.decodeIfPresent([String].self, forKey: key)
            case .attachments:
                attachments = try container.decodeIfPresent([AttachmentField].self, forKey: key)
            case .metadata: metadata = try container.decodeIfPresent([String: String].self, forKey: key)
            case .stream: stream = try container.decodeIfPresent(String.self, forKey: key)
            case .tracking: tracking = try container.decodeIfPresent(TrackingField.self, forKey: key)
            case .scheduled_at: scheduled_at = try container.decodeIfPresent(String.self, forKey: key)
            }
        }
    }

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
