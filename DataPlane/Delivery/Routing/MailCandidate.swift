import EventLoop

/// One address at which a mail host may be reached.
package struct MailCandidate: Hashable, Sendable, CustomStringConvertible {
    /// The host's name, for TLS and for people; an address literal without its brackets.
    package let name: String
    package let address: SocketAddress
    package let preference: UInt16

    package init(name: String, address: SocketAddress, preference: UInt16 = 0) {
        self.name = name
        self.address = address
        self.preference = preference
    }

    package var description: String { "\(name)[\(address.ip)]:\(address.port)" }
}
