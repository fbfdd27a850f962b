/// Matches names of destinations: `*` all, `*.example.com` that name and everything below it, else the name
/// itself. Case of ASCII letters does not count.
///
/// A set of MX hosts without a common parent is named `a.example|b.example`: the pattern is tried on each.
package struct DestinationPattern: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    private let folded: String

    package init(_ text: String) {
        self.text = text
        folded = text.lowercased()
    }

    package var description: String { text }

    package func matches(_ destination: String) -> Bool {
        if folded == "*" { return true }
        let name = destination.lowercased()
        if matches(part: name[...]) { return true }
        guard !name.hasPrefix("("), name.contains("|") else { return false }
        return name.split(separator: "|").contains { matches(part: $0) }
    }

    private func matches(part name: Substring) -> Bool {
        guard folded.hasPrefix("*.") else { return name == folded }
        return name.hasSuffix(folded.dropFirst()) || name == folded.dropFirst(2)
    }
}
