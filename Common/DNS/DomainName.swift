/// A DNS name in canonical form: lower case, no compression, RFC 1035 §3.1.
///
/// Equality, hashing and wire encoding all work on the same bytes, so a name that was read from the network
/// and one that came from a setting compare as DNS compares them. Names from text are held to the characters
/// of host names plus `_` (RFC 8552); names from the wire may hold any byte and print with `\.` and `\DDD`
/// escapes (RFC 1035 §5.1). Internationalised names arrive here as A-labels.
///
/// Limits: 63 bytes a label, 255 bytes a name on the wire.
package struct DomainName: Hashable, Sendable {
    package static let maxLabelBytes = 63
    package static let maxWireBytes = 255
    package static let root = DomainName(canonical: [0])

    /// Length-prefixed labels with the closing zero byte.
    package let wire: [UInt8]

    /// The caller has checked the label lengths, the total length and the case.
    init(canonical wire: [UInt8]) {
        self.wire = wire
    }

    /// Reads `mail.example.com`, with or without the closing dot; `.` is the root.
    /// Nil when a label is empty, too long, or holds anything but letters, digits, `-` and `_`.
    package init?(_ text: String) {
        var text = Array(text.utf8)
        if text == [UInt8(ascii: ".")] {
            self = .root
            return
        }
        if text.last == UInt8(ascii: ".") { text.removeLast() }
        guard !text.isEmpty, text.count <= Self.maxWireBytes - 2 else { return nil }
        var wire: [UInt8] = []
        wire.reserveCapacity(text.count + 2)
        for label in text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard !label.isEmpty, label.count <= Self.maxLabelBytes else { return nil }
            wire.append(UInt8(label.count))
            for byte in label {
                guard Self.isNameByte(byte) else { return nil }
                wire.append(Self.lowercased(byte))
            }
        }
        wire.append(0)
        guard wire.count <= Self.maxWireBytes else { return nil }
        self.wire = wire
    }

    package var isRoot: Bool { wire.count == 1 }

    /// The labels from left to right, as bytes; empty for the root.
    package var labels: [ArraySlice<UInt8>] {
        var labels: [ArraySlice<UInt8>] = []
        var start = 0
        while start < wire.count, wire[start] > 0 {
            let end = start + 1 + Int(wire[start])
            labels.append(wire[start + 1..<end])
            start = end
        }
        return labels
    }

    /// The name without its first label; nil for the root.
    package var parent: DomainName? {
        guard !isRoot else { return nil }
        return DomainName(canonical: Array(wire[(1 + Int(wire[0]))...]))
    }

    /// Whether this name is `ancestor` or lies below it.
    package func isWithin(_ ancestor: DomainName) -> Bool {
        var start = 0
        while wire.count - start > ancestor.wire.count { start += 1 + Int(wire[start]) }
        return wire[start...].elementsEqual(ancestor.wire)
    }

    /// This name with labels in front: `name.under("_25._tcp")`. Nil when the result is not a valid name.
    package func under(_ labels: String) -> DomainName? {
        guard let front = DomainName(labels), !front.isRoot else { return nil }
        let joined = front.wire.dropLast() + wire
        return joined.count <= Self.maxWireBytes ? DomainName(canonical: Array(joined)) : nil
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension DomainName: CustomStringConvertible {
    /// The text without a closing dot; `.` for the root.
    package var description: String {
        guard !isRoot else { return "." }
        var text: [UInt8] = []
        text.reserveCapacity(wire.count)
        for label in labels {
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            for byte in label { Self.escape(byte, into: &text) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func escape(_ byte: UInt8, into text: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"):
            text.append(UInt8(ascii: "\\"))
            text.append(byte)
        case 0x21...0x7E:
            text.append(byte)
        default:
            let zero = UInt8(ascii: "0")
            text += [UInt8(ascii: "\\"), zero + byte / 100, zero + byte / 10 % 10, zero + byte % 10]
        }
    }
}
