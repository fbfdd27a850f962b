import EventLoop

/// Decides whether this service may connect to an address: the one rule for webhooks, fetches of settings,
/// mail hosts and name servers (design 12.4: no server-side fetch reaches a private address).
///
/// It judges resolved addresses, never names, and `HTTPClient` applies it to the very address that a socket
/// is opened for, so a name that changes between a check and its use changes nothing. Everything that is not
/// globally reachable is refused (the registries of IANA behind RFC 6890). IPv4 inside IPv6 (mapped, and
/// NAT64 of RFC 6052) is judged as IPv4. What it cannot read it refuses.
///
/// Order: `blocking` wins over `allowing`, which wins over the built-in list. An allowed range without a port
/// still obeys `blockedPorts`; one with a port is allowed as it stands.
package struct EgressGuard: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
        case allowed
        /// The kind of address, for people. It names no address, so that it may be shown to whoever gave the
        /// name.
        case blocked(String)
    }

    /// The product's own listeners and its database, where those have public addresses.
    package var blocking: [AddressRange]
    /// Internal networks that an operator opens, and loopback in tests.
    package var allowing: [AddressRange]
    /// Mail is sent by the mail road alone.
    package var blockedPorts: Set<UInt16>
    /// Checks nothing at all; for fetches whose address an operator has written down.
    private var checksNothing = false

    package init(
        allowing: [AddressRange] = [], blocking: [AddressRange] = [],
        blockedPorts: Set<UInt16> = [25, 465, 587]
    ) {
        self.allowing = allowing
        self.blocking = blocking
        self.blockedPorts = blockedPorts
    }

    /// Lets every connection through: only for addresses out of the operator's own settings.
    package static let unrestricted = {
        var all = EgressGuard(blockedPorts: [])
        all.checksNothing = true
        return all
    }()

    /// Whether an address may be connected to at its port.
    package func judge(_ address: SocketAddress) -> Verdict {
        if checksNothing { return .allowed }
        if address.port == 0 { return .blocked("port 0") }
        let verdict = judge(ip: address)
        guard verdict == .allowed, blockedPorts.contains(address.port) else { return verdict }
        let opened = Self.readings(of: address).contains { reading in
            allowing.contains { $0.port != nil && $0.contains(reading) }
        }
        return opened ? .allowed : .blocked("port \(address.port)")
    }

    /// Whether an address may be connected to, whatever its port; that counts only for ranges that name one.
    package func judge(ip address: SocketAddress) -> Verdict {
        if checksNothing { return .allowed }
        let readings = Self.readings(of: address)
        for reading in readings where blocking.contains(where: { $0.contains(reading) }) {
            return .blocked("blocked by the operator")
        }
        for reading in readings where allowing.contains(where: { $0.contains(reading) }) { return .allowed }
        guard let last = readings.last else { return .blocked("not an IP address") }
        let bytes = last.addressBytes
        for (range, kind) in bytes.count == 4 ? Self.special4 : Self.special6 where range.contains(bytes) {
            return .blocked(kind)
        }
        return .allowed
    }

    /// The address, and the IPv4 address inside it when it holds one.
    private static func readings(of address: SocketAddress) -> [SocketAddress] {
        let bytes = address.addressBytes
        guard bytes.count == 4 || bytes.count == 16 else { return [] }
        guard embedding.contains(where: { $0.contains(bytes) }),
            let inner = SocketAddress(addressBytes: bytes.suffix(4), port: address.port)
        else { return [address] }
        return [address, inner]
    }
}
