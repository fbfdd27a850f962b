/// The target of a click as it may stand in `Location`.
enum LinkTarget {
    /// Nil unless it is an http or https URL with a host. What may not stand in a header field or in a URI
    /// (RFC 3986 §2) is percent-encoded, so no target can end the line.
    static func location(_ target: String) -> String? {
        let bytes = Array(target.utf8)
        let schemes = ["https://", "http://"].map { Array($0.utf8) }
        guard let scheme = schemes.first(where: { isPrefix($0, of: bytes) }) else { return nil }
        let host = bytes.dropFirst(scheme.count).prefix { !isEndOfAuthority($0) }
        guard !host.isEmpty else { return nil }
        var text: [UInt8] = []
        for byte in bytes {
            if mayStand(byte) {
                text.append(byte)
            } else {
                text.append(UInt8(ascii: "%"))
                text += [hexadecimal(byte >> 4), hexadecimal(byte & 15)]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isPrefix(_ scheme: [UInt8], of bytes: [UInt8]) -> Bool {
        bytes.count > scheme.count
            && zip(scheme, bytes).allSatisfy { wanted, byte in
                wanted == ((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
            }
    }

    /// Browsers take a backslash for a slash.
    private static func isEndOfAuthority(_ byte: UInt8) -> Bool {
        [UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains(byte)
    }

    private static func mayStand(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
            UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            false
        default: (0x21...0x7E).contains(byte)
        }
    }

    private static func hexadecimal(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x37 + nibble }
}
