import Admission
import Crypto
import HTTP
import Relay

/// A file inside a JSON request: `filename`, `content_type`, `content` (base64), `inline`, `content_id`.
struct AttachmentField: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case filename, content_type, content, inline, content_id
    }

    static let fields = FieldTable(CodingKeys.self, long: [.content])

    let filename: String
    let content_type: String?
    let content: LongText
    let inline: Bool?
    let content_id: String?

    /// - Parameter index: its place in the list, for the refusal.
    func attachment(_ index: Int) throws(APIError) -> Submission.Composed.Attachment {
        guard let bytes = content.base64Decoded else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "The content of an attachment must be base64.",
                field: "attachments[\(index)].content")
        }
        return Submission.Composed.Attachment(
            filename: filename, contentType: content_type, bytes: bytes, isInline: inline ?? false,
            contentID: content_id)
    }

    static func attachments(_ fields: [AttachmentField]?) throws(APIError) -> [Submission.Composed.Attachment]
    {
        var attachments: [Submission.Composed.Attachment] = []
        for (index, field) in (fields ?? []).enumerated() { attachments.append(try field.attachment(index)) }
        return attachments
    }
}

extension LongText {
    /// The file that this is the base64 of. Line breaks inside are common; anything else is a mistake that
    /// would break the file.
    var base64Decoded: [UInt8]? {
        guard utf8.contains(where: { $0 == 0x0D || $0 == 0x0A }) else { return Base64.decode(utf8) }
        return Base64.decode(utf8.filter { $0 != 0x0D && $0 != 0x0A })
    }
}

typealias AddressField = Relay.AddressField

/// What the doors read of a request at most, as the control plane does that passes it on.
enum DoorLimits {
    static let maxBodyBytes = SendRoutes.maxBodyBytes
    static let maxBulkBodyBytes = SendRoutes.maxBulkBodyBytes
}
