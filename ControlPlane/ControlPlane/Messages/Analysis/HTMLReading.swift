/// What a reader sees of HTML, and what is told of it: text, links, pictures and the kinds of elements.
///
/// Not a parser of HTML: it walks over the tags once, in their order, and takes any text for one. What was
/// never closed goes to the end. What lies behind `maxBytes` is not read.
struct HTMLReading: Sendable {
    struct Link: Sendable, Equatable {
        let target: String
        /// What stands between the tags, as it is read.
        var text: String
    }

    static let maxBytes = 1024 * 1024

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
        let bytes = Array(html.utf8.prefix(Self.maxBytes))
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
