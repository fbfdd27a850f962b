/// What stands in Content-ID between the angle brackets, and behind `cid:` in the HTML that shows the part.
///
/// RFC 2392 §2 has the URL percent-decoded before the two are compared. Many readers compare them as they
/// are, so what is written here is what the sender's HTML says, letter for letter, and nothing is escaped.
/// That can be had for printable ASCII alone, because a header holds nothing else; spaces inside are kept,
/// which RFC 5322 §3.6.4 does not foresee and readers take.
package enum ContentIdentifier {
    static let maxBytes = 250
    /// For refusals.
    package static let rule =
        "what the HTML shows is named there in at most 250 printable ASCII characters without < and >"

    package static func isValid(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= maxBytes, let first = bytes.first, let last = bytes.last else { return false }
        return first != .space && last != .space
            && bytes.allSatisfy { $0 >= .space && $0 < 0x7F && $0 != .less && $0 != .greater }
    }
}
