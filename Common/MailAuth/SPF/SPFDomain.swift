/// Names in a check.
enum SPFDomain {
    private static let maxBytes = 253
    private static let maxLabelBytes = 63

    /// RFC 7208 §4.3: whether a domain can be checked: at least two labels that are not too long.
    static func isValid(_ name: String) -> Bool {
        isQueryable(name) && withoutDot(name).contains(".") && !name.contains("[")
    }

    /// Whether the DNS can be asked for it.
    static func isQueryable(_ name: String) -> Bool {
        let bare = withoutDot(name)
        guard (1...maxBytes).contains(bare.utf8.count) else { return false }
        return bare.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
            (1...maxLabelBytes).contains($0.count)
        }
    }

    /// §7.3: labels on the left are dropped until the name fits; a dot at the end is no part of it.
    static func shortened(_ name: String) -> String {
        let bytes = withoutDot(name).utf8
        guard bytes.count > maxBytes else { return withoutDot(name) }
        // The dot before a label that fits whole may stand right before the bytes that fit.
        let end = bytes.suffix(maxBytes + 1)
        guard let dot = end.firstIndex(of: UInt8(ascii: ".")) else { return "" }
        return String(Substring(end[end.index(after: dot)...]))
    }

    private static func withoutDot(_ name: String) -> String {
        name.hasSuffix(".") ? String(name.dropLast()) : name
    }
}
