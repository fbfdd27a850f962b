/// Finds the links of an HTML text, and where its body ends, by the rules by which browsers find tags
/// (WHATWG HTML §13.2.5).
///
/// It takes any bytes: what is no tag is passed over. Comments, declarations and the contents of elements
/// that hold plain text (`script`, `style`, `textarea`, `title` and their like) have no links, but for
/// comments of the form `<!--[if …`, which Outlook reads as HTML. It reads every byte once or twice, whatever
/// stands there.
struct HTMLScanner {
    /// Elements whose content is text up to their end tag.
    private static let textElements = [
        "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes",
    ].map { Array($0.utf8) }
    private static let (anchor, area) = (Array("a".utf8), Array("area".utf8))
    private static let (body, plaintext) = (Array("body".utf8), Array("plaintext".utf8))
    private static let (href, optOut) = (Array("href".utf8), Array("data-dispatch-track".utf8))
    private static let off = Array("off".utf8)
    private static let conditional = Array("[if".utf8)
    private static let cdata = Array("[CDATA[".utf8)
    private static let (hyphens, hyphensAndMark) = (Array("--".utf8), Array("--!".utf8))
    private static let brackets = Array("]]".utf8)

    private struct Tag {
        var href: Range<Int>?
        var isOptedOut = false
    }

    /// The values of `href` of `a` and `area`, in order, without those of tags with
    /// `data-dispatch-track="off"`.
    private(set) var targets: [Range<Int>] = []
    /// Where the last `</body` begins.
    private(set) var bodyEnd: Int?

    private let html: [UInt8]
    private var index = 0
    /// No `]]>` stands at or behind this place, up to the end of what is scanned: looked for once.
    private var cdataEndsBefore = Int.max

    init(_ html: [UInt8]) {
        self.html = html
        scan(to: html.count, isInComment: false)
    }

    private mutating func scan(to end: Int, isInComment: Bool) {
        while let open = place(of: .less, to: end) {
            index = open + 1
            guard index < end else { return }
            switch html[index] {
            case .slash: endTag(at: open, to: end, isInComment)
            case .exclamation: declaration(to: end, isInComment)
            case .question: skip(past: .greater, to: end)
            case let byte where byte.isLetter: startTag(to: end)
            default: break
            }
        }
    }

    // MARK: Tags

    private mutating func startTag(to end: Int) {
        let name = tagName(to: end)
        let isLink = isEqual(name, Self.anchor) || isEqual(name, Self.area)
        guard let tag = attributes(to: end, isLink: isLink) else { return }
        if isLink {
            if let href = tag.href, !tag.isOptedOut { targets.append(href) }
        } else if let element = Self.textElements.first(where: { isEqual(name, $0) }) {
            skipText(of: element, to: end)
        } else if isEqual(name, Self.plaintext) {
            index = end
        }
    }

    private mutating func endTag(at open: Int, to end: Int, _ isInComment: Bool) {
        index += 1
        guard index < end else { return }
        guard html[index].isLetter else { return skip(past: .greater, to: end) }
        let name = tagName(to: end)
        guard attributes(to: end, isLink: false) != nil else { return }
        if !isInComment, isEqual(name, Self.body) { bodyEnd = open }
    }

    private mutating func tagName(to end: Int) -> Range<Int> {
        let start = index
        while index < end, !html[index].isHTMLSpace, html[index] != .slash, html[index] != .greater {
            index += 1
        }
        return start..<index
    }

    /// Reads up to and with the tag's `>`; nil when there is none, and then there is no tag.
    private mutating func attributes(to end: Int, isLink: Bool) -> Tag? {
        var tag = Tag()
        while index < end {
            if html[index] == .greater {
                index += 1
                return tag
            }
            if html[index].isHTMLSpace || html[index] == .slash {
                index += 1
                continue
            }
            let name = attributeName(to: end)
            let value = attributeValue(to: end)
            guard isLink, let value else { continue }
            // Of two attributes of one name the first counts.
            if tag.href == nil, isEqual(name, Self.href) { tag.href = value }
            if isEqual(name, Self.optOut), isEqual(value, Self.off) { tag.isOptedOut = true }
        }
        return nil
    }

    private mutating func attributeName(to end: Int) -> Range<Int> {
        let start = index
        index += 1
        while index < end {
            let byte = html[index]
            if byte.isHTMLSpace || byte == .slash || byte == .greater || byte == .equals { break }
            index += 1
        }
        return start..<index
    }

    private mutating func attributeValue(to end: Int) -> Range<Int>? {
        skipSpace(to: end)
        guard index < end, html[index] == .equals else { return nil }
        index += 1
        skipSpace(to: end)
        guard index < end, html[index] != .greater else { return nil }
        let first = html[index]
        guard first == .quote || first == .apostrophe else {
            let start = index
            while index < end, !html[index].isHTMLSpace, html[index] != .greater { index += 1 }
            return start..<index
        }
        index += 1
        let start = index
        guard let close = place(of: first, to: end) else {
            index = end
            return nil
        }
        index = close + 1
        return start..<close
    }

    // MARK: What is no tag

    /// Behind `<!`.
    private mutating func declaration(to end: Int, _ isInComment: Bool) {
        index += 1
        if !isInComment, index + 1 < end, html[index] == .hyphen, html[index + 1] == .hyphen {
            comment(to: end)
        } else if starts(with: Self.cdata, to: end), let close = cdataEnd(to: end) {
            index = close
        } else {
            skip(past: .greater, to: end)
        }
    }

    private mutating func comment(to end: Int) {
        let start = index + 2
        var (contentEnd, behind) = (end, end)
        var from = start
        while let greater = html[from..<end].firstIndex(of: .greater) {
            from = greater + 1
            // `<!-->` and `<!--->` are whole comments, so the first two hyphens count.
            guard
                ends(with: Self.hyphens, at: greater, since: start - 2)
                    || ends(with: Self.hyphensAndMark, at: greater, since: start - 2)
            else { continue }
            (contentEnd, behind) = (max(start, greater - 2), from)
            break
        }
        index = start
        while index < contentEnd, html[index].isHTMLSpace { index += 1 }
        if behind > contentEnd, starts(with: Self.conditional, to: contentEnd) {
            // What has no end inside the comment may have one behind it.
            let cdataEndsBefore = cdataEndsBefore
            scan(to: contentEnd, isInComment: true)
            self.cdataEndsBefore = cdataEndsBefore
        }
        index = behind
    }

    private mutating func cdataEnd(to end: Int) -> Int? {
        guard index < cdataEndsBefore else { return nil }
        var start = index
        while let greater = html[start..<end].firstIndex(of: .greater) {
            start = greater + 1
            if ends(with: Self.brackets, at: greater, since: index) { return start }
        }
        cdataEndsBefore = index
        return nil
    }

    private mutating func skipText(of element: [UInt8], to end: Int) {
        while let open = place(of: .less, to: end) {
            index = open + 1
            guard index < end, html[index] == .slash else { continue }
            let nameEnd = index + 1 + element.count
            guard nameEnd < end, isEqual(index + 1..<nameEnd, element) else { continue }
            let next = html[nameEnd]
            guard next.isHTMLSpace || next == .slash || next == .greater else { continue }
            index = nameEnd
            _ = attributes(to: end, isLink: false)
            return
        }
        index = end
    }

    // MARK: Bytes

    /// Leaves the index where it is, or at the end when the byte does not come.
    private mutating func place(of byte: UInt8, to end: Int) -> Int? {
        guard index < end else { return nil }
        return html[index..<end].firstIndex(of: byte)
    }

    private mutating func skip(past byte: UInt8, to end: Int) {
        index = place(of: byte, to: end).map { $0 + 1 } ?? end
    }

    private mutating func skipSpace(to end: Int) {
        while index < end, html[index].isHTMLSpace { index += 1 }
    }

    private func starts(with text: [UInt8], to end: Int) -> Bool {
        index + text.count <= end && html[index..<index + text.count].elementsEqual(text)
    }

    /// Whether the text ends where `end` is and begins not before `start`.
    private func ends(with text: [UInt8], at end: Int, since start: Int) -> Bool {
        end - start >= text.count && html[end - text.count..<end].elementsEqual(text)
    }

    /// Without case; the word is given in lower case.
    private func isEqual(_ range: Range<Int>, _ word: [UInt8]) -> Bool {
        range.count == word.count && zip(html[range], word).allSatisfy { $0.lowercased == $1 }
    }
}

extension UInt8 {
    static let exclamation: UInt8 = 0x21
    static let apostrophe: UInt8 = 0x27

    /// What separates attributes: tab, line feed, form feed, carriage return, space.
    var isHTMLSpace: Bool {
        self == .space || self == .lineFeed || self == .carriageReturn || self == .tab || self == 0x0C
    }
}
