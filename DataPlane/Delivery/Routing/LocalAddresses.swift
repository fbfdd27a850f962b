import EventLoop

/// The addresses that mail leaves from, one for each family; their ports are 0.
///
/// A host is tried from a family that has an address before any other. A host without an address of such a
/// family is tried all the same, from an address that the system chooses: mail that cannot leave as it should
/// is better than mail that cannot leave.
package struct LocalAddresses: Hashable, Sendable {
    package var ipv4: SocketAddress?
    package var ipv6: SocketAddress?

    package init(ipv4: SocketAddress? = nil, ipv6: SocketAddress? = nil) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    /// The system chooses.
    package static let any = LocalAddresses()

    /// From where to connect to `remote`; nil: the system chooses.
    package func address(towards remote: SocketAddress) -> SocketAddress? {
        switch remote {
        case .ipv4: ipv4
        case .ipv6: ipv6
        case .unix: nil
        }
    }

    /// Those of the candidates that can be reached from these addresses, or all when there is none.
    func reachable(_ candidates: [MailCandidate]) -> [MailCandidate] {
        guard self != .any else { return candidates }
        let own = candidates.filter { address(towards: $0.address) != nil }
        return own.isEmpty ? candidates : own
    }
}
