import Crypto
import FoundationEssentials

/// A customer of the service. No string converts into it silently: it is parsed where it comes in, once.
package struct TenantID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let uuid: UUID

    /// Stands for "not known" where a node tells of damage; no tenant has it.
    package static let unknown = TenantID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))

    package init(_ uuid: UUID) { self.uuid = uuid }

    /// Returns nil unless `text` is a UUID in its canonical form, in either case.
    package init?(text: String) {
        // The length is checked because a text may go on behind a NUL, where the parser stops.
        guard text.utf8.count == 36, let uuid = UUID(uuidString: text) else { return nil }
        self.uuid = uuid
    }

    /// Lower-case canonical form, as in every URL and log line.
    package var description: String { uuid.text }

    /// The last byte: tenants are kept in so many chunks of each kind.
    var bucket: UInt8 { uuid.uuid.15 }

    /// Its two digits, `00` to `ff`, as the names of chunks have them.
    static func text(ofBucket bucket: UInt8) -> String { Hex.encode([bucket]) }

    package init(from decoder: any Decoder) throws {
        uuid = try decoder.singleValueContainer().decode(UUID.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A UUIDv7 (RFC 9562 §5.7) whose 16 bits after the variant are the number of the node that accepted the
/// message, so whoever holds an id knows which node holds the entry.
///
/// Layout: 48 bits of milliseconds, version 7, 12 random bits, the variant, 16 bits of node number, 46 random
/// bits.
package struct MessageID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes the id of a message accepted by `node` at `milliseconds` since 1970.
    ///
    /// - Parameter random: 58 bits are used: 12 for the order within a millisecond, 46 behind the node
    ///   number.
    package init(milliseconds: UInt64, node: UInt16, random: (UInt64, UInt64)) {
        high = (milliseconds << 16) | 0x7000 | (random.0 & 0x0FFF)
        low = (0b10 << 62) | (UInt64(node) << 46) | (random.1 & ((1 << 46) - 1))
    }

    /// Parses the canonical form of a UUID, or 32 hexadecimal digits, alone or behind `spl_` (the form of the
    /// ingestion API); in either case.
    package init?(text: String) {
        var digits = Array(text.utf8)[...]
        if digits.starts(with: "spl_".utf8) {
            digits = digits.dropFirst(4)
        } else if digits.count == 36 {
            let hyphens = [8, 13, 18, 23]
            guard hyphens.allSatisfy({ digits[$0] == UInt8(ascii: "-") }) else { return nil }
            digits = digits.enumerated().filter { !hyphens.contains($0.offset) }.map(\.element)[...]
        }
        var words: (UInt64, UInt64) = (0, 0)
        var count = 0
        for byte in digits {
            let nibble: UInt64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = UInt64(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): nibble = UInt64(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
            guard count < 32 else { return nil }
            if count < 16 { words.0 = words.0 << 4 | nibble } else { words.1 = words.1 << 4 | nibble }
            count += 1
        }
        guard count == 32 else { return nil }
        (high, low) = words
    }

    /// The number of the node that accepted the message.
    package var node: UInt16 { UInt16(truncatingIfNeeded: low >> 46) }

    /// When the message was accepted, in milliseconds since 1970.
    package var milliseconds: UInt64 { high >> 16 }

    /// 32 hexadecimal digits without hyphens.
    package var hexadecimal: String { text(withHyphens: false) }

    /// Lower-case canonical form of a UUID.
    package var description: String {
        text(withHyphens: true)
    }

    fileprivate func text(withHyphens: Bool) -> String {
        String(unsafeUninitializedCapacity: 36) {
            write(to: UnsafeMutableRawBufferPointer($0), withHyphens: withHyphens)
        }
    }

    /// Puts the digits behind `bytes`, as `hexadecimal` and `description` have them.
    func appendText(to bytes: inout [UInt8], withHyphens: Bool) {
        bytes.append(addingCapacity: 36) { output in
            output.withUnsafeMutableBufferPointer { text, count in
                count = write(to: UnsafeMutableRawBufferPointer(text), withHyphens: withHyphens)
            }
        }
    }

    /// - Parameter output: 36 bytes.
    /// - Returns: how many of them were written.
    private func write(to output: UnsafeMutableRawBufferPointer, withHyphens: Bool) -> Int {
        /// Eight digits; or their first or last four.
        func put(_ digits: UInt64, at place: Int) {
            output.storeBytes(of: digits.bigEndian, toByteOffset: place, as: UInt64.self)
        }
        func put(half digits: UInt64, at place: Int) {
            output.storeBytes(
                of: UInt32(truncatingIfNeeded: digits).bigEndian, toByteOffset: place, as: UInt32.self)
        }
        let second = Hex.digits(of: UInt32(truncatingIfNeeded: high))
        let third = Hex.digits(of: UInt32(truncatingIfNeeded: low >> 32))
        put(Hex.digits(of: UInt32(truncatingIfNeeded: high >> 32)), at: 0)
        put(Hex.digits(of: UInt32(truncatingIfNeeded: low)), at: withHyphens ? 28 : 24)
        guard withHyphens else {
            put(second, at: 8)
            put(third, at: 16)
            return 32
        }
        put(half: second >> 32, at: 9)
        put(half: second, at: 14)
        put(half: third >> 32, at: 19)
        put(half: third, at: 24)
        for place in stride(from: 8, through: 23, by: 5) { output[place] = UInt8(ascii: "-") }
        return 36
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// What tables use in place of `hash(into:)` where a type has it: some twenty look-ups by id are on the
    /// road of a message, and the general hash is most of each. Against chosen keys it need not defend: an id
    /// that comes into a table has 58 bits that its node drew.
    package func _rawHashValue(seed: Int) -> Int {
        var mixed = high &* 0x9E37_79B9_7F4A_7C15 ^ low ^ UInt64(truncatingIfNeeded: seed)
        mixed = (mixed ^ mixed >> 32) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed ^ mixed >> 32)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = try MessageID(text: container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a message id")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension MessageID {
    /// 16 bytes, the most significant first.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
    }

    /// - Parameter bytes: 16, the most significant first.
    package init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 16 else { return nil }
        func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(bytes.prefix(8)), low: word(bytes.suffix(8)))
    }
}

extension TenantID {
    /// The 16 bytes of the UUID.
    package var bytes: [UInt8] { withUnsafeBytes(of: uuid.uuid) { Array($0) } }

    /// - Parameter bytes: 16.
    package init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(UUID(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) }))
    }
}

extension UUID {
    /// Lower-case canonical form, as everything here writes it.
    package var text: String { digits.text(withHyphens: true) }

    /// Puts that form behind `bytes`.
    func appendText(to bytes: inout [UInt8]) { digits.appendText(to: &bytes, withHyphens: true) }

    /// The same 128 bits.
    private var digits: MessageID {
        let words = withUnsafeBytes(of: uuid) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        return MessageID(high: words.0, low: words.1)
    }
}
