/// `quoted-string` of RFC 5322 §3.2.4.
enum QuotedString {
    /// Whether a text comes out of quotes as it went in, whoever reads it: many take a run of spaces for one
    /// (RFC 5322 §3.2.4), and what looks like an encoded-word for one.
    static func keeps(_ text: String) -> Bool {
        text.withBytes { bytes in
            var previous = UInt8.space
            for byte in bytes {
                guard byte >= .space, byte < 0x7F, byte != .space || previous != .space,
                    byte != .question || previous != .equals
                else { return false }
                previous = byte
            }
            return bytes.isEmpty || previous != .space
        }
    }

    static func encode(_ text: String) -> String {
        var quoted: [UInt8] = [.quote]
        for byte in text.utf8 {
            if byte == .quote || byte == .backslash { quoted.append(.backslash) }
            quoted.append(byte)
        }
        quoted.append(.quote)
        return String(decoding: quoted, as: UTF8.self)
    }

    /// The text in quotes that `encode` has put around it.
    static func decode(_ quoted: some BidirectionalCollection<UInt8>) -> String {
        var text: [UInt8] = []
        var isEscaped = false
        for byte in quoted.dropFirst().dropLast() {
            isEscaped = byte == .backslash && !isEscaped
            if !isEscaped { text.append(byte) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension String {
    var readsBackQuoted: Bool { QuotedString.keeps(self) }
}
