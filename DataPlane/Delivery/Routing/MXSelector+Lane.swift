import DNS
import MailFormat
import SMTPWire

/// In which lane a domain's mail belongs, and for how long that is known.
package struct LaneName: Hashable, Sendable {
    /// The name of the set of its hosts.
    package let name: String
    /// Of the answer of the DNS, its own or one that is given to failures.
    package let ttlSeconds: UInt32
    /// The DNS could not say: what was known before is better than this.
    package let isTransient: Bool

    package init(name: String, ttlSeconds: UInt32, isTransient: Bool) {
        self.name = name
        self.ttlSeconds = ttlSeconds
        self.isTransient = isTransient
    }
}

extension MXSelector {
    private static let failureSeconds: UInt32 = 300
    private static let transientSeconds: UInt32 = 30

    /// The lane of a domain without a fixed route. A domain whose mail goes nowhere has a lane of its own
    /// name: the attempt that is made there finds out why and says so.
    package func laneName(of domain: String) async -> LaneName {
        if domain.utf8.first != UInt8(ascii: "["), let ascii = try? MailFormat.DomainName.ascii(domain),
            let name = DNS.DomainName(ascii)
        {
            do {
                let answer = try await lookup.mx(name)
                let hosts = answer.hosts.map(\.name.description)
                let set = hosts.isEmpty ? domain : MailHostSet.name(hosts)
                return LaneName(name: set, ttlSeconds: answer.ttlSeconds, isTransient: false)
            } catch {
                let seconds = error.isTransient ? Self.transientSeconds : Self.failureSeconds
                return LaneName(name: domain, ttlSeconds: seconds, isTransient: error.isTransient)
            }
        }
        return LaneName(name: domain, ttlSeconds: Self.failureSeconds, isTransient: false)
    }
}
