import Glibc

/// Where the header fields and the body of a message are: a scanner, not a parser, since a signature is
/// about the very bytes.
///
/// A field ends at a CRLF that no white space follows (RFC 5322 §2.2.3); the body begins after the first
/// empty line. A bare CR or LF is an ordinary byte.
struct MessageFields {
    /// One header field, as positions in the message.
    struct Field {
        /// The name, without the white space that the obsolete syntax allows before the colon.
        let name: Range<Int>
        /// All after the colon, folds included, without the CRLF at the end.
        let value: Range<Int>
        /// From the first byte of the name to before the CRLF at the end.
        var whole: Range<Int> { name.lowerBound..<value.upperBound }
    }

    /// No message has more fields.
    static let maxFields = 2000
    /// No header is longer.
    static let maxHeaderBytes = 1 << 20

    let fields: [Field]
    /// Where the body begins; the end of the message when there is none.
    let bodyStart: Int

    /// Nil when a line of the header is no field, or the header passes a limit.
    init?(_ message: [UInt8]) {
        var fields: [Field] = []
        fields.reserveCapacity(32)
        var position = 0
        while position < message.count {
            if message[position] == 0x0D, position + 1 < message.count, message[position + 1] == 0x0A {
                position += 2
                break
            }
            guard fields.count < Self.maxFields, position < Self.maxHeaderBytes else { return nil }
            let end = Self.endOfField(message, from: position)
            guard let field = Self.field(message, from: position, to: end) else { return nil }
            fields.append(field)
            position = min(end + 2, message.count)
        }
        self.fields = fields
        bodyStart = position
    }

    /// The position of the CRLF that ends the field, or of the end of the message.
    private static func endOfField(_ message: [UInt8], from start: Int) -> Int {
        message.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return bytes.count }
            var position = start
            while position < bytes.count,
                let found = memchr(base + position, 0x0D, bytes.count - position)
            {
                let carriageReturn = UnsafeRawPointer(found) - base
                let next = carriageReturn + 2
                if next <= bytes.count, bytes[carriageReturn + 1] == 0x0A {
                    let isFold = next < bytes.count && (bytes[next] == 0x20 || bytes[next] == 0x09)
                    if !isFold { return carriageReturn }
                }
                position = carriageReturn + 1
            }
            return bytes.count
        }
    }

    private static func field(_ message: [UInt8], from start: Int, to end: Int) -> Field? {
        var colon = start
        while colon < end, message[colon] != UInt8(ascii: ":") {
            // RFC 5322 §3.6.8: printable, but for the white space of the obsolete syntax before the colon.
            let byte = message[colon]
            guard (0x21...0x7E).contains(byte) || byte == 0x20 || byte == 0x09 else { return nil }
            colon += 1
        }
        guard colon < end else { return nil }
        var nameEnd = colon
        while nameEnd > start, message[nameEnd - 1] == 0x20 || message[nameEnd - 1] == 0x09 { nameEnd -= 1 }
        guard nameEnd > start else { return nil }
        return Field(name: start..<nameEnd, value: colon + 1..<end)
    }
}

extension [UInt8] {
    /// Whether the bytes of `range` are `name`, which is in lower case, but for case.
    func matches(_ name: some Collection<UInt8>, in range: Range<Int>) -> Bool {
        guard range.count == name.count else { return false }
        for (offset, wanted) in name.enumerated() where self[range.lowerBound + offset].lowercased != wanted {
            return false
        }
        return true
    }
}

extension UInt8 {
    /// The lower-case letter for an upper-case ASCII letter, else the byte itself.
    var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
