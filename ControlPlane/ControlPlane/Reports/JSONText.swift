/// A flat JSON object written member by member, for `jsonb` columns of rows that come by the thousand:
/// `JSONEncoder` takes longer for one of them than PostgreSQL does to store it.
struct JSONText {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// The object as it is so far.
    var text: String { String(decoding: bytes + [UInt8(ascii: "}")], as: UTF8.self) }

    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        begin(name)
        quote(value)
    }

    mutating func add(_ name: String, _ value: (some FixedWidthInteger)?) {
        guard let value else { return }
        begin(name)
        bytes += Array("\(value)".utf8)
    }

    mutating func add(_ name: String, _ value: Bool?) {
        guard let value else { return }
        begin(name)
        bytes += Array((value ? "true" : "false").utf8)
    }

    private mutating func begin(_ name: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        quote(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// RFC 8259 §7: quotation mark, reverse solidus and control characters are escaped.
    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                bytes += Array("\\u00".utf8)
                bytes += [0x30 + byte >> 4, byte & 15 < 10 ? 0x30 + byte & 15 : 0x57 + byte & 15]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension [String] {
    /// The texts as PostgreSQL prints an array of them: an array of arrays would need all to be of one
    /// length.
    var arrayLiteral: String {
        var bytes = [UInt8(ascii: "{")]
        for (index, text) in enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    bytes.append(UInt8(ascii: "\\"))
                }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }
}
