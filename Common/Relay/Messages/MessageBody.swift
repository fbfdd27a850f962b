import FoundationEssentials
import HTTP
import Templates

/// A message in the words of the Messages API: what `send` takes, what a batch has several of, and what
/// `analyze` looks at. Nothing is required here: what is missing has a code of its own.
package struct MessageBody: TabledFields, Sendable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case from, to, cc, bcc, reply_to, subject, html, text, headers, attachments, template_id,
            template_data, tags, metadata, tracking, scheduled_at, optimize_send_time, stream
    }

    package static let fields = FieldTable(
        CodingKeys.self, texts: [.subject, .html, .text], lists: [.to, .cc, .bcc, .reply_to],
        open: [.headers, .metadata, .template_data],
        inner: [
            .attachments: FieldTable(Attachment.CodingKeys.self, long: [.content]),
            .tracking: FieldTable(Tracking.CodingKeys.self),
        ])

    /// How many files a message may have, and how large each may be before it is encoded.
    package static let maxAttachments = 10
    package static let maxAttachmentBytes = 10 * 1024 * 1024

    package struct Attachment: Decodable, Sendable {
        enum CodingKeys: CodingKey, CaseIterable { case filename, content, content_type, content_id }

        package let filename: String
        /// Base64.
        package let content: LongText
        package let content_type: String?
        /// Shown inside the HTML as `cid:<content_id>`.
        package let content_id: String?
    }

    /// Each is on unless it is declined.
    package struct Tracking: Decodable, Sendable {
        enum CodingKeys: CodingKey, CaseIterable { case opens, clicks }

        package let opens: Bool?
        package let clicks: Bool?
    }

    package private(set) var from: String?
    package var to: AddressField?
    package private(set) var cc: AddressField?
    package private(set) var bcc: AddressField?
    package private(set) var reply_to: AddressField?
    package private(set) var subject: String?
    package private(set) var html: String?
    package private(set) var text: String?
    package private(set) var headers: [String: String]?
    package private(set) var attachments: [Attachment]?
    package private(set) var template_id: String?
    package var template_data: [String: TemplateValue]?
    package private(set) var tags: [String]?
    package private(set) var metadata: [String: MetadataField]?
    package private(set) var tracking: Tracking?
    package private(set) var scheduled_at: TimeField?
    package private(set) var optimize_send_time: Bool?
    package private(set) var stream: String?

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let known = KnownFields(decoder, Self.fields)
        for (place, key) in CodingKeys.allCases.enumerated() where known.mayHave(place) {
            switch key {
            case .from: from = try container.decodeIfPresent(String.self, forKey: key)
            case .to: to = try container.addresses(key, known)
            case .cc: cc = try container.addresses(key, known)
            case .bcc: bcc = try container.addresses(key, known)
            case .reply_to: reply_to = try container.addresses(key, known)
            case .subject: subject = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .html: html = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .text: text = try known.text(container.decodeIfPresent(String.self, forKey: key))
            case .headers: headers = try container.decodeIfPresent([String: String].self, forKey: key)
            case .attachments: attachments = try container.decodeIfPresent([Attachment].self, forKey: key)
            case .template_id: template_id = try container.decodeIfPresent(String.self, forKey: key)
            case .template_data:
                template_data = try container.decodeIfPresent([String: TemplateValue].self, forKey: key)
            case .tags: tags = try container.decodeIfPresent([String].self, forKey: key)
            case .metadata:
                metadata = try container.decodeIfPresent([String: MetadataField].self, forKey: key)
            case .tracking: tracking = try container.decodeIfPresent(Tracking.self, forKey: key)
            case .scheduled_at: scheduled_at = try container.decodeIfPresent(TimeField.self, forKey: key)
            case .optimize_send_time:
                optimize_send_time = try container.decodeIfPresent(Bool.self, forKey: key)
            case .stream: stream = try container.decodeIfPresent(String.self, forKey: key)
            }
        }
    }

    /// An empty part is none.
    package var htmlPart: String? { html.flatMap { $0.isEmpty ? nil : $0 } }
    package var textPart: String? { text.flatMap { $0.isEmpty ? nil : $0 } }
    package var tracksOpens: Bool { tracking?.opens ?? true }
    package var tracksClicks: Bool { tracking?.clicks ?? true }
}

/// A value of `metadata`: a text, or a number or a flag, which is kept as its text.
package struct MetadataField: Decodable, FieldDescribed, Sendable {
    package static var fieldDescription: String { "a text, a number, true or false" }
    package let text: String

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let flag = try? value.decode(Bool.self) {
            text = flag ? "true" : "false"
        } else if let integer = try? value.decode(Int64.self) {
            text = String(integer)
        } else if let number = try? value.decode(Double.self) {
            text = String(describing: number)
        } else {
            text = try value.decode(String.self)
        }
    }
}
