/// The bytes and byte classes that the grammars of RFC 5322 and RFC 2045 name.
extension UInt8 {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let percent: UInt8 = 0x25
    static let openParenthesis: UInt8 = 0x28
    static let closeParenthesis: UInt8 = 0x29
    static let asterisk: UInt8 = 0x2A
    static let comma: UInt8 = 0x2C
    static let hyphen: UInt8 = 0x2D
    static let dot: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let less: UInt8 = 0x3C
    static let equals: UInt8 = 0x3D
    static let greater: UInt8 = 0x3E
    static let question: UInt8 = 0x3F
    static let at: UInt8 = 0x40
    static let openBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let closeBracket: UInt8 = 0x5D
    static let underscore: UInt8 = 0x5F

    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
    var isLetterOrDigit: Bool { isDigit || isLetter }
    var isBlank: Bool { self == .space || self == .tab }
    var isControl: Bool { self < .space || self == 0x7F }

    /// `atext` of RFC 5322 §3.2.3, and any byte of a UTF-8 sequence (RFC 6532 §3.2).
    var isAtomText: Bool {
        if isLetterOrDigit || self >= 0x80 { return true }
        switch self {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F, 0x3D, 0x3F, 0x5E...0x60, 0x7B...0x7E: return true
        default: return false
        }
    }

    /// `ftext` of RFC 5322 §3.6.8: what a field name is made of.
    var isFieldNameText: Bool { self > .space && self < 0x7F && self != .colon }

    /// `token` of RFC 2045 §5.1.
    var isTokenText: Bool {
        guard self > .space, self < 0x7F else { return false }
        switch self {
        case .openParenthesis, .closeParenthesis, .less, .greater, .at, .comma, .semicolon, .colon,
            .backslash,
            .quote, .slash, .openBracket, .closeBracket, .question, .equals:
            return false
        default: return true
        }
    }

    var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }

    /// The upper-case digit of a value below 16.
    fileprivate var hexadecimalDigit: UInt8 { self < 10 ? self + 0x30 : (self & 15) + 0x37 }

    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

extension [UInt8] {
    /// Adds a text of this program.
    mutating func append(literal text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Adds `=C3` or `%C3`.
    mutating func appendEscape(_ mark: UInt8, _ byte: UInt8) {
        append(mark)
        append((byte >> 4).hexadecimalDigit)
        append((byte & 15).hexadecimalDigit)
    }

    /// The bytes with all but the plain ones escaped.
    static func escaped(_ bytes: some Sequence<UInt8>, by mark: UInt8, except isPlain: (UInt8) -> Bool)
        -> [UInt8]
    {
        var escaped: [UInt8] = []
        for byte in bytes {
            if isPlain(byte) { escaped.append(byte) } else { escaped.appendEscape(mark, byte) }
        }
        return escaped
    }
}

extension ArraySlice<UInt8> {
    func trimmingBlanks() -> Self {
        var start = startIndex
        var end = endIndex
        while start < end, self[start].isBlank { start += 1 }
        while end > start, self[end - 1].isBlank { end -= 1 }
        return self[start..<end]
    }
}

extension String {
    /// Looks at the text as bytes in one place, which is faster than one after the other.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var text = self
        return text.withUTF8(body)
    }

    /// ASCII only: names of headers, charsets and domains.
    func isEqualIgnoringCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count && hasPrefixIgnoringCase(other)
    }

    func hasPrefixIgnoringCase(_ prefix: String) -> Bool {
        guard utf8.count >= prefix.utf8.count else { return false }
        return withBytes { bytes in
            prefix.withBytes { prefix in
                prefix.indices.allSatisfy { prefix[$0].lowercased == bytes[$0].lowercased }
            }
        }
    }

    var isASCII: Bool { withBytes { bytes in bytes.allSatisfy { $0 < 0x80 } } }

    /// Whether a character that no header may have stands in the text.
    func hasControl(besides allowed: UInt8? = nil) -> Bool {
        withBytes { bytes in bytes.contains { $0.isControl && $0 != allowed } }
    }
}
