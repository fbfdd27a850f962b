/// Writes a header field made of tags, folded so that lines stay within 78 characters (RFC 5322 §2.1.1)
/// wherever the grammar of the tags allows a fold.
struct FoldedField {
    static let maxLineCharacters = 78

    private(set) var bytes: [UInt8]
    private var column: Int

    init(name: String) {
        bytes = []
        bytes.reserveCapacity(1024)
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: ":"))
        column = bytes.count
    }

    /// Makes room for this many bytes more.
    mutating func reserve(_ byteCount: Int) { bytes.reserveCapacity(bytes.count + byteCount) }

    /// Appends text after a space or a fold.
    mutating func appendTag(_ text: [UInt8]) {
        beginTag(text.count)
        bytes.append(contentsOf: text)
        column += text.count
    }

    /// The same for a tag made of its name with `=`, a value, and maybe a semicolon.
    mutating func appendTag(_ name: StaticString, _ value: ArraySlice<UInt8>, isEnded: Bool = true) {
        let count = name.utf8CodeUnitCount + value.count + (isEnded ? 1 : 0)
        beginTag(count)
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: value)
        if isEnded { bytes.append(UInt8(ascii: ";")) }
        column += count
    }

    private mutating func beginTag(_ byteCount: Int) {
        if column + 1 + byteCount > Self.maxLineCharacters {
            foldLine()
        } else {
            bytes.append(0x20)
            column += 1
        }
    }

    /// Appends text directly, or after a fold when it does not fit.
    mutating func appendPart(_ text: ArraySlice<UInt8>) {
        if column + text.count > Self.maxLineCharacters { foldLine() }
        bytes.append(contentsOf: text)
        column += text.count
    }

    /// Writes another byte in place of the last one.
    mutating func replaceLast(with byte: UInt8) { bytes[bytes.count - 1] = byte }

    /// Appends text that may be folded anywhere.
    mutating func appendBreakable(_ text: [UInt8]) {
        var position = 0
        while position < text.count {
            if column >= Self.maxLineCharacters { foldLine() }
            let end = min(text.count, position + Self.maxLineCharacters - column)
            bytes.append(contentsOf: text[position..<end])
            column += end - position
            position = end
        }
    }

    /// The field with the CRLF at its end.
    consuming func ended() -> [UInt8] {
        bytes.append(0x0D)
        bytes.append(0x0A)
        return bytes
    }

    private mutating func foldLine() {
        bytes.append(0x0D)
        bytes.append(0x0A)
        bytes.append(0x20)
        column = 1
    }
}
