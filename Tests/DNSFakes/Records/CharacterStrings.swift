/// The character-strings of a TXT record (RFC 1035 §3.3.14) and the ways in which services write them.
package enum CharacterStrings {
    /// Why a text is not a list of character-strings.
    package enum Fault: Error, Equatable, Sendable {
        /// Something stands outside of quotation marks.
        case notQuoted
        /// A quotation mark is not closed.
        case unbalanced
        /// An escape is not three digits up to 255, or ends the text.
        case badEscape
        /// One string is longer than 255 octets.
        case tooLong(octets: Int)
        /// An octet that must be escaped is not: a control character or one above 126.
        case unsupportedCharacter
    }

    /// How a text writes what it cannot show.
    package struct Form: Sendable {
        /// The radix of `\DDD`: 10 in zone files, 8 at Route 53.
        let radix: Int
        /// Whether words outside of quotation marks are strings of their own.
        let takesBareWords: Bool
        /// Whether octets above 126 may stand unescaped.
        let takesRawOctets: Bool

        /// Zone files and Cloud DNS: white space outside of quotation marks divides strings.
        package static let zoneFile = Form(radix: 10, takesBareWords: true, takesRawOctets: true)
        /// Cloudflare, when the content begins and ends with a quotation mark.
        package static let quoted = Form(radix: 10, takesBareWords: false, takesRawOctets: true)
        package static let route53 = Form(radix: 8, takesBareWords: false, takesRawOctets: false)
    }

    package static let maxOctets = 255

    /// Reads a list of strings; each may be longer than 255 octets when `splits`, and is then divided.
    package static func parse(
        _ text: String, _ form: Form, splits: Bool = false
    ) throws(Fault) -> [[UInt8]] {
        var strings: [[UInt8]] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
                rest = rest.dropFirst()
                continue
            }
            guard byte == UInt8(ascii: "\"") || form.takesBareWords else { throw .notQuoted }
            let string = try string(&rest, form, isQuoted: byte == UInt8(ascii: "\""))
            if string.count <= maxOctets {
                strings.append(string)
            } else {
                guard splits else { throw .tooLong(octets: string.count) }
                strings += pieces(string)
            }
        }
        return strings
    }

    /// Octets divided into strings of at most 255.
    package static func pieces(_ octets: [UInt8]) -> [[UInt8]] {
        guard !octets.isEmpty else { return [[]] }
        return stride(from: 0, to: octets.count, by: maxOctets).map { start in
            Array(octets[start..<min(start + maxOctets, octets.count)])
        }
    }

    /// Quoted strings with a space between; escapes as `form` has them.
    package static func text(_ strings: [[UInt8]], _ form: Form = .zoneFile) -> String {
        strings.map { string in
            var text = "\""
            for octet in string {
                switch octet {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                    text += "\\"
                    text.unicodeScalars.append(Unicode.Scalar(octet))
                case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(octet))
                default:
                    let digits = String(octet, radix: form.radix)
                    text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
                }
            }
            return text + "\""
        }.joined(separator: " ")
    }

    private static func string(
        _ rest: inout ArraySlice<UInt8>, _ form: Form, isQuoted: Bool
    ) throws(Fault) -> [UInt8] {
        if isQuoted { rest = rest.dropFirst() }
        var octets: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"): octets.append(try escaped(&rest, form))
            case UInt8(ascii: "\"") where isQuoted: return octets
            case UInt8(ascii: "\""): throw .unbalanced
            case UInt8(ascii: " ") where !isQuoted, UInt8(ascii: "\t") where !isQuoted: return octets
            case 0..<0x20, 0x7F...:
                guard form.takesRawOctets, byte >= 0x80 else { throw .unsupportedCharacter }
                octets.append(byte)
            default: octets.append(byte)
            }
        }
        guard !isQuoted else { throw .unbalanced }
        return octets
    }

    private static func escaped(_ rest: inout ArraySlice<UInt8>, _ form: Form) throws(Fault) -> UInt8 {
        guard let first = rest.first else { throw .badEscape }
        guard (0x30...0x39).contains(first) else {
            rest = rest.dropFirst()
            return first
        }
        let digits = String(decoding: rest.prefix(3), as: UTF8.self)
        guard digits.utf8.count == 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = UInt8(digits, radix: form.radix)
        else { throw .badEscape }
        rest = rest.dropFirst(3)
        return value
    }
}
