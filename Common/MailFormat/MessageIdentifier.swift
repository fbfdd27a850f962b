/// `<left@right>`: what stands in Message-ID, In-Reply-To and References (RFC 5322 §3.6.4).
package enum MessageIdentifier {
    package static let maxBytes = 250

    /// Whether the text is one identifier with its angle brackets, ASCII and nothing around it.
    package static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= maxBytes, bytes.first == .less, bytes.last == .greater, bytes.count >= 5 else {
            return false
        }
        let sides = bytes.dropFirst().dropLast().split(separator: .at, omittingEmptySubsequences: false)
        guard sides.count == 2, isDotAtom(sides[0]) else { return false }
        return isDotAtom(sides[1]) || isLiteral(sides[1])
    }

    /// Makes one; nil when the parts do not fit the grammar.
    ///
    /// - Parameter unique: the message's id, unique for ever: there is no randomness here.
    package static func make(unique: String, domain: String) -> String? {
        let text = "<\(unique)@\(domain)>"
        return isValid(text) ? text : nil
    }

    private static func isDotAtom(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.split(separator: .dot, omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.allSatisfy { $0.isAtomText && $0 < 0x80 }
        }
    }

    private static func isLiteral(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count > 2 && bytes.first == .openBracket && bytes.last == .closeBracket
            && bytes.dropFirst().dropLast().allSatisfy { $0.isLetterOrDigit || $0 == .dot || $0 == .colon }
    }
}
