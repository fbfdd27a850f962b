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
        if let plain = Mailbox(plain: text) {
            self = plain
            return
        }
        let list = try AddressList(text)
        guard list.entries.count == 1, case .mailbox(let mailbox) = list.entries[0] else {
            throw AddressError(reason: list.entries.isEmpty ? .empty : .notOneAddress, offset: 0)
        }
        self = mailbox
    }

    init?(plain text: String) {
        if let address = MailAddress(plain: text) {
            self.init(address: address)
        } else if let plain = text.withBytes({ Mailbox(plain: $0) }) {
            self = plain
        } else {
            return nil
        }
    }

    /// The mailbox that most people write: a plain address of ASCII, alone or in angle brackets behind a name
    /// of words with single spaces between them. Nil says nothing.
    init?(plain bytes: UnsafeBufferPointer<UInt8>) {
        guard !bytes.contains(where: { $0 >= 0x80 }) else { return nil }
        guard bytes.last == .greater, let open = bytes.firstIndex(of: .less) else {
            guard let address = MailAddress(plain: bytes) else { return nil }
            self.init(address: address)
            return
        }
        let words = UnsafeBufferPointer(rebasing: bytes[..<open])
        let inside = UnsafeBufferPointer(rebasing: bytes[(open + 1)..<bytes.count - 1])
        guard let name = Self.name(ofPlain: words), let address = MailAddress(plain: inside) else {
            return nil
        }
        self.init(name: name, address: address)
    }

    /// The name of words that the grammar leaves as they are, up to one space behind them; nil for others.
    private static func name(ofPlain words: UnsafeBufferPointer<UInt8>) -> String? {
        var previous = UInt8.space
        for byte in words {
            let isWord = (byte.isAtomText && byte != .equals) || byte == .dot
            guard isWord || (byte == .space && previous != .space) else { return nil }
            previous = byte
        }
        return String(decoding: words.last == .space ? words.dropLast() : words[...], as: UTF8.self)
    }

    /// For people and logs, in UTF-8; not for a header.
    package var description: String {
        guard let name else { return address.description }
        let isPlain = name.withBytes { bytes in bytes.allSatisfy { $0.isAtomText || $0 == .space } }
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
        if name.withBytes({ isPlainPhrase($0) }) { return name }
        let words = name.utf8.split(separator: .space, omittingEmptySubsequences: false)
        guard name.readsBackQuoted, words.allSatisfy({ $0.count <= maxPlainWordBytes }) else {
            return EncodedWord.encode(name, firstRoomBytes: 60).joined(separator: " ")
        }
        return QuotedString.encode(name)
    }

    /// Whether these are atoms with single spaces between them, none too long and none like an encoded-word.
    private static func isPlainPhrase(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        var wordBytes = 0
        var previous = UInt8.space
        for byte in name {
            if byte == .space {
                guard previous != .space else { return false }
                wordBytes = 0
            } else {
                guard byte.isAtomText, byte < 0x80, byte != .question || previous != .equals else {
                    return false
                }
                wordBytes += 1
                guard wordBytes <= maxPlainWordBytes else { return false }
            }
            previous = byte
        }
        return previous != .space
    }
}
