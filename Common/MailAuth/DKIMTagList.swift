import Crypto

/// A list of `name=value` tags separated by semicolons (RFC 6376 §3.2).
struct DKIMTagList {
    /// No list has more.
    static let maxTags = 64

    /// A tag's value: its text without white space around it, and its place between `=` and `;` in the list.
    struct Value {
        let bytes: ArraySlice<UInt8>
        let place: Range<Int>

        /// The text with all white space inside it removed, as most tags allow it.
        var text: String { String(decoding: bytes.filter { !DKIMTagList.isSpace($0) }, as: UTF8.self) }

        /// Items between colons.
        var items: [String] {
            text.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        }

        /// Base64 with white space anywhere, padded or not.
        var base64: [UInt8]? {
            var digits = bytes.filter { !DKIMTagList.isSpace($0) }
            while digits.last == UInt8(ascii: "=") { digits.removeLast() }
            digits += [UInt8](repeating: UInt8(ascii: "="), count: (4 - digits.count % 4) % 4)
            return Base64.decode(digits)
        }

        /// A decimal number without sign; nil for one that does not fit.
        var number: Int? {
            let digits = text.utf8
            guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(text)
        }
    }

    /// In the order of the list.
    private let tags: [(name: String, value: Value)]

    /// The name of the first tag.
    var firstName: String? { tags.first?.name }

    subscript(name: String) -> Value? { tags.first { $0.name == name }?.value }

    /// Nil when the list has another form, or a name twice, or passes the limit.
    init?(_ bytes: ArraySlice<UInt8>) {
        var tags: [(name: String, value: Value)] = []
        var names: Set<String> = []
        var parts = bytes.split(
            separator: UInt8(ascii: ";"), maxSplits: Self.maxTags, omittingEmptySubsequences: false)
        // One semicolon may end the list.
        if let last = parts.last, last.allSatisfy(Self.isSpace) { parts.removeLast() }
        for part in parts {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = Self.trimmed(part[..<equals])
            guard Self.isName(name) else { return nil }
            let text = String(decoding: name, as: UTF8.self)
            guard names.insert(text).inserted else { return nil }
            let value = part[(equals + 1)...]
            tags.append((text, Value(bytes: Self.trimmed(value), place: value.indices)))
        }
        guard !tags.isEmpty, tags.count <= Self.maxTags else { return nil }
        self.tags = tags
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, (0x61...0x7A).contains(first.lowercased) else { return false }
        return bytes.allSatisfy { byte in
            (0x61...0x7A).contains(byte.lowercased) || (0x30...0x39).contains(byte)
                || byte == UInt8(ascii: "_")
        }
    }
}
