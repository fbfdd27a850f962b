/// Names under which anybody may register: nobody owns `co.uk`, and who owns `github.io` does not own what is
/// below it. Read from the list of publicsuffix.org, which Debian keeps in the package `publicsuffix`.
///
/// Without a list no name is a public suffix.
package struct PublicSuffixes: Sendable {
    package enum Section: Sendable, Equatable {
        /// Delegated by a registry: nobody can claim it.
        case registry
        /// Opened to the public by its owner, who may claim it, but speaks for no name below it.
        case `private`
    }

    private var rules: [String: Section] = [:]
    /// What stands behind `*.`: any one label below these is a suffix.
    private var wildcards: [String: Section] = [:]
    private var exceptions: Set<String> = []

    /// - Parameter text: one rule a line, as publicsuffix.org/list says; U-labels are turned into A-labels by
    ///   `ascii`, which gives nil for what is no name.
    package init(_ text: String = "", ascii: (String) -> String? = { $0 }) {
        var section = Section.registry
        for line in text.split(whereSeparator: \.isNewline) {
            if line.contains("===BEGIN PRIVATE DOMAINS===") { section = .private }
            guard !line.hasPrefix("//"), let rule = line.split(whereSeparator: \.isWhitespace).first else {
                continue
            }
            if rule.hasPrefix("!") {
                if let name = ascii(String(rule.dropFirst())) { exceptions.insert(name) }
            } else if rule.hasPrefix("*.") {
                if let name = ascii(String(rule.dropFirst(2))) { wildcards[name] = section }
            } else if let name = ascii(String(rule)) {
                rules[name] = section
            }
        }
    }

    package var isEmpty: Bool { rules.isEmpty }

    /// What kind of public suffix a name is; nil for one that can have an owner.
    ///
    /// - Parameter name: A-labels in lower case, without the final dot.
    package func section(of name: String) -> Section? {
        if exceptions.contains(name) { return nil }
        if let section = rules[name] { return section }
        guard let dot = name.firstIndex(of: ".") else { return isEmpty ? nil : .registry }
        return wildcards[String(name[name.index(after: dot)...])]
    }
}
