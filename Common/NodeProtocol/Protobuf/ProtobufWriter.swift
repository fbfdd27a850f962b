/// Lays out fields in the wire format of Protocol Buffers (varint and length-delimited fields alone), which
/// is compact, quick to write and lets a later version add fields that an earlier one skips.
///
/// An absent field is not written; zero and the empty string are. Field numbers are 1 to 15 in what is
/// written often, so that each costs one byte.
package struct ProtobufWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacityBytes: Int = 256) { bytes.reserveCapacity(capacityBytes) }

    package mutating func put(_ field: Int, _ text: String) {
        key(field, 2)
        varint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func put(_ field: Int, _ value: [UInt8]) {
        key(field, 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Two's complement, as `int64`.
    package mutating func put(_ field: Int, _ value: some FixedWidthInteger) {
        key(field, 0)
        varint(UInt64(truncatingIfNeeded: value))
    }

    package mutating func put(_ field: Int, _ value: Bool) { put(field, value ? 1 : 0) }

    package mutating func put(_ field: Int, _ text: String?) {
        if let text { put(field, text) }
    }

    package mutating func put(_ field: Int, _ value: (some FixedWidthInteger)?) {
        if let value { put(field, value) }
    }

    package mutating func put(_ field: Int, repeated texts: [String]) {
        for text in texts { put(field, text) }
    }

    /// 16 bytes, big endian.
    package mutating func put(_ field: Int, _ id: MessageID) {
        key(field, 2)
        bytes.append(16)
        for word in [id.high, id.low] { append(word) }
    }

    package mutating func put(_ field: Int, _ id: TenantID) { put(field, id.uuid) }

    /// A message inside this one.
    package mutating func put(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        key(field, 2)
        let start = bytes.count
        bytes.append(0)
        body(&self)
        var length = UInt64(bytes.count - start - 1)
        guard length >= 0x80 else { return bytes[start] = UInt8(length) }
        var prefix: [UInt8] = []
        while length >= 0x80 {
            prefix.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        prefix.append(UInt8(length))
        bytes.replaceSubrange(start...start, with: prefix)
    }

    private mutating func key(_ field: Int, _ type: UInt64) { varint(UInt64(field) << 3 | type) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func append(_ word: UInt64) {
        withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
