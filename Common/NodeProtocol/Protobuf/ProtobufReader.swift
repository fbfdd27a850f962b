/// Reads what `ProtobufWriter` wrote: one field after the other, in any order, unknown ones to be skipped by
/// the caller. Never traps; `isWhole` says afterwards whether the bytes were well formed to their end.
package struct ProtobufReader {
    package struct Field {
        package let number: Int
        fileprivate let varint: UInt64
        fileprivate let slice: ArraySlice<UInt8>

        package var text: String { String(decoding: slice, as: UTF8.self) }
        package var bytes: ArraySlice<UInt8> { slice }
        package var isTrue: Bool { varint != 0 }

        /// The number, cut to the range of its type.
        package func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) -> Integer {
            Integer.isSigned ? Integer(clamping: Int64(bitPattern: varint)) : Integer(clamping: varint)
        }

        /// Nil unless there are 16 bytes.
        package var messageID: MessageID? {
            guard slice.count == 16 else { return nil }
            let words = [slice.prefix(8), slice.suffix(8)].map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
            return MessageID(high: words[0], low: words[1])
        }

        /// Nil unless there are 16 bytes.
        package var tenantID: TenantID? { uuid.map { TenantID($0) } }
    }

    private var rest: ArraySlice<UInt8>
    /// Every byte belonged to a field.
    package private(set) var isWhole = true

    package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Nil at the end, and at the first byte that fits no field.
    package mutating func next() -> Field? {
        guard !rest.isEmpty else { return nil }
        guard let key = varint(), key >> 3 > 0, key >> 3 < 1 << 29 else { return fail() }
        switch key & 7 {
        case 0:
            guard let value = varint() else { return fail() }
            return Field(number: Int(key >> 3), varint: value, slice: [])
        case 2:
            guard let count = varint(), count <= UInt64(rest.count) else { return fail() }
            let slice = rest.prefix(Int(count))
            rest = rest.dropFirst(Int(count))
            return Field(number: Int(key >> 3), varint: 0, slice: slice)
        default: return fail()
        }
    }

    private mutating func fail() -> Field? {
        isWhole = false
        rest = []
        return nil
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
