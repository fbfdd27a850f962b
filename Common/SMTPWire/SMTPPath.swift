import Glibc

/// A forward or reverse path of RFC 5321 §4.1.2: a mailbox between angle brackets. The null path `<>` is no
/// `SMTPPath`; it is nil where it may stand.
///
/// Source routes are read and dropped (RFC 5321 §C). Local parts are kept without their quotes; UTF-8 is kept
/// as it came (RFC 6531). Comments and white space are not part of the SMTP grammar and are refused.
package struct SMTPPath: Hashable, Sendable, CustomStringConvertible {
    /// Without quotes and backslashes; case is kept.
    package let localPart: String
    /// ASCII letters in lower case; an address literal keeps its brackets; U-labels are left as they came.
    /// Empty only for `<Postmaster>` (RFC 5321 §4.5.1).
    package let domain: String

    package enum Malformation: Error, Hashable, Sendable {
        case noAngleBrackets, badSourceRoute, badLocalPart, noDomain, badDomain, badAddressLiteral, badUTF8
        case localPartTooLong, domainTooLong, pathTooLong
    }

    /// Parses one whole path, `<user@example.org>`, or a mailbox without brackets.
    package init(_ text: String) throws(Malformation) {
        if let plain = SMTPPath(plain: text) {
            self = plain
            return
        }
        var bytes = Array(text.utf8)
        if bytes.first != .less { bytes = [.less] + bytes + [.greater] }
        var cursor = PathCursor(bytes[...])
        guard let path = try cursor.path(), cursor.isAtEnd else { throw .noAngleBrackets }
        self = path
    }

    init(localPart: String, domain: String) {
        self.localPart = localPart
        self.domain = domain
    }

    /// `user@example.org`, with the local part quoted where the grammar asks for it; no angle brackets.
    package var description: String {
        domain.isEmpty ? printedLocalPart : printedLocalPart + "@" + domain
    }

    /// Adds what `description` says.
    func append(to output: inout [UInt8]) {
        output.append(contentsOf: printedLocalPart.utf8)
        guard !domain.isEmpty else { return }
        output.append(.at)
        output.append(contentsOf: domain.utf8)
    }

    /// Whether the address literal form `[192.0.2.1]` stands in place of a domain.
    package var isAddressLiteral: Bool { domain.utf8.first == .openBracket }

    /// Whether the path can only be sent with SMTPUTF8, or its domain has to be turned into A-labels first.
    package var isASCII: Bool { !needsSMTPUTF8 && domain.isASCII }

    /// Whether the local part alone asks for SMTPUTF8: no other form exists for it.
    package var needsSMTPUTF8: Bool { !localPart.isASCII }

    private var printedLocalPart: String {
        if localPart.isDotAtom { return localPart }
        var quoted: [UInt8] = [.quote]
        for byte in localPart.utf8 {
            if byte == .quote || byte == .backslash { quoted.append(.backslash) }
            quoted.append(byte)
        }
        quoted.append(.quote)
        return String(decoding: quoted, as: UTF8.self)
    }
}

/// Reads a path from the front of a command's argument.
struct PathCursor {
    private let bytes: ArraySlice<UInt8>
    private(set) var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    var isAtEnd: Bool { index == bytes.endIndex }
    var rest: ArraySlice<UInt8> { bytes[index...] }
    private var next: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    /// Reads `<…>` and stops behind it; nil for the null path.
    mutating func path() throws(SMTPPath.Malformation) -> SMTPPath? {
        let start = index
        guard take(.less) else { throw .noAngleBrackets }
        if take(.greater) { return nil }
        if next == .at { try sourceRoute() }
        let localPart = next == .quote ? try quotedLocalPart() : try dotAtomLocalPart()
        var domain = ""
        if take(.at) {
            domain = next == .openBracket ? try addressLiteral() : try domainName()
        } else if !localPart.isEqualIgnoringCase("postmaster") {
            throw .noDomain
        }
        guard take(.greater) else { throw .noAngleBrackets }
        guard index - start <= SMTPLimits.maxPathBytes else { throw .pathTooLong }
        return SMTPPath(localPart: localPart, domain: domain)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    /// `@one,@two:` RFC 5321 §4.1.2 `A-d-l`.
    private mutating func sourceRoute() throws(SMTPPath.Malformation) {
        repeat {
            guard take(.at) else { throw .badSourceRoute }
            _ = next == .openBracket ? try addressLiteral() : try domainName()
        } while take(.comma)
        guard take(.colon) else { throw .badSourceRoute }
    }

    private mutating func dotAtomLocalPart() throws(SMTPPath.Malformation) -> String {
        let start = index
        var atomStart = index
        while let byte = next {
            if byte == .dot {
                guard index > atomStart else { throw .badLocalPart }
                atomStart = index + 1
            } else if !byte.isAtomText {
                break
            }
            index += 1
        }
        guard index > atomStart else { throw .badLocalPart }
        return try text(bytes[start..<index])
    }

    private mutating func quotedLocalPart() throws(SMTPPath.Malformation) -> String {
        let start = index
        var content: [UInt8] = []
        index += 1
        while let byte = next {
            index += 1
            switch byte {
            case .quote:
                guard index - start <= SMTPLimits.maxLocalPartBytes else { throw .localPartTooLong }
                return try text(content[...])
            case .backslash:
                guard let escaped = next, escaped.isPrintable else { throw .badLocalPart }
                content.append(escaped)
                index += 1
            default:
                guard byte.isPrintable || byte >= 0x80 else { throw .badLocalPart }
                content.append(byte)
            }
        }
        throw .badLocalPart
    }

    private func text(_ localPart: ArraySlice<UInt8>) throws(SMTPPath.Malformation) -> String {
        guard localPart.count <= SMTPLimits.maxLocalPartBytes else { throw .localPartTooLong }
        guard let text = localPart.text else { throw .badUTF8 }
        return text
    }

    private mutating func domainName() throws(SMTPPath.Malformation) -> String {
        let start = index
        while let byte = next, byte.isLetterOrDigit || byte == .hyphen || byte == .dot || byte >= 0x80 {
            index += 1
        }
        let name = bytes[start..<index]
        guard name.count <= SMTPLimits.maxDomainBytes else { throw .domainTooLong }
        guard Self.hasSoundLabels(name) else { throw .badDomain }
        guard let text = name.lowercasedText else { throw .badUTF8 }
        return text
    }

    /// Whether every label has 1 to 63 bytes and no hyphen at its ends.
    private static func hasSoundLabels(_ name: ArraySlice<UInt8>) -> Bool {
        var length = 0
        var previous = UInt8.dot
        for byte in name {
            if byte == .dot {
                guard length > 0, length <= 63, previous != .hyphen else { return false }
                length = 0
            } else {
                guard length > 0 || byte != .hyphen else { return false }
                length += 1
            }
            previous = byte
        }
        return length > 0 && length <= 63 && previous != .hyphen
    }

    /// `[192.0.2.1]` or `[IPv6:2001:db8::1]`; other tags are not in use.
    private mutating func addressLiteral() throws(SMTPPath.Malformation) -> String {
        guard let end = bytes[index...].firstIndex(of: .closeBracket) else { throw .badAddressLiteral }
        let content = bytes[(index + 1)..<end]
        index = end + 1
        guard content.count <= 64, content.allSatisfy({ $0.isPrintable }) else { throw .badAddressLiteral }
        let text = String(decoding: content, as: UTF8.self)
        var storage = in6_addr()
        if content.prefix(5).keyword == "IPV6:" {
            guard inet_pton(AF_INET6, String(text.dropFirst(5)), &storage) == 1 else {
                throw .badAddressLiteral
            }
            return "[IPv6:\(text.dropFirst(5).lowercased())]"
        }
        guard inet_pton(AF_INET, text, &storage) == 1 else { throw .badAddressLiteral }
        return "[\(text)]"
    }
}

extension String {
    func isEqualIgnoringCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.lowercased == $1.lowercased }
    }

    /// Most strings know it of themselves.
    fileprivate var isASCII: Bool { utf8Span.isKnownASCII || utf8.allSatisfy { $0 < 0x80 } }

    /// Atoms with single dots between them (RFC 5322 §3.2.3).
    fileprivate var isDotAtom: Bool {
        let bytes = utf8.span
        var previous = UInt8.dot
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte == .dot ? previous != .dot : byte.isAtomText else { return false }
            previous = byte
        }
        return previous != .dot
    }
}
