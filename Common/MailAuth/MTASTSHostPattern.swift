/// A name of a mail host, or `*.` and a name: the wildcard stands for exactly one label, RFC 8461 §4.1.
package struct MTASTSHostPattern: Hashable, Sendable, CustomStringConvertible {
    private static let maxNameBytes = 253
    private static let maxLabelBytes = 63

    /// In lower case, with the wildcard.
    package let description: String

    /// Nil when it is neither. Internationalised names have to be A-labels.
    package init?(_ text: String) {
        let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        guard !name.isEmpty, name.utf8.count <= Self.maxNameBytes,
            name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .allSatisfy(Self.isLabel)
        else { return nil }
        description = text.lowercased()
    }

    /// - Parameter host: in any case, with or without a closing dot.
    package func matches(_ host: String) -> Bool {
        var name = host.lowercased()[...]
        if name.hasSuffix(".") { name = name.dropLast() }
        guard description.hasPrefix("*.") else { return name == description }
        guard let dot = name.firstIndex(of: "."), dot > name.startIndex else { return false }
        return name[dot...] == description.dropFirst()
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        guard let first = label.first, let last = label.last, label.count <= maxLabelBytes else {
            return false
        }
        return ASCIIText.isAlphanumeric(first) && ASCIIText.isAlphanumeric(last)
            && label.allSatisfy { ASCIIText.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
}
