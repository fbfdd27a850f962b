/// Checks, before a decoder reads it, that JSON bytes are one object in which no object has a name twice.
///
/// RFC 8259 lets parsers choose between duplicates; two readers that choose differently see different
/// tokens. The check is about structure only: the decoder that comes next refuses bad numbers, strings and
/// literals.
struct JSONObjectCheck {
    /// Objects and arrays inside each other.
    static let maxDepth = 16

    private let bytes: [UInt8]
    private var position = 0

    /// Whether `bytes` are one object, nested at most `maxDepth` deep, with distinct names.
    static func isObjectWithDistinctNames(_ bytes: [UInt8]) -> Bool {
        var check = JSONObjectCheck(bytes: bytes)
        check.skipSpace()
        guard check.peek() == UInt8(ascii: "{"), check.value(depth: 0) else { return false }
        check.skipSpace()
        return check.position == bytes.count
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }

    private mutating func take(_ byte: Character) -> Bool {
        guard let wanted = byte.asciiValue, peek() == wanted else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) -> Bool {
        guard depth < Self.maxDepth else { return false }
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string() != nil
        default: return literal()
        }
    }

    private mutating func object(depth: Int) -> Bool {
        guard take("{") else { return false }
        var names: Set<[UInt8]> = []
        skipSpace()
        if take("}") { return true }
        repeat {
            skipSpace()
            guard let name = string(), names.insert(name).inserted else { return false }
            skipSpace()
            guard take(":"), value(depth: depth + 1) else { return false }
            skipSpace()
        } while take(",")
        return take("}")
    }

    private mutating func array(depth: Int) -> Bool {
        guard take("[") else { return false }
        skipSpace()
        if take("]") { return true }
        repeat {
            guard value(depth: depth + 1) else { return false }
            skipSpace()
        } while take(",")
        return take("]")
    }

    private mutating func literal() -> Bool {
        let start = position
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                position += 1
            default: return position > start
            }
        }
        return position > start
    }

    /// The bytes of a string with its escapes undone, so that `"a"` and `"\u0061"` are one name.
    private mutating func string() -> [UInt8]? {
        guard take("\"") else { return nil }
        var content: [UInt8] = []
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return content
            case UInt8(ascii: "\\"):
                guard let escaped = escape() else { return nil }
                content += escaped
            case 0..<0x20: return nil
            default: content.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> [UInt8]? {
        guard let byte = peek() else { return nil }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return unicodeEscape()
        default: return nil
        }
    }

    private mutating func unicodeEscape() -> [UInt8]? {
        guard let unit = codeUnit() else { return nil }
        if let scalar = Unicode.Scalar(unit) { return Array(String(Character(scalar)).utf8) }
        // The first half of a pair: the second must follow.
        guard unit < 0xDC00, take("\\"), take("u"), let low = codeUnit(), (0xDC00...0xDFFF).contains(low)
        else { return nil }
        let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        return Unicode.Scalar(value).map { Array(String(Character($0)).utf8) }
    }

    private mutating func codeUnit() -> UInt16? {
        guard bytes.count - position >= 4, let digits = Hex.decode(bytes[position..<position + 4])
        else { return nil }
        position += 4
        return UInt16(digits[0]) << 8 | UInt16(digits[1])
    }
}
