import Bytes

/// The escapes of JSON strings (RFC 8259 §7).
enum JSONEscapes {
    /// The text of what stands between two quotes.
    ///
    /// - Returns: nil for bytes that are not UTF-8, an escape that there is not, and half a surrogate pair.
    static func text(of string: ArraySlice<UInt8>) -> String? {
        var text: [UInt8] = []
        text.reserveCapacity(string.count)
        let isWhole = string.withUnsafeBufferPointer { string in
            var reader = Reader(string: string)
            return reader.append(to: &text)
        }
        return isWhole ? String(validating: text, as: UTF8.self) : nil
    }

    private struct Reader {
        let string: UnsafeBufferPointer<UInt8>
        var index = 0

        mutating func append(to text: inout [UInt8]) -> Bool {
            while index < string.count {
                let end = ByteRun.ofText(
                    string, from: index, to: string.count, except: ASCII.backslash, ASCII.backslash)
                text += string[index..<end]
                index = end
                guard index < string.count else { break }
                guard next() == ASCII.backslash, let escape = next(), append(escape, to: &text) else {
                    return false
                }
            }
            return true
        }

        private mutating func append(_ escape: UInt8, to text: inout [UInt8]) -> Bool {
            switch escape {
            case ASCII.quote, ASCII.backslash, UInt8(ascii: "/"): text.append(escape)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(ASCII.lineFeed)
            case UInt8(ascii: "r"): text.append(ASCII.carriageReturn)
            case UInt8(ascii: "t"): text.append(ASCII.horizontalTab)
            case UInt8(ascii: "u"):
                guard let scalar = scalar() else { return false }
                text += String(scalar).utf8
            default: return false
            }
            return true
        }

        /// Of one `\u` escape or, above U+FFFF, of two.
        private mutating func scalar() -> Unicode.Scalar? {
            guard let unit = unit() else { return nil }
            guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
            guard next() == ASCII.backslash, next() == UInt8(ascii: "u"), let trail = self.unit(),
                UTF16.isTrailSurrogate(trail)
            else { return nil }
            return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
        }

        private mutating func unit() -> UInt16? {
            var unit: UInt16 = 0
            for _ in 0..<4 {
                guard let byte = next(), let digit = Self.hexDigit(byte) else { return nil }
                unit = unit << 4 | digit
            }
            return unit
        }

        private static func hexDigit(_ byte: UInt8) -> UInt16? {
            switch byte {
            case 0x30...0x39: UInt16(byte - 0x30)
            case 0x41...0x46: UInt16(byte - 0x37)
            case 0x61...0x66: UInt16(byte - 0x57)
            default: nil
            }
        }

        private mutating func next() -> UInt8? {
            guard index < string.count else { return nil }
            defer { index += 1 }
            return string[index]
        }
    }
}
