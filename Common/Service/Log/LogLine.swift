import Times

/// One log line as bytes: a JSON object (RFC 8259) and a line feed. Pure.
///
/// The order is `ts`, `level`, `component`, `message`, then the fields by name. A field whose name is one of
/// those four gets an underscore in front.
package enum LogLine {
    /// A longer text value is cut, and an ellipsis marks the cut.
    package static let maxValueBytes = 4_096
    /// Further fields of one line are left out.
    package static let maxFields = 64

    private static let reserved: Set<String> = ["ts", "level", "component", "message"]
    private static let hexadecimal = Array("0123456789abcdef".utf8)

    package static func bytes(
        milliseconds: Int64, level: LogLevel, component: String, message: StaticString,
        fields: [String: LogValue]
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(192 + fields.count * 32)
        line += "{\"ts\":\"".utf8
        line += RFC3339.text(milliseconds: milliseconds).utf8
        line += "\",\"level\":\"".utf8
        line += level.rawValue.utf8
        line += "\",\"component\":".utf8
        append(component, to: &line)
        line += ",\"message\":".utf8
        append("\(message)", to: &line)
        for (name, value) in fields.sorted(by: { $0.key < $1.key }).prefix(maxFields) {
            line.append(UInt8(ascii: ","))
            append(reserved.contains(name) ? "_\(name)" : name, to: &line)
            line.append(UInt8(ascii: ":"))
            append(value, to: &line)
        }
        line += "}\n".utf8
        return line
    }

    private static func append(_ value: LogValue, to line: inout [UInt8]) {
        switch value {
        case .string(let text): append(text, to: &line)
        case .int(let number): line += "\(number)".utf8
        case .double(let number) where number.isFinite: line += "\(number)".utf8
        case .double(let number): append("\(number)", to: &line)
        case .bool(let flag): line += (flag ? "true" : "false").utf8
        }
    }

    private static func append(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        let isPlain =
            text.utf8.count <= maxValueBytes
            && text.utf8.allSatisfy { byte in
                byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            }
        if isPlain {
            line += text.utf8
        } else {
            appendEscaped(text, to: &line)
        }
        line.append(UInt8(ascii: "\""))
    }

    private static func appendEscaped(_ text: String, to line: inout [UInt8]) {
        var bytesLeft = maxValueBytes
        for scalar in text.unicodeScalars {
            let encoded = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            bytesLeft -= encoded.count
            guard bytesLeft >= 0 else {
                line += "…".utf8
                return
            }
            switch scalar {
            case "\"": line += "\\\"".utf8
            case "\\": line += "\\\\".utf8
            case "\n": line += "\\n".utf8
            case "\r": line += "\\r".utf8
            case "\t": line += "\\t".utf8
            case _ where mustEscape(scalar): appendCodePoint(scalar, to: &line)
            default: line += encoded
            }
        }
    }

    /// Controls (C0, DEL, C1), line separators and the marks that reorder text: what could forge a line or
    /// drive a terminal.
    static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func appendCodePoint(_ scalar: Unicode.Scalar, to line: inout [UInt8]) {
        line += "\\u".utf8
        for shift in [12, 8, 4, 0] { line.append(hexadecimal[Int(scalar.value >> UInt32(shift)) & 0xF]) }
    }
}
