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
        CodingKeys.self, open: [.headers, .metadata, .template_data],
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

    package let from: String?
    package var to: AddressField?
    package let cc: AddressField?
    package let bcc: AddressField?
    package let reply_to: AddressField?
    package let subject: String?
    package let html: String?
    package let text: String?
    package let headers: [String: String]?
    package let attachments: [Attachment]?
    package let template_id: String?
    package var template_data: [String: TemplateValue]?
    package let tags: [String]?
    package let metadata: [String: MetadataField]?
    package let tracking: Tracking?
    package let scheduled_at: TimeField?
    package let optimize_send_time: Bool?
    package let stream: String?

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
