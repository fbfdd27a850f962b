import NodeProtocol

/// What is kept of a reader's address: the network, which tells a company or a provider and no person.
enum ReaderNetwork {
    /// The /24 of an IPv4 address or the /48 of an IPv6 one; nil for what is no address.
    static func text(of ip: String) -> String? {
        guard let bytes = IPNetwork.bytes(of: ip) else { return nil }
        guard bytes.count == 16 else {
            return bytes.prefix(3).map { String($0) }.joined(separator: ".") + ".0/24"
        }
        let groups = stride(from: 0, to: 6, by: 2).map { index in
            String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
        }
        return groups.joined(separator: ":") + "::/48"
    }
}
