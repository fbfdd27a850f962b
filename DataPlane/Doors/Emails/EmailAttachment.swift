import Admission
import Crypto
import HTTP

/// A file of an e-mail: `filename`, `content_type`, and its bytes as `content_b64` or, as Resend's clients
/// have it, as `content`: base64 or a list of bytes.
struct EmailAttachment: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case filename, content_type, content_b64, content, content_id, inline_content_id, path
    }

    static let fields = FieldTable(CodingKeys.self, long: [.content_b64, .content])
    static let maxCount = 5
    static let maxBytes = 5 * 1024 * 1024

    /// Base64, or a list of numbers from 0 to 255.
    enum Content: Decodable, FieldDescribed {
        case base64(LongText)
        case bytes([UInt8])

        static var fieldDescription: String { "base64 or a list of bytes" }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(LongText.self) {
                self = .base64(text)
            } else {
                self = .bytes(try container.decode([UInt8].self))
            }
        }
    }

    let filename: String
    let content_type: String?
    let content_b64: LongText?
    let content: Content?
    let content_id: String?
    let inline_content_id: String?
    /// Where Resend would fetch the file; nothing is fetched here.
    let path: String?

    /// - Throws: 400 naming the field, 413 `attachments_too_large`.
    static func attachments(_ fields: [EmailAttachment]?) throws(APIError) -> [Submission.Composed.Attachment]
    {
        let fields = fields ?? []
        guard fields.count <= maxCount else {
            throw APIError(
                400, "too_many_attachments", "An email may have at most \(maxCount) attachments.",
                field: "attachments")
        }
        var attachments: [Submission.Composed.Attachment] = []
        var bytes = 0
        for (index, field) in fields.enumerated() {
            let attachment = try field.attachment("attachments[\(index)]")
            bytes += attachment.bytes.count
            guard bytes <= maxBytes else {
                throw APIError(
                    413, "attachments_too_large",
                    "The attachments may have at most 5 MiB together, before they are encoded.",
                    field: "attachments")
            }
            attachments.append(attachment)
        }
        return attachments
    }

    private func attachment(_ place: String) throws(APIError) -> Submission.Composed.Attachment {
        let id = try contentID(place)
        return Submission.Composed.Attachment(
            filename: filename, contentType: content_type, bytes: try bytes(place), isInline: id != nil,
            contentID: id)
    }

    /// Both names mean the same, so they may not say two things.
    private func contentID(_ place: String) throws(APIError) -> String? {
        guard let content_id, let inline_content_id, content_id != inline_content_id else {
            return content_id ?? inline_content_id
        }
        throw APIError(
            400, "content_conflict", "`content_id` and `inline_content_id` are not the same.",
            field: "\(place).inline_content_id")
    }

    private func bytes(_ place: String) throws(APIError) -> [UInt8] {
        guard path == nil else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "Files are not fetched: give the bytes in `content_b64`.",
                field: "\(place).path")
        }
        switch (content_b64, content) {
        case (let text?, nil): return try Self.decoded(text, "\(place).content_b64")
        case (nil, .base64(let text)?): return try Self.decoded(text, "\(place).content")
        case (nil, .bytes(let bytes)?): return bytes
        case (nil, nil):
            throw APIError(
                400, Refusal.Code.missing.rawValue, "`\(place).content_b64` is required.",
                field: "\(place).content_b64")
        case (.some, .some):
            throw APIError(
                400, "content_conflict", "Give either `content_b64` or `content`.",
                field: "\(place).content_b64")
        }
    }

    private static func decoded(_ text: LongText, _ field: String) throws(APIError) -> [UInt8] {
        guard let bytes = text.base64Decoded else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "The content of an attachment must be base64.",
                field: field)
        }
        return bytes
    }
}
