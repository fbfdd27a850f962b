/// TXT records as the providers print them: character strings in quotes, side by side (RFC 1035 §5.1).
///
/// Reading accepts what providers give: strings with or without a space between them, bare words, escapes of
/// either base. What cannot be read as that is one value as it stands. Writing always quotes, and splits at
/// 255 bytes.
package enum TXTCodec {
    /// The base of the three digits behind a backslash.
    package enum Escapes: Sendable {
        /// RFC 1035 §5.1.
        case decimal
        /// Route 53.
        case octal

        var base: Int { self == .octal ? 8 : 10 }
    }

    package static let maxStringBytes = 255

    /// The bytes of all strings, joined.
    package static func decode(_ text: String, _ escapes: Escapes) -> [UInt8] {
        var reader = Reader(rest: Array(text.utf8)[...], escapes: escapes)
        return reader.value() ?? Array(text.utf8)
    }

    /// Strings in quotes with a space between them.
    package static func encode(_ bytes: [UInt8], _ escapes: Escapes) -> String {
        strings(bytes).map { "\"" + $0.map { escaped($0, escapes) }.joined() + "\"" }.joined(separator: " ")
    }

    /// Pieces of 255 bytes or less; a character of several bytes stays whole. One empty piece for nothing.
    static func strings(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        repeat {
            var end = rest.index(rest.startIndex, offsetBy: min(maxStringBytes, rest.count))
            let limit = end
            while end < rest.endIndex, limit - end < 3, rest[end] & 0xC0 == 0x80, end > rest.startIndex {
                end -= 1
            }
            if end == rest.startIndex || (end < rest.endIndex && rest[end] & 0xC0 == 0x80) { end = limit }
            pieces.append(rest[..<end])
            rest = rest[end...]
        } while !rest.isEmpty
        return pieces
    }

    private static func escaped(_ byte: UInt8, _ escapes: Escapes) -> String {
        switch byte {
        case UInt8(ascii: "\""): return "\\\""
        case UInt8(ascii: "\\"): return "\\\\"
        case 0x20...0x7E: return String(UnicodeScalar(byte))
        default:
            let digits = String(byte, radix: escapes.base)
            return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
        }
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>
        let escapes: Escapes

        /// Nil when a quote is not closed.
        mutating func value() -> [UInt8]? {
            var value: [UInt8] = []
            while let first = rest.first {
                switch first {
                case UInt8(ascii: " "), UInt8(ascii: "\t"): rest.removeFirst()
                case UInt8(ascii: "\""):
                    rest.removeFirst()
                    guard let string = string(until: { $0 == UInt8(ascii: "\"") }) else { return nil }
                    rest.removeFirst()
                    value += string
                default:
                    guard let word = string(until: { $0 == UInt8(ascii: " ") }, mayEnd: true) else {
                        return nil
                    }
                    value += word
                }
            }
            return value
        }

        /// Reads up to the byte that ends it, which stays.
        private mutating func string(until isEnd: (UInt8) -> Bool, mayEnd: Bool = false) -> [UInt8]? {
            var string: [UInt8] = []
            while let byte = rest.first {
                if isEnd(byte) { return string }
                // A bare word with a quote inside is no word.
                if mayEnd, byte == UInt8(ascii: "\"") { return nil }
                rest.removeFirst()
                guard byte == UInt8(ascii: "\\") else {
                    string.append(byte)
                    continue
                }
                guard let escaped = escape() else { return nil }
                string.append(escaped)
            }
            return mayEnd ? string : nil
        }

        private mutating func escape() -> UInt8? {
            let digits = rest.prefix(3)
            if digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: escapes.base),
                digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            {
                rest = rest.dropFirst(3)
                return code
            }
            return rest.popFirst()
        }
    }
}
