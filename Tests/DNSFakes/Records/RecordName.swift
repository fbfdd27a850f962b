/// A domain name as the services compare it: lower case, no dot at the end, in punycode.
package struct RecordName: Hashable, Sendable, CustomStringConvertible {
    /// From the left; empty for the root.
    package let labels: [String]

    /// RFC 1035 §2.3.4: labels of 1 to 63 octets, 253 in all. Letters, digits, `-` and `_`; `*` alone as the
    /// leftmost label; one dot may end it. Nil for anything else.
    package init?(_ text: String) {
        if text == "." {
            labels = []
            return
        }
        let bare = text.hasSuffix(".") ? String(text.dropLast()) : text
        let labels = bare.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(
            String.init)
        guard !bare.isEmpty, bare.utf8.count <= 253 else { return nil }
        for (index, label) in labels.enumerated() {
            guard (1...63).contains(label.utf8.count) else { return nil }
            if index == 0, label == "*" { continue }
            guard label.utf8.allSatisfy(Self.isLabelByte) else { return nil }
        }
        self.labels = labels
    }

    /// Without a dot at the end.
    package var description: String { labels.joined(separator: ".") }

    /// With a dot at the end.
    package var absolute: String { labels.joined(separator: ".") + "." }

    /// Whether it is `zone` or below it.
    package func isWithin(_ zone: RecordName) -> Bool { labels.suffix(zone.labels.count) == zone.labels[...] }

    /// Route 53 lists by labels from the right.
    package func precedes(_ other: RecordName) -> Bool {
        labels.reversed().lexicographicallyPrecedes(other.labels.reversed())
    }

    /// Whether a host may have it: no `*` and no `_`.
    package var isHost: Bool {
        labels.allSatisfy { label in !label.contains("_") && label != "*" && !label.hasPrefix("-") }
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}
