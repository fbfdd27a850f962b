/// An e-mail address, `local-part@domain` (RFC 5322 §3.4.1), in the one form that everything compares and
/// sends.
///
/// The local part keeps its case; the domain is in lower-case A-labels or an address literal with its
/// brackets. So two addresses are equal when they surely reach the same mailbox. Kept as it is printed, which
/// is what nearly everybody asks for.
package struct MailAddress: Hashable, Sendable, CustomStringConvertible {
    /// As printed, quotes included: RFC 5321 §4.5.3.1.1.
    package static let maxLocalPartBytes = 64
    /// The path of RFC 5321 §4.5.3.1.3 without its angle brackets.
    package static let maxBytes = 254

    /// The `addr-spec`: quoted where the grammar asks for it, never anything else than one word on the wire.
    package let description: String
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

    /// The address that nearly everybody has: a dot-atom and a plain domain, in one look. Nil says nothing:
    /// the grammar decides.
    init?(plain text: String) {
        let domain = text.utf8.withContiguousStorageIfAvailable { Self.domain(ofPlain: $0) } ?? nil
        guard let domain else { return nil }
        description = text
        self.domain = domain
    }

    /// The same of bytes, which are UTF-8.
    init?(plain bytes: UnsafeBufferPointer<UInt8>) {
        guard let domain = Self.domain(ofPlain: bytes) else { return nil }
        description = String(decoding: bytes, as: UTF8.self)
        self.domain = domain
    }

    private static func domain(ofPlain bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard bytes.count <= maxBytes, let at = bytes.firstIndex(of: .at), at <= maxLocalPartBytes else {
            return nil
        }
        let domain = UnsafeBufferPointer(rebasing: bytes[(at + 1)...])
        guard isDotAtom(UnsafeBufferPointer(rebasing: bytes[..<at])), DomainName.isPlain(domain) else {
            return nil
        }
        return String(decoding: domain, as: UTF8.self)
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
        let printed = Self.printed(localPart)
        let printedBytes = printed.utf8.count
        guard printedBytes <= Self.maxLocalPartBytes else {
            throw AddressError(reason: .localPartTooLong, offset: 0)
        }
        if domain.utf8.first == .openBracket {
            guard let literal = AddressLiteral.normalized(domain) else {
                throw AddressError(reason: .badAddressLiteral, offset: printedBytes + 1)
            }
            self.domain = literal
        } else {
            do { self.domain = try DomainName.ascii(domain) } catch {
                throw AddressError(reason: .badDomain(error), offset: printedBytes + 1)
            }
        }
        description = printed + "@" + self.domain
        guard description.utf8.count <= Self.maxBytes else {
            throw AddressError(reason: .addressTooLong, offset: 0)
        }
    }

    package static func == (left: Self, right: Self) -> Bool { left.description == right.description }
    package func hash(into hasher: inout Hasher) { hasher.combine(description) }

    /// What stands before the `@`, without quotes.
    package var localPart: String {
        let printed = description.utf8.dropLast(domain.utf8.count + 1)
        return printed.first == .quote ? QuotedString.decode(printed) : String(Substring(printed))
    }

    /// Whether the local part is not ASCII, so the address can only travel with SMTPUTF8 (RFC 6531).
    package var needsSMTPUTF8: Bool { !description.isASCII }

    /// Whether an address literal stands in place of a domain.
    package var isAddressLiteral: Bool { domain.utf8.first == .openBracket }

    /// All in lower case, for lists in which `Joe@` and `joe@` are one (suppressions).
    package var caseFolded: String {
        let printedBytes = description.utf8.count - domain.utf8.count - 1
        let isFolded = description.utf8.withContiguousStorageIfAvailable { bytes in
            !bytes.prefix(printedBytes).contains { $0 >= 0x80 || (0x41...0x5A).contains($0) }
        }
        return isFolded == true ? description : Self.printed(localPart.lowercased()) + "@" + domain
    }

    private static func printed(_ localPart: String) -> String {
        isDotAtom(localPart.utf8) ? localPart : QuotedString.encode(localPart)
    }
}
