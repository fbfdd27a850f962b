import Glibc

/// A network in CIDR notation, IPv4 or IPv6. A single address is a network of one.
package struct IPNetwork: Sendable, Hashable {
    private let bytes: [UInt8]
    private let prefixBits: Int

    /// Parses `10.0.0.0/8`, `2001:db8::/32` or a bare address.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = Self.bytes(of: String(first)) else { return nil }
        let whole = bytes.count * 8
        let bits = parts.count == 2 ? Int(parts[1]) : whole
        guard parts.count == 1 || parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits,
            (0...whole).contains(bits)
        else { return nil }
        self.bytes = bytes
        prefixBits = bits
    }

    /// - Parameter address: 4 or 16 bytes, as `bytes(of:)` gives them.
    package func contains(_ address: [UInt8]) -> Bool {
        guard address.count == bytes.count else { return false }
        for index in bytes.indices {
            let bits = min(8, max(0, prefixBits - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            if (bytes[index] ^ address[index]) & mask != 0 { return false }
        }
        return true
    }

    /// The bytes of an address in network order; an IPv4 address inside IPv6 counts as IPv4. Nil when it is
    /// none.
    package static func bytes(of ip: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, ip, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        guard inet_pton(AF_INET6, ip, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        let mapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return mapped ? Array(bytes[12...]) : bytes
    }
}
