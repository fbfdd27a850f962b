/// `<left@right>`: what stands in Message-ID, In-Reply-To and References (RFC 5322 §3.6.4).
package enum MessageIdentifier {
    package static let maxBytes = 250

    /// Whether the text is one identifier with its angle brackets, ASCII and nothing around it.
    package static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { isValid($0) }
    }

    private static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard (5...maxBytes).contains(bytes.count), bytes.first == .less, bytes.last == .greater else {
            return false
        }
        let inside = bytes[1..<bytes.count - 1]
        guard let at = inside.firstIndex(of: .at) else { return false }
        let right = inside[(at + 1)...]
        return isDotAtom(inside[..<at]) && (isDotAtom(right) || isLiteral(right))
    }

    /// Makes one; nil when the parts do not fit the grammar.
    ///
    /// - Parameter unique: the message's id, unique for ever: there is no randomness here.
    package static func make(unique: String, domain: String) -> String? {
        let text = "<\(unique)@\(domain)>"
        return isValid(text) ? text : nil
    }

    private static func isDotAtom(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var previous = UInt8.dot
        for byte in bytes {
            guard byte == .dot ? previous != .dot : byte.isAtomText && byte < 0x80 else { return false }
            previous = byte
        }
        return previous != .dot
    }

    private static func isLiteral(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        bytes.count > 2 && bytes.first == .openBracket && bytes.last == .closeBracket
            && bytes.dropFirst().dropLast().allSatisfy { $0.isLetterOrDigit || $0 == .dot || $0 == .colon }
    }
}
