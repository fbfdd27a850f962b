/// The DNS tree walk (RFC 9989 §4.10): which record holds for a domain, and which domain is its
/// organizational domain. Pure: the caller asks for `nextName` and gives the answer to `take`, until there is
/// no further name.
package struct DMARCTreeWalk: Sendable {
    /// A record and the domain below whose `_dmarc` it stands.
    package struct Found: Sendable, Equatable {
        package let domain: String
        package let record: DMARCRecord
    }

    /// What holds for mail from the domain.
    package struct Effective: Sendable, Equatable {
        package let found: Found
        /// After `sp`, `np` and `t` were looked at.
        package let policy: DMARCPolicy
        /// What the record says without `t=y`.
        package let statedPolicy: DMARCPolicy
        /// It is not the domain's own record.
        package let isInherited: Bool
    }

    /// §4.10: no walk asks more often.
    package static let maxQueries = 8
    /// What is left of a long name after the first question.
    private static let maxLabels = 7

    /// Without a dot at the end, in lower case.
    package let domain: String
    /// Domains that are still to be asked, the next first.
    private var left: [String]
    private var found: [Found] = []

    /// - Parameter domain: of the author's address, in ASCII.
    package init(_ domain: String) {
        let bare = domain.hasSuffix(".") ? String(domain.dropLast()) : domain
        self.domain = bare.lowercased()
        let labels = self.domain.split(separator: ".")
        var domains = [self.domain]
        // The first question is for the name as it is; a long one goes on with its last seven labels.
        var rest = labels.dropFirst()
        if rest.count > Self.maxLabels { rest = rest.suffix(Self.maxLabels) }
        while !rest.isEmpty {
            domains.append(rest.joined(separator: "."))
            rest = rest.dropFirst()
        }
        left = Array(domains.prefix(Self.maxQueries))
    }

    /// What to ask for TXT records next; nil when the walk is done.
    package var nextName: String? { left.first.map { "_dmarc.\($0)" } }

    /// Takes the TXT records of `nextName`, none when it has none.
    package mutating func take(_ texts: [String]) {
        guard let domain = left.first else { return }
        left.removeFirst()
        guard let record = DMARCRecord(among: texts) else { return }
        found.append(Found(domain: domain, record: record))
        // §4.10: a record that says what the domain is ends the walk.
        if record.publicSuffix != .unknown { left = [] }
    }

    /// §4.10.2, of what was taken so far.
    package var organizationalDomain: String {
        for entry in found {
            if entry.record.publicSuffix == .no { return entry.domain }
            if entry.record.publicSuffix == .yes, entry.domain != domain {
                let labels = domain.split(separator: ".")
                let count = entry.domain.split(separator: ".").count + 1
                return labels.suffix(count).joined(separator: ".")
            }
        }
        return found.last?.domain ?? domain
    }

    /// §4.10.1: the domain's own record, else that of its organizational domain, else that of the public
    /// suffix above it; nil when none of them has one.
    /// - Parameter exists: whether the domain has records of any kind.
    package func effective(exists: Bool) -> Effective? {
        if let own = found.first(where: { $0.domain == domain }) {
            return effective(own, stated: own.record.policy)
        }
        let above = organizationalDomain
        guard
            let entry = found.first(where: { $0.domain == above })
                ?? found.first(where: { $0.record.publicSuffix == .yes })
        else { return nil }
        let below = entry.record.subdomainPolicy ?? entry.record.policy
        return effective(entry, stated: exists ? below : entry.record.absentSubdomainPolicy ?? below)
    }

    private func effective(_ entry: Found, stated: DMARCPolicy) -> Effective {
        Effective(
            found: entry, policy: entry.record.isTesting ? stated.whileTesting : stated,
            statedPolicy: stated, isInherited: entry.domain != domain)
    }
}
