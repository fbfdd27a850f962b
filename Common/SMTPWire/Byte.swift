/// The bytes and byte classes that the grammar of RFC 5321 names.
extension UInt8 {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let plus: UInt8 = 0x2B
    static let comma: UInt8 = 0x2C
    static let hyphen: UInt8 = 0x2D
    static let dot: UInt8 = 0x2E
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let less: UInt8 = 0x3C
    static let equals: UInt8 = 0x3D
    static let greater: UInt8 = 0x3E
    static let at: UInt8 = 0x40
    static let openBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let closeBracket: UInt8 = 0x5D

    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
    var isLetterOrDigit: Bool { isDigit || isLetter }
    var isPrintable: Bool { self >= 0x20 && self <= 0x7E }

    /// `atext` of RFC 5322 §3.2.3, and any byte of a UTF-8 sequence (RFC 6531 §3.3).
    var isAtomText: Bool {
        if isLetterOrDigit || self >= 0x80 { return true }
        switch self {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F, 0x3D, 0x3F, 0x5E...0x60, 0x7B...0x7E: return true
        default: return false
        }
    }

    /// The value of a hexadecimal digit of either case.
    var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }

    var uppercased: UInt8 { self >= 0x61 && self <= 0x7A ? self & 0xDF : self }
    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

extension ArraySlice<UInt8> {
    /// The decimal number that all these bytes spell; nil when empty, when a byte is no digit, or past
    /// `Int.max`.
    var decimalNumber: Int? {
        guard !isEmpty else { return nil }
        var number = 0
        for byte in self {
            guard byte.isDigit else { return nil }
            let (tens, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(Int(byte - 0x30))
            guard !tooLarge, !overflow else { return nil }
            number = sum
        }
        return number
    }

    /// ASCII upper case, for keywords; bytes that are not ASCII become `?`.
    var keyword: String { ascii { $0.isPrintable ? $0.uppercased : 0x3F } }

    /// The text that these bytes are; nil when they are not UTF-8.
    var text: String? { isASCII ? ascii { $0 } : String(validating: self, as: UTF8.self) }

    /// The same with ASCII letters in lower case.
    var lowercasedText: String? {
        isASCII ? ascii(\.lowercased) : String(validating: map(\.lowercased), as: UTF8.self)
    }

    private var isASCII: Bool {
        withUnsafeBufferPointer { $0.reduce(into: 0) { all, byte in all |= byte } } < 0x80
    }

    /// A text of as many ASCII characters, made of each byte.
    @inline(__always)
    private func ascii(_ character: (UInt8) -> UInt8) -> String {
        String(unsafeUninitializedCapacity: count) { output in
            for (place, byte) in enumerated() { output[place] = character(byte) }
            return count
        }
    }

    func trimmingBlanks() -> Self {
        var start = startIndex
        var end = endIndex
        while start < end, self[start] == .space || self[start] == .tab { start += 1 }
        while end > start, self[end - 1] == .space || self[end - 1] == .tab { end -= 1 }
        return self[start..<end]
    }
}
