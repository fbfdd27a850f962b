/// A list of mailboxes and groups: the value of To, Cc or From, or a caller's comma list (RFC 5322 §3.4).
package struct AddressList: Hashable, Sendable {
    package static let maxBytes = 262_144
    package static let maxMailboxes = 5_000
    package static let maxCommentDepth = 32

    package enum Entry: Hashable, Sendable {
        case mailbox(Mailbox)
        case group(name: String, [Mailbox])
    }

    package let entries: [Entry]

    package init(_ mailboxes: [Mailbox]) { entries = mailboxes.map { .mailbox($0) } }

    /// Parses by the grammar, in linear time. Empty elements (`a@x.org,,b@x.org`) are passed over, so the
    /// list may be empty. Line ends must be unfolded before.
    package init(_ text: String) throws(AddressError) {
        if let plain = Mailbox(plain: text) {
            entries = [.mailbox(plain)]
            return
        }
        var parser = AddressParser(Array(text.utf8))
        entries = try parser.list()
    }

    /// The mailboxes of a list, those inside groups among them.
    package static func mailboxes(in text: String) throws(AddressError) -> [Mailbox] {
        if let plain = Mailbox(plain: text) { return [plain] }
        return try AddressList(text).mailboxes
    }

    /// The same of a list that stands in a message.
    ///
    /// - Throws: also `.notUTF8`.
    static func mailboxes(in bytes: ArraySlice<UInt8>) throws(AddressError) -> [Mailbox] {
        if let plain = bytes.withUnsafeBufferPointer({ Mailbox(plain: $0) }) { return [plain] }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AddressError(reason: .notUTF8, offset: 0)
        }
        return try AddressList(text).mailboxes
    }

    /// All mailboxes in order, those inside groups among them.
    package var mailboxes: [Mailbox] {
        if entries.count == 1, case .mailbox(let mailbox) = entries[0] { return [mailbox] }
        return entries.flatMap { entry in
            switch entry {
            case .mailbox(let mailbox): [mailbox]
            case .group(_, let mailboxes): mailboxes
            }
        }
    }

    /// The list as the value of a header, not yet folded.
    package var headerValue: String {
        entries.map { entry in
            switch entry {
            case .mailbox(let mailbox): mailbox.headerValue
            case .group(let name, let mailboxes):
                "\(Mailbox.phrase(name)):\(mailboxes.map(\.headerValue).joined(separator: ", "));"
            }
        }.joined(separator: ", ")
    }
}
