/// What a caller wants to send, to be made into bytes by `MIMEBuilder`.
package struct OutgoingMessage: Sendable {
    package var from: [Mailbox] = []
    /// Required by RFC 5322 when From has more than one mailbox.
    package var sender: Mailbox?
    package var replyTo: [Mailbox] = []
    package var to: [Mailbox] = []
    package var cc: [Mailbox] = []
    package var subject = ""
    package var text: String?
    package var html: String?
    package var attachments: [Attachment] = []
    /// Further fields in order. What `HeaderPolicy` forbids and what has a place of its own here is refused.
    package var headers: [(name: String, value: String)] = []
    package var dateSecondsSince1970 = 0
    /// With angle brackets.
    package var messageID = ""
    /// The boundaries are made from it; the same seed and content give the same bytes. It should be random,
    /// so that nobody can write a text that holds the boundary.
    package var boundarySeed: UInt64 = 0

    /// Which links are to be each recipient's own.
    package var links = LinkWishes()

    package init() {}

    /// What the bodies come to, roughly, when they are written.
    var estimatedTextBytes: Int {
        let bytes = (text?.utf8.count ?? 0) + (html?.utf8.count ?? 0)
        return bytes + bytes / 16
    }

    package struct Attachment: Sendable {
        package var filename: String
        /// `type/subtype`, with or without parameters; nil: guessed from the file name.
        package var contentType: String?
        package var bytes: [UInt8]
        /// Shown inside the HTML part, which names it as `cid:<contentID>`.
        package var isInline: Bool
        /// Without angle brackets (they are dropped); an inline part without one is named by its file name,
        /// if that can be one (`ContentIdentifier`).
        package var contentID: String?

        package init(
            filename: String, contentType: String? = nil, bytes: [UInt8], isInline: Bool = false,
            contentID: String? = nil
        ) {
            self.filename = filename
            self.contentType = contentType
            self.bytes = bytes
            self.isInline = isInline
            self.contentID = contentID
        }
    }
}
