extension EgressGuard {
    private static func range4(_ bytes: [UInt8], _ prefixBits: Int) -> AddressRange {
        AddressRange(bytes, prefixBits, of: 4)
    }

    private static func range6(_ bytes: [UInt8], _ prefixBits: Int) -> AddressRange {
        AddressRange(bytes, prefixBits, of: 16)
    }

    /// IPv6 blocks whose last four bytes are an IPv4 address: mapped (RFC 4291 §2.5.5.2) and NAT64 (RFC 6052
    /// §2.1).
    static let embedding: [AddressRange] = [
        range6([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 96),
        range6([0, 0x64, 0xFF, 0x9B], 96),
    ]

    /// IPv4 that is not globally reachable: the registry of RFC 6890, and multicast.
    static let special4: [(AddressRange, String)] = [
        (range4([0], 8), "this network"),
        (range4([10], 8), "private network"),
        (range4([100, 64], 10), "shared address space"),
        (range4([127], 8), "loopback"),
        (range4([169, 254], 16), "link-local"),
        (range4([172, 16], 12), "private network"),
        (range4([192, 0, 0], 24), "protocol assignments"),
        (range4([192, 0, 2], 24), "documentation"),
        (range4([192, 88, 99], 24), "6to4 relay"),
        (range4([192, 168], 16), "private network"),
        (range4([198, 18], 15), "benchmarking"),
        (range4([198, 51, 100], 24), "documentation"),
        (range4([203, 0, 113], 24), "documentation"),
        (range4([224], 4), "multicast"),
        (range4([240], 4), "reserved"),
    ]

    /// IPv6 that is not globally reachable. `::/8` holds the unspecified address, loopback and
    /// IPv4-compatible ones; `2001::/23` Teredo, ORCHID and other protocol assignments.
    static let special6: [(AddressRange, String)] = [
        (range6([0, 0x64, 0xFF, 0x9B, 0, 1], 48), "local-use NAT64"),
        (range6([0], 8), "reserved"),
        (range6([1, 0], 64), "discard-only"),
        (range6([0x20, 0x01, 0, 0], 23), "protocol assignments"),
        (range6([0x20, 0x01, 0x0D, 0xB8], 32), "documentation"),
        (range6([0x20, 0x02], 16), "6to4"),
        (range6([0x3F, 0xFF], 20), "documentation"),
        (range6([0x5F, 0], 16), "segment routing"),
        (range6([0xFC], 7), "private network"),
        (range6([0xFE, 0x80], 10), "link-local"),
        (range6([0xFE, 0xC0], 10), "site-local"),
        (range6([0xFF], 8), "multicast"),
    ]
}
