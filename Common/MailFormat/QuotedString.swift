/// `quoted-string` of RFC 5322 §3.2.4.
enum QuotedString {
    static func encode(_ text: String) -> String {
        var quoted: [UInt8] = [.quote]
        for byte in text.utf8 {
            if byte == .quote || byte == .backslash { quoted.append(.backslash) }
            quoted.append(byte)
        }
        quoted.append(.quote)
        return String(decoding: quoted, as: UTF8.self)
    }
}
