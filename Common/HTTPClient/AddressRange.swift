import EventLoop

/// A block of IP addresses, at one port or all of them.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    let bytes: [UInt8]
    let prefixBits: Int
    /// Nil for every port.
    package let port: UInt16?

    /// Reads `10.0.0.0/8`, `10.0.0.1`, `10.0.0.1:8080`, `fd00::/8`, `[fd00::]/8:8080`.
    /// Nil when the address, the prefix length or the port is none.
    package init?(_ text: String) {
        let (host, rest) = Self.split(text)
        var (prefix, portText): (Substring?, Substring?) = (nil, nil)
        let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if let first = parts.first, first.hasPrefix("/") { prefix = first.dropFirst() }
        if parts.count == 2 { portText = parts[1] }
        guard prefix != nil || parts.first?.isEmpty ?? true else { return nil }
        guard let address = SocketAddress(ip: String(host), port: 0) else { return nil }
        bytes = address.addressBytes
        if let prefix {
            guard let bits = Int(prefix), (0...bytes.count * 8).contains(bits) else { return nil }
            prefixBits = bits
        } else {
            prefixBits = bytes.count * 8
        }
        if let portText {
            guard let number = UInt16(portText), number > 0 else { return nil }
            port = number
        } else {
            port = nil
        }
    }

    /// For the tables of this module, which are checked by a test.
    init(_ bytes: [UInt8], _ prefixBits: Int, of width: Int) {
        self.bytes = bytes + [UInt8](repeating: 0, count: width - bytes.count)
        self.prefixBits = prefixBits
        port = nil
    }

    package func contains(_ address: SocketAddress) -> Bool {
        (port == nil || port == address.port) && contains(address.addressBytes)
    }

    func contains(_ other: [UInt8]) -> Bool {
        guard other.count == bytes.count else { return false }
        let whole = prefixBits / 8
        guard bytes[..<whole] == other[..<whole] else { return false }
        let rest = prefixBits % 8
        return rest == 0 || (bytes[whole] ^ other[whole]) >> UInt8(8 - rest) == 0
    }

    package var description: String {
        let address = SocketAddress(addressBytes: bytes)?.ip ?? "?"
        let host = bytes.count == 4 || port == nil ? address : "[\(address)]"
        return "\(host)/\(prefixBits)" + (port.map { ":\($0)" } ?? "")
    }

    /// The host without brackets, and what follows it: a prefix, a port, or both.
    private static func split(_ text: String) -> (host: Substring, rest: Substring) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return (text.dropFirst()[..<end], text[text.index(after: end)...])
        }
        let isIPv4 = text.prefix { $0 != ":" && $0 != "/" }.contains(".")
        let end = text.firstIndex { $0 == "/" || isIPv4 && $0 == ":" } ?? text.endIndex
        return (text[..<end], text[end...])
    }
}

extension SocketAddress {
    /// 4 or 16 bytes in network order; none for a path.
    var addressBytes: [UInt8] {
        switch self {
        case .ipv4(let address, _): (0..<4).map { UInt8(truncatingIfNeeded: address >> (24 - 8 * $0)) }
        case .ipv6(let bytes, _): bytes
        case .unix: []
        }
    }

    init?(addressBytes bytes: some Collection<UInt8>, port: UInt16 = 0) {
        switch bytes.count {
        case 4: self = .ipv4(bytes.reduce(0) { $0 << 8 | UInt32($1) }, port: port)
        case 16: self = .ipv6(Array(bytes), port: port)
        default: return nil
        }
    }
}
