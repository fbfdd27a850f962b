/// Lays out fields in the wire format of Protocol Buffers (varint and length-delimited fields alone), which
/// is compact, quick to write and lets a later version add fields that an earlier one skips.
///
/// An absent field is not written; zero and the empty string are. Field numbers are 1 to 15 in what is
/// written often, so that each costs one byte.
package struct ProtobufWriter {
    /// The most bytes that a number takes.
    private static let maxVarintBytes = 10

    package private(set) var bytes: [UInt8]

    package init(capacityBytes: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacityBytes)
    }

    /// Puts fields behind bytes that are there already.
    package static func write(behind bytes: inout [UInt8], _ body: (inout ProtobufWriter) -> Void) {
        var writer = ProtobufWriter(capacityBytes: 0)
        swap(&writer.bytes, &bytes)
        body(&writer)
        swap(&writer.bytes, &bytes)
    }

    package mutating func put(_ field: Int, _ text: String) {
        let isPut: Void? = text.utf8.withContiguousStorageIfAvailable { put(field, $0) }
        if isPut == nil { put(field, Array(text.utf8)) }
    }

    package mutating func put(_ field: Int, _ value: [UInt8]) {
        value.withUnsafeBufferPointer { put(field, $0) }
    }

    private mutating func put(_ field: Int, _ content: UnsafeBufferPointer<UInt8>) {
        bytes.append(addingCapacity: 2 * Self.maxVarintBytes + content.count) { output in
            output.append(key: field, .bytes)
            output.append(varint: UInt64(content.count))
            output.append(content)
        }
    }

    /// Two's complement, as `int64`.
    package mutating func put(_ field: Int, _ value: some FixedWidthInteger) {
        put(field, varint: UInt64(truncatingIfNeeded: value))
    }

    // Of the generic function's results, those that are asked for with each message.
    package mutating func put(_ field: Int, _ value: Int) {
        put(field, varint: UInt64(bitPattern: Int64(value)))
    }
    package mutating func put(_ field: Int, _ value: Int64) { put(field, varint: UInt64(bitPattern: value)) }

    private mutating func put(_ field: Int, varint value: UInt64) {
        bytes.append(addingCapacity: 2 * Self.maxVarintBytes) { output in
            output.append(key: field, .number)
            output.append(varint: value)
        }
    }

    package mutating func put(_ field: Int, _ value: Bool) { put(field, varint: value ? 1 : 0) }

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
        withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { put(field, $0) }
    }

    package mutating func put(_ field: Int, _ id: TenantID) { put(field, id.uuid) }

    mutating func put(_ field: Int, _ content: UnsafeRawBufferPointer) {
        content.withMemoryRebound(to: UInt8.self) { put(field, $0) }
    }

    /// A message inside this one.
    package mutating func put(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        bytes.append(addingCapacity: Self.maxVarintBytes) { $0.append(key: field, .bytes) }
        let start = bytes.count
        bytes.append(0)
        body(&self)
        insert(length: UInt64(bytes.count - start - 1), at: start)
    }

    /// Puts a length in the place of one byte that was left for it.
    private mutating func insert(length: UInt64, at place: Int) {
        var rest = length
        var index = place
        while rest >= 0x80 {
            bytes[index] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest >>= 7
            index += 1
            bytes.insert(0, at: index)
        }
        bytes[index] = UInt8(truncatingIfNeeded: rest)
    }
}

/// How the content of a field is laid out: the lowest three bits of its key.
private enum WireType: UInt64 {
    case number = 0
    case bytes = 2
}

extension OutputSpan<UInt8> {
    @inline(__always)
    fileprivate mutating func append(key field: Int, _ type: WireType) {
        append(varint: UInt64(field) << 3 | type.rawValue)
    }

    @inline(__always)
    fileprivate mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    fileprivate mutating func append(_ content: UnsafeBufferPointer<UInt8>) {
        withUnsafeMutableBufferPointer { buffer, count in
            _ = UnsafeMutableBufferPointer(rebasing: buffer[count...]).update(fromContentsOf: content)
            count += content.count
        }
    }
}
