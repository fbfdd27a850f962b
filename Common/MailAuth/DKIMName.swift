/// Names in DKIM tags.
enum DKIMName {
    /// Whether `text` is a DNS name of letters, digits, hyphens and underscores: at most 253 characters in
    /// labels of 1 to 63. Underscores occur in selectors and in domains that are no host names.
    static func isDomain(_ text: some StringProtocol) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
            label in
            (1...63).contains(label.count) && label.allSatisfy(isLabelCharacter)
        }
    }

    private static func isLabelCharacter(_ byte: UInt8) -> Bool {
        switch byte.lowercased {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
