/// Turns the bytes of a text part into text. Everything decodes: what is unknown or broken is read as well as
/// can be.
package enum Charset {
    /// - Parameter name: as in `charset=`, in any case. UTF-8, US-ASCII, ISO-8859-1 and Windows-1252 are
    ///   known; for any other name the bytes are read as UTF-8 when they are that, else as Windows-1252.
    package static func decode(_ bytes: ArraySlice<UInt8>, name: String?) -> String {
        guard EightBit.contains(bytes) else { return String(decoding: bytes, as: UTF8.self) }
        return switch name?.lowercased() {
        case "iso-8859-1", "latin1", "iso_8859-1", "windows-1252", "cp1252", "cp-1252": westernEuropean(bytes)
        case "utf-8", "utf8": String(decoding: bytes, as: UTF8.self)
        default: String(validating: bytes, as: UTF8.self) ?? westernEuropean(bytes)
        }
    }

    /// Windows-1252 holds ISO-8859-1 but for control characters that no text means; browsers read both as
    /// one.
    private static func westernEuropean(_ bytes: ArraySlice<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        text.reserveCapacity(bytes.count)
        for byte in bytes {
            let isHigh = byte >= 0x80 && byte < 0xA0
            text.append(isHigh ? windows1252[Int(byte - 0x80)] : Unicode.Scalar(byte))
        }
        return String(text)
    }

    private static let windows1252 = Array(
        "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)
}
