import NodeProtocol

/// What counts as one client: an IPv4 address, or the /64 of an IPv6 address, because its holder has all of
/// it.
struct ClientNetwork: Hashable, Sendable {
    private let bytes: [UInt8]

    init(_ ip: String) {
        // What is no address, such as a socket of this host, counts by its name.
        let address = IPNetwork.bytes(of: ip) ?? Array(ip.utf8.prefix(15))
        bytes = Array(address.count == 16 ? address.prefix(8) : address[...])
    }
}
