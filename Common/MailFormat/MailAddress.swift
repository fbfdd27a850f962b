/// An e-mail address, `local-part@domain` (RFC 5322 §3.4.1), in the one form that everything compares and
/// sends.
///
/// The local part is kept without quotes and with its case; the domain is in lower-case A-labels or an
/// address literal with its brackets. So two addresses are equal when they surely reach the same mailbox.
package struct MailAddress: Hashable, Sendable, CustomStringConvertible {
    /// As printed, quotes included: RFC 5321 §4.5.3.1.1.
    package static let maxLocalPartBytes = 64
    /// The path of RFC 5321 §4.5.3.1.3 without its angle brackets.
    package static let maxBytes = 254

    package let localPart: String
    package let domain: String

    /// Parses an address alone, with no name and no angle brackets; comments around it are dropped.
    package init(_ text: String) throws(AddressError) {
        if let plain = Self(plain: text) {
            self = plain
            return
        }
        let mailbox = try Mailbox(text)
        guard mailbox.name == nil, !text.utf8.contains(.less) || text.utf8.contains(.quote) else {
            throw AddressError(reason: .unexpectedCharacter, offset: 0)
        }
        self = mailbox.address
    }

    /// The address that nearly everybody has: a dot-atom and a plain domain, in one look and without copies
    /// of its parts beyond the two texts. Nil says nothing: the grammar decides.
    init?(plain text: String) {
        let bytes = text.utf8
        guard bytes.count <= Self.maxBytes, let at = bytes.firstIndex(of: .at) else { return nil }
        let local = bytes[..<at]
        let domain = bytes[bytes.index(after: at)...]
        guard local.count <= Self.maxLocalPartBytes, Self.isDotAtom(local), DomainName.isPlain(domain) else {
            return nil
        }
        localPart = String(text[..<at])
        self.domain = String(text[domain.startIndex...])
    }

    private static func isDotAtom(_ bytes: some Collection<UInt8>) -> Bool {
        var previous = UInt8.dot
        for byte in bytes {
            guard byte == .dot ? previous != .dot : byte.isAtomText else { return false }
            previous = byte
        }
        return previous != .dot
    }

    /// Puts an address together from parts that were parsed elsewhere, an SMTP path for example.
    ///
    /// - Parameter domain: U-labels, A-labels or an address literal with brackets.
    package init(localPart: String, domain: String) throws(AddressError) {
        guard !localPart.utf8.contains(where: \.isControl) else {
            throw AddressError(reason: .controlCharacter, offset: 0)
        }
        let quotedBytes = Self.printed(localPart).utf8.count
        guard quotedBytes <= Self.maxLocalPartBytes else {
            throw AddressError(reason: .localPartTooLong, offset: 0)
        }
        self.localPart = localPart
        if domain.utf8.first == .openBracket {
            guard let literal = AddressLiteral.normalized(domain) else {
                throw AddressError(reason: .badAddressLiteral, offset: quotedBytes + 1)
            }
            self.domain = literal
        } else {
            do { self.domain = try DomainName.ascii(domain) } catch {
                throw AddressError(reason: .badDomain(error), offset: quotedBytes + 1)
            }
        }
        guard quotedBytes + 1 + self.domain.utf8.count <= Self.maxBytes else {
            throw AddressError(reason: .addressTooLong, offset: 0)
        }
    }

    /// The `addr-spec`: quoted where the grammar asks for it, never anything else than one word on the wire.
    package var description: String { Self.printed(localPart) + "@" + domain }

    /// Whether the local part is not ASCII, so the address can only travel with SMTPUTF8 (RFC 6531).
    package var needsSMTPUTF8: Bool { !localPart.isASCII }

    /// Whether an address literal stands in place of a domain.
    package var isAddressLiteral: Bool { domain.utf8.first == .openBracket }

    /// All in lower case, for lists in which `Joe@` and `joe@` are one (suppressions).
    package var caseFolded: String {
        let folded = localPart.utf8.contains { $0 >= 0x80 || (0x41...0x5A).contains($0) }
        return Self.printed(folded ? localPart.lowercased() : localPart) + "@" + domain
    }

    private static func printed(_ localPart: String) -> String {
        isDotAtom(localPart.utf8) ? localPart : QuotedString.encode(localPart)
    }
}
