import Glibc

/// The address of a client. One that maps IPv4 into IPv6 counts as IPv4 (RFC 7208 §5).
package struct SPFAddress: Hashable, Sendable {
    /// 4 or 16, in network order.
    package let bytes: [UInt8]

    package var isIPv6: Bool { bytes.count == 16 }

    /// - Parameter bytes: 4 or 16; nil for any other number.
    package init?(bytes: [UInt8]) {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16: self.bytes = bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// From its usual text.
    package init?(_ text: String) {
        guard
            let bytes = Self.parse(text, family: AF_INET, count: 4)
                ?? Self.parse(text, family: AF_INET6, count: 16)
        else { return nil }
        self.init(bytes: bytes)
    }

    static func parse(_ text: String, family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }

    /// As people write it: `%{c}`.
    package var description: String {
        var buffer = [CChar](repeating: 0, count: 64)
        guard inet_ntop(isIPv6 ? AF_INET6 : AF_INET, bytes, &buffer, 64) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Divided by dots, IPv6 by nibble: `%{i}`.
    var dotted: String {
        if !isIPv6 { return bytes.map { String($0) }.joined(separator: ".") }
        return bytes.flatMap { [String($0 >> 4, radix: 16), String($0 & 0xF, radix: 16)] }
            .joined(separator: ".")
    }

    /// Whether the first `length` bits are those of `network`, which is of the same family.
    func isWithin(_ network: [UInt8], prefixLength length: Int) -> Bool {
        guard network.count == bytes.count, (0...bytes.count * 8).contains(length) else { return false }
        let whole = length / 8
        guard bytes.prefix(whole) == network.prefix(whole) else { return false }
        let rest = length % 8
        guard rest > 0, let mine = bytes.dropFirst(whole).first, let theirs = network.dropFirst(whole).first
        else { return true }
        return (mine ^ theirs) >> UInt8(8 - rest) == 0
    }
}
