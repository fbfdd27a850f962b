/// An address and the name of who reads it: `"Doe, Jane" <jane@example.org>` (RFC 5322 §3.4).
package struct Mailbox: Hashable, Sendable, CustomStringConvertible {
    /// What fits on a line behind a field's name, quotes and all.
    private static let maxPlainWordBytes = 60

    /// Decoded and unquoted; nil or never empty.
    package let name: String?
    package let address: MailAddress

    package init(name: String? = nil, address: MailAddress) {
        self.name = name?.isEmpty == true ? nil : name
        self.address = address
    }

    /// Parses exactly one mailbox.
    package init(_ text: String) throws(AddressError) {
        if let plain = MailAddress(plain: text) {
            self.init(address: plain)
            return
        }
        let list = try AddressList(text)
        guard list.entries.count == 1, case .mailbox(let mailbox) = list.entries[0] else {
            throw AddressError(reason: list.entries.isEmpty ? .empty : .notOneAddress, offset: 0)
        }
        self = mailbox
    }

    /// The mailbox that most headers name: a plain address of ASCII, alone or in angle brackets. Nil says
    /// nothing.
    init?(plain bytes: UnsafeBufferPointer<UInt8>) {
        let isInBrackets = bytes.count > 2 && bytes.first == .less && bytes.last == .greater
        let inside = isInBrackets ? UnsafeBufferPointer(rebasing: bytes[1..<bytes.count - 1]) : bytes
        guard !inside.contains(where: { $0 >= 0x80 }), let address = MailAddress(plain: inside) else {
            return nil
        }
        self.init(address: address)
    }

    /// For people and logs, in UTF-8; not for a header.
    package var description: String {
        guard let name else { return address.description }
        let isPlain = name.utf8.allSatisfy { $0.isAtomText || $0 == .space }
        return "\(isPlain ? name : QuotedString.encode(name)) <\(address)>"
    }

    /// For a header: ASCII but for a local part that needs SMTPUTF8; names in encoded-words where they must
    /// be.
    package var headerValue: String {
        guard let name else { return address.description }
        return "\(Self.phrase(name)) <\(address)>"
    }

    /// RFC 5322 `phrase`. What would not come out of quotes as it went in is encoded, and so is a word that
    /// is too long for a line.
    static func phrase(_ name: String) -> String {
        let words = name.utf8.split(separator: .space, omittingEmptySubsequences: false)
        guard name.readsBackQuoted, words.allSatisfy({ $0.count <= maxPlainWordBytes }) else {
            return EncodedWord.encode(name, firstRoomBytes: 60).joined(separator: " ")
        }
        let isPlain = words.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isAtomText) }
        return isPlain ? name : QuotedString.encode(name)
    }
}
