/// Which links of a message are to be its recipients' own, and the places of those in its texts.
///
/// Nothing is changed by looking: places are ranges of the text, and whoever makes the copies puts something
/// there. However large a text is it is read once; of its links the first `maxLinks` have a place.
package struct LinkWishes: Sendable {
    static let maxLinks = 2_000
    /// What stands in a body for the link to unsubscribe at.
    package static let unsubscribePlaceholder = "{{unsubscribe_url}}"
    private static let placeholder = Array(unsubscribePlaceholder.utf8)

    package var tracksOpens = false
    package var tracksClicks = false
    /// Whether `{{unsubscribe_url}}` in the bodies becomes the link.
    package var fillsUnsubscribe = false
    /// Whether List-Unsubscribe and List-Unsubscribe-Post are added (RFC 8058), unless one is given.
    package var addsListUnsubscribe = false
    /// Whether a body without the link gets one at its end.
    package var addsUnsubscribeLink = false
    /// Links that begin with one of these are the service's own already.
    package var ownPrefixes: [String] = []
    /// Links that lead further stay as they are.
    package var maxTargetBytes = 4 * 1024

    package init() {}

    /// - Parameter html: with CRLF line ends.
    func places(inHTML html: [UInt8]) -> [LinkPlace] {
        guard tracksOpens || tracksClicks || fillsUnsubscribe else { return [] }
        let scanner = HTMLScanner(html)
        let placeholders = placeholders(in: html)
        var places = merged(tracksClicks ? clicks(scanner, html) : [], placeholders)
        let end = scanner.bodyEnd ?? html.count
        let at = places.firstIndex { $0.range.lowerBound >= end } ?? places.count
        var added: [LinkPlace] = []
        if addsUnsubscribeLink, placeholders.isEmpty {
            added.append(LinkPlace(.unsubscribeParagraph, end..<end))
        }
        if tracksOpens { added.append(LinkPlace(.pixel, end..<end)) }
        places.insert(contentsOf: added, at: at)
        return places
    }

    /// - Parameter text: with CRLF line ends.
    func places(inText text: [UInt8]) -> [LinkPlace] {
        guard fillsUnsubscribe else { return [] }
        let places = placeholders(in: text)
        guard addsUnsubscribeLink, places.isEmpty else { return places }
        return [LinkPlace(.unsubscribeLine, text.count..<text.count)]
    }

    private func clicks(_ scanner: HTMLScanner, _ html: [UInt8]) -> [LinkPlace] {
        var clicks: [LinkPlace] = []
        for range in scanner.targets where clicks.count < Self.maxLinks {
            guard let url = LinkTarget.url(html[range]), url.utf8.count <= maxTargetBytes,
                !ownPrefixes.contains(where: { url.hasPrefix($0) })
            else { continue }
            clicks.append(LinkPlace(.click, range))
        }
        return clicks
    }

    private func placeholders(in text: [UInt8]) -> [LinkPlace] {
        guard fillsUnsubscribe else { return [] }
        var places: [LinkPlace] = []
        var index = 0
        while places.count < Self.maxLinks, let open = text[index...].firstIndex(of: Self.placeholder[0]) {
            guard text[open...].starts(with: Self.placeholder) else {
                index = open + 1
                continue
            }
            index = open + Self.placeholder.count
            places.append(LinkPlace(.unsubscribe, open..<index))
        }
        return places
    }

    /// In order; a link with a placeholder in it is that placeholder alone.
    private func merged(_ clicks: [LinkPlace], _ placeholders: [LinkPlace]) -> [LinkPlace] {
        guard !placeholders.isEmpty else { return clicks }
        var places: [LinkPlace] = []
        var rest = placeholders[...]
        for click in clicks {
            while let next = rest.first, next.range.upperBound <= click.range.lowerBound {
                places.append(next)
                rest.removeFirst()
            }
            if let next = rest.first, next.range.lowerBound < click.range.upperBound { continue }
            places.append(click)
        }
        return places + rest
    }
}
