/// Names a set of mail hosts: domains with the same set share a lane, its connections and its limits.
package enum MailHostSet {
    /// `mx.example.com` for one host, `(alt1|alt2).mx.example.com` for several below one name, else
    /// `a.example|b.example`. The order of the hosts does not matter; the same set gives the same name.
    package static func name(_ hosts: [String]) -> String {
        let names = Set(hosts.map { $0.lowercased() }).sorted()
        guard let first = names.first, names.count > 1 else { return names.first ?? "" }
        let labels = names.map { $0.split(separator: ".", omittingEmptySubsequences: false) }
        var common = labels[0].count
        for other in labels {
            let same = zip(labels[0].reversed(), other.reversed()).prefix { $0 == $1 }.count
            common = min(common, same)
        }
        guard common >= 2 else { return names.joined(separator: "|") }
        let suffix = first.split(separator: ".", omittingEmptySubsequences: false).suffix(common).joined(
            separator: ".")
        let fronts = labels.map { $0.dropLast(common).joined(separator: ".") }
        return "(\(fronts.joined(separator: "|"))).\(suffix)"
    }
}
