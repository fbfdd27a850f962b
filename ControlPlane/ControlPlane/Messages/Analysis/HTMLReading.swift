/// What a reader sees of HTML, and what is told of it: text, links, pictures and the kinds of elements.
///
/// Not a parser of HTML: it walks over the tags once, in their order, and takes any text for one. What was
/// never closed goes to the end.
struct HTMLReading: Sendable {
    struct Link: Sendable, Equatable {
        let target: String
        /// What stands between the tags, as it is read.
        var text: String
    }

    private(set) var text = ""
    private(set) var links: [Link] = []
    private(set) var imageCount = 0
    private(set) var imagesWithoutAlt = 0
    /// Names in lower case.
    private(set) var elements: Set<String> = []

    /// Elements whose content nobody reads.
    private static let unread: Set<String> = ["script", "style", "title"]
    /// Elements that end no word.
    private static let inline: Set<String> = [
        "a", "b", "i", "em", "strong", "span", "font", "u", "small", "sub", "sup",
    ]

    private var openLink: Int?
    private var raw: [UInt8] = []

    init(_ html: String) {
        let bytes = Array(html.utf8)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<") else {
                raw.append(bytes[index])
                index += 1
                continue
            }
            if bytes[index...].starts(with: "<!--".utf8) {
                index = Self.end(of: "-->", in: bytes, from: index)
                continue
            }
            guard let tag = HTMLTag(bytes, at: index) else {
                raw.append(bytes[index])
                index += 1
                continue
            }
            index = tag.end
            take(tag)
            if Self.unread.contains(tag.name), !tag.isClosing {
                index = Self.end(of: "</\(tag.name)", in: bytes, from: index, leavesMark: true)
            }
        }
        flush()
        text = Self.collapsed(text)
        for index in links.indices { links[index].text = Self.collapsed(links[index].text) }
    }

    private mutating func take(_ tag: HTMLTag) {
        flush()
        if !Self.inline.contains(tag.name) { add(" ") }
        guard !tag.isClosing else {
            if tag.name == "a" { openLink = nil }
            return
        }
        elements.insert(tag.name)
        switch tag.name {
        case "a":
            openLink = nil
            guard let target = tag.attributes["href"], !target.isEmpty else { return }
            links.append(Link(target: HTMLEntities.decoded(target), text: ""))
            openLink = links.count - 1
        case "img":
            imageCount += 1
            if tag.attributes["alt"] == nil { imagesWithoutAlt += 1 }
        default: break
        }
    }

    private mutating func flush() {
        guard !raw.isEmpty else { return }
        add(HTMLEntities.decoded(String(decoding: raw, as: UTF8.self)))
        raw.removeAll(keepingCapacity: true)
    }

    private mutating func add(_ part: String) {
        text += part
        if let openLink { links[openLink].text += part }
    }

    /// Behind the mark, or where it begins; the end when it is not there.
    private static func end(
        of mark: String, in bytes: [UInt8], from start: Int, leavesMark: Bool = false
    ) -> Int {
        let mark = Array(mark.utf8)
        var index = start
        while index + mark.count <= bytes.count {
            let isHere = zip(bytes[index...], mark).allSatisfy { $0 | 0x20 == $1 | 0x20 }
            if isHere { return leavesMark ? index : index + mark.count }
            index += 1
        }
        return bytes.count
    }

    private static func collapsed(_ text: String) -> String {
        text.split(whereSeparator: { $0.isWhitespace || $0.isNewline }).joined(separator: " ")
    }
}

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
        while index < bytes.count, bytes[index] != UInt8(ascii: ">") {
            let attribute = skip {
                !Self.isSpace($0) && ![UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "/")].contains($0)
            }
            _ = skip(while: Self.isSpace)
            guard !attribute.isEmpty else {
                if index < bytes.count, bytes[index] != UInt8(ascii: ">") { index += 1 }
                continue
            }
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

/// The character references that matter to whoever counts letters and reads links.
enum HTMLEntities {
    private static let named = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "zwnj": "", "shy": "",
    ]
    private static let maxLength = 10

    static func decoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var decoded = ""
        var rest = text[...]
        while let ampersand = rest.firstIndex(of: "&") {
            decoded += rest[..<ampersand]
            rest = rest[ampersand...]
            let reference = rest.dropFirst().prefix(maxLength)
            guard let end = reference.firstIndex(of: ";"), let value = value(reference[..<end]) else {
                decoded += "&"
                rest = rest.dropFirst()
                continue
            }
            decoded += value
            rest = rest[rest.index(after: end)...]
        }
        return decoded + rest
    }

    private static func value(_ name: Substring) -> String? {
        guard name.first == "#" else { return named[String(name)] }
        let digits = name.dropFirst()
        let number =
            digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
}
