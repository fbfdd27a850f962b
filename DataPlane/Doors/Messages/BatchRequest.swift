import Admission
import HTTP
import Relay
import Templates

/// The body of `POST /v1/messages/batch` in either of its forms: a message for each of `messages`, or one
/// message that each of `recipient_variables` gets filled in for himself.
enum BatchRequest {
    /// What the copies of one message for many may come to, before they are encoded.
    static let maxCopiedBytes = 256 * 1024 * 1024

    /// One message, or why it is none.
    typealias Element = Result<MessageDraft, APIError>

    private struct Messages: BatchEnvelope {
        static let field = "messages"
        static let maxCount = MessagesRoutes.maxBatchMessages

        let messages: [UnreadElement]
        var count: Int { messages.count }
    }

    private struct Personal: Decodable {
        let shared: MessageBody
        let recipient_variables: [String: [String: TemplateValue]]?

        private enum CodingKeys: CodingKey, CaseIterable { case recipient_variables }

        static let fields = FieldTable(
            MessageBody.fields, and: FieldTable(CodingKeys.self, open: [.recipient_variables]))

        init(from decoder: any Decoder) throws {
            shared = try MessageBody(from: decoder)
            recipient_variables = try PersonalVariables.of(CodingKeys.recipient_variables, in: decoder)
        }

        /// Whether an object has none of its fields.
        static func isAbsent(in decoder: any Decoder) throws -> Bool {
            let shared = try decoder.container(keyedBy: MessageBody.CodingKeys.self)
            let own = try decoder.container(keyedBy: CodingKeys.self)
            return shared.allKeys.isEmpty && own.allKeys.isEmpty
        }
    }

    /// A body in which everything is sound, as nearly every one is: read in one go.
    private enum Sound: TabledFields {
        case messages([MessageBody])
        case personal(Personal)

        private enum CodingKeys: CodingKey, CaseIterable { case messages }

        static let fields = FieldTable(
            FieldTable(CodingKeys.self, inner: [.messages: MessageBody.fields]), and: Personal.fields)

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            guard container.contains(.messages) else {
                self = .personal(try Personal(from: decoder))
                return
            }
            guard try Personal.isAbsent(in: decoder) else { throw MixedForms() }
            self = .messages(try container.decode([MessageBody].self, forKey: .messages))
        }

        private struct MixedForms: Error {}
    }

    /// The messages in the order of the request.
    ///
    /// - Throws: 400 for an envelope that is not well formed, or holds none or too many; 413 for copies that
    ///   come to too much.
    static func messages(in body: [UInt8]) throws(APIError) -> [Element] {
        switch try StrictDecoding.decodeIfSound(Sound.self, from: body, maxObjects: Messages.maxSoundObjects)
        {
        case .messages(let messages):
            try Messages.check(count: messages.count, field: Messages.field)
            let templates = TemplateReader()
            return messages.map { message in
                Result { () throws(APIError) in try MessageDraft(message, templates) }
            }
        case .personal(let request): return try personal(request, body)
        case nil: return try messagesOneByOne(in: body)
        }
    }

    /// The same, each message decoded alone, with what is wrong with it.
    static func messagesOneByOne(in body: [UInt8]) throws(APIError) -> [Element] {
        if let list = JSONOutline.member("messages", of: body[...]) { return try single(body, list) }
        return try personal(
            try StrictDecoding.decode(Personal.self, from: body, unknownFields: .refuse), body)
    }

    private static func single(_ body: [UInt8], _ list: ArraySlice<UInt8>) throws(APIError) -> [Element] {
        let templates = TemplateReader()
        return try Messages.elements(in: body, list: list).map { element in
            Result { () throws(APIError) in
                try MessageDraft(
                    try StrictDecoding.decode(MessageBody.self, from: Array(element), unknownFields: .refuse),
                    templates)
            }
        }
    }

    private static func personal(_ request: Personal, _ body: [UInt8]) throws(APIError) -> [Element] {
        guard let variables = request.recipient_variables else {
            throw APIError(
                400, "missing_field", "One of `messages` and `recipient_variables` is required.",
                field: "messages")
        }
        guard request.shared.to == nil else {
            throw APIError(
                400, "invalid_field", "The recipients are the names in `recipient_variables`.", field: "to")
        }
        let list = JSONOutline.member("recipient_variables", of: body[...]) ?? []
        let recipients = JSONOutline.members(list).map(\.name)
        // Names that differ in their bytes may be equal as texts, and then stand for one value.
        try Messages.check(count: recipients.count, field: "recipient_variables")
        var shared = request.shared
        shared.to = AddressField([recipients.first ?? ""])
        let draft = try MessageDraft(shared, TemplateReader())
        guard draft.contentBytes <= maxCopiedBytes / max(1, recipients.count) else {
            throw APIError(
                413, "message_too_large",
                "The copies of the message may have at most \(maxCopiedBytes) bytes together.")
        }
        return recipients.map { .success(draft.to($0, variables: variables[$0] ?? [:])) }
    }
}

extension MessageDraft {
    /// Of bodies and files, before they are encoded.
    fileprivate var contentBytes: Int {
        guard case .composed(let composed) = submission.content else { return 0 }
        return composed.attachments.reduce(
            (composed.text?.utf8.count ?? 0) + (composed.html?.utf8.count ?? 0)
        ) { $0 + $1.bytes.count }
    }
}
