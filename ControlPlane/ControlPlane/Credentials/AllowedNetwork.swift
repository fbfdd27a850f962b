import EventLoop

/// A network in CIDR notation, from which a key may be used. A single address is a network of one.
struct AllowedNetwork: Sendable, Equatable, CustomStringConvertible {
    /// 4 or 16 bytes; those behind the prefix are zero.
    private let bytes: [UInt8]
    private let prefixBits: Int

    /// Reads `10.0.0.0/8`, `2001:db8::/32` or an address; bits behind the prefix are dropped. Nil when it is
    /// none.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = SocketAddress(ip: String(first), port: 0),
            let bytes = Self.bytes(of: address)
        else { return nil }
        var bits = bytes.count * 8
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let given = Int(parts[1]),
                given <= bits
            else { return nil }
            bits = given
        }
        prefixBits = bits
        self.bytes = Self.masked(bytes, bits)
    }

    func contains(_ address: SocketAddress) -> Bool {
        guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
        return Self.masked(other, prefixBits) == bytes
    }

    /// As PostgreSQL's `cidr` reads it.
    var description: String {
        let address: SocketAddress =
            bytes.count == 4
            ? .ipv4(bytes.reduce(0) { $0 << 8 | UInt32($1) }, port: 0) : .ipv6(bytes, port: 0)
        return "\(address.ip)/\(prefixBits)"
    }

    private static func masked(_ bytes: [UInt8], _ bits: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            byte & UInt8(truncatingIfNeeded: 0xFF00 >> min(8, max(0, bits - index * 8)))
        }
    }

    /// An IPv4 address inside IPv6 counts as IPv4, as a listener on both families sees it.
    private static func bytes(of address: SocketAddress) -> [UInt8]? {
        switch address {
        case .ipv4(let number, _):
            return (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
        case .ipv6(let bytes, _):
            let isMapped = bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
            return isMapped ? Array(bytes.suffix(4)) : bytes
        case .unix: return nil
        }
    }
}
