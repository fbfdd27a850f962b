/// Matches names of destinations: `*` all, `*.example.com` that name and everything below it, else the name
/// itself. Case of ASCII letters does not count.
///
/// A set of MX hosts is named `(a|b).example.com` when they have a parent in common, else
/// `a.example|b.example`: the pattern is tried on the name of the set and on each host.
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
        if matches(part: name) { return true }
        guard name.utf8.contains(UInt8(ascii: "|")) else { return false }
        return Self.hosts(of: name).contains { matches(part: $0) }
    }

    private func matches(part name: String) -> Bool {
        guard folded.hasPrefix("*.") else { return name == folded }
        return name.hasSuffix(folded.dropFirst()) || name == folded.dropFirst(2)
    }

    /// The hosts of a named set.
    private static func hosts(of set: String) -> [String] {
        guard set.hasPrefix("("), let end = set.firstIndex(of: ")") else {
            return set.split(separator: "|").map(String.init)
        }
        let parent = String(set[set.index(after: end)...])
        let fronts = set[..<end].dropFirst().split(separator: "|", omittingEmptySubsequences: false)
        return fronts.map { $0.isEmpty ? String(parent.dropFirst()) : String($0) + parent }
    }
}
