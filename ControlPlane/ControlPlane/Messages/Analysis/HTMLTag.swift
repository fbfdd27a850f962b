/// One tag of HTML.
struct HTMLTag: Sendable {
    /// In lower case.
    let name: String
    let isClosing: Bool
    /// Names in lower case, values as they stand there; the first of a name counts.
    private(set) var attributes: [String: String] = [:]
    /// Behind the `>`.
    let end: Int

    /// The tag that begins with the `<` at `start`; nil for one that is none.
    init?(_ bytes: [UInt8], at start: Int) {
        var index = start + 1
        func skip(while holds: (UInt8) -> Bool) -> ArraySlice<UInt8> {
            let from = index
            while index < bytes.count, holds(bytes[index]) { index += 1 }
            return bytes[from..<index]
        }
        isClosing = index < bytes.count && bytes[index] == UInt8(ascii: "/")
        if isClosing { index += 1 }
        guard index < bytes.count, Self.isLetter(bytes[index]) || bytes[index] == UInt8(ascii: "!") else {
            return nil
        }
        name = Self.lowercased(
            skip { !Self.isSpace($0) && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/") })
        while true {
            _ = skip(while: Self.isSpace)
            guard index < bytes.count, bytes[index] != UInt8(ascii: ">") else { break }
            let attribute = skip {
                !Self.isSpace($0) && ![UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "/")].contains($0)
            }
            guard !attribute.isEmpty else {
                index += 1
                continue
            }
            _ = skip(while: Self.isSpace)
            var value: ArraySlice<UInt8> = []
            if index < bytes.count, bytes[index] == UInt8(ascii: "=") {
                index += 1
                _ = skip(while: Self.isSpace)
                if index < bytes.count,
                    bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'")
                {
                    let quote = bytes[index]
                    index += 1
                    value = skip { $0 != quote }
                    index = min(index + 1, bytes.count)
                } else {
                    value = skip { !Self.isSpace($0) && $0 != UInt8(ascii: ">") }
                }
            }
            let key = Self.lowercased(attribute)
            if attributes[key] == nil { attributes[key] = String(decoding: value, as: UTF8.self) }
        }
        end = min(index + 1, bytes.count)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0C, 0x0D].contains(byte) }
    private static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self).lowercased()
    }
}
