/// `<left@right>`: what stands in Message-ID, In-Reply-To and References (RFC 5322 §3.6.4).
package enum MessageIdentifier {
    package static let maxBytes = 250

    /// Whether the text is one identifier with its angle brackets, ASCII and nothing around it.
    package static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (5...maxBytes).contains(bytes.count), bytes.first == .less, bytes.last == .greater else {
            return false
        }
        let inside = bytes.dropFirst().dropLast()
        guard let at = inside.firstIndex(of: .at) else { return false }
        let right = inside[inside.index(after: at)...]
        return isDotAtom(inside[..<at]) && (isDotAtom(right) || isLiteral(right))
    }

    /// Makes one; nil when the parts do not fit the grammar.
    ///
    /// - Parameter unique: the message's id, unique for ever: there is no randomness here.
    package static func make(unique: String, domain: String) -> String? {
        let text = "<\(unique)@\(domain)>"
        return isValid(text) ? text : nil
    }

    private static func isDotAtom(_ bytes: Substring.UTF8View) -> Bool {
        var previous = UInt8.dot
        for byte in bytes {
            guard byte == .dot ? previous != .dot : byte.isAtomText && byte < 0x80 else { return false }
            previous = byte
        }
        return previous != .dot
    }

    private static func isLiteral(_ bytes: Substring.UTF8View) -> Bool {
        bytes.count > 2 && bytes.first == .openBracket && bytes.last == .closeBracket
            && bytes.dropFirst().dropLast().allSatisfy { $0.isLetterOrDigit || $0 == .dot || $0 == .colon }
    }
}
