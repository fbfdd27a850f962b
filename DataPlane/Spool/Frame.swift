import CLinux

/// One record of a segment, as it stands in the file.
///
/// length u32 | CRC-32C u32 over all that follows, seeded with the segment's salt | type u8 | flags u8 |
/// mark u16 | group sequence u64 | payload. `length` counts from `type` to the end of the payload.
package struct Frame: Sendable {
    /// Bytes before the payload.
    package static let headBytes = 20
    /// Bytes that `length` does not count: itself and the CRC.
    static let uncountedBytes = 8
    static let minimumLength: UInt32 = 12
    static let typeOffset = 8
    static let flagsOffset = 9
    static let markOffset = 10
    static let sequenceOffset = 12

    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// More frames of the same group follow.
        static let more = Flags(rawValue: 1)
        /// The first frame after a successful fdatasync: all that stands before it in the file was durable
        /// when this was written.
        static let startsBatch = Flags(rawValue: 2)
        /// The first frame of its group.
        static let startsGroup = Flags(rawValue: 4)
        static let all: Flags = [.more, .startsBatch, .startsGroup]
    }

    package let type: UInt8
    package let flags: Flags
    package let sequence: UInt64
    /// Where the frame begins in its file.
    package let offset: Int
    package let payloadBytes: Int

    package var payloadOffset: Int { offset + Self.headBytes }
    package var end: Int { offset + Self.headBytes + payloadBytes }
    /// All of the frame's bytes.
    package var range: Range<Int> { offset..<end }

    /// The frame at `offset` of `bytes`, or nil where none stands there that its CRC confirms.
    package static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int, header: SegmentHeader) -> Frame?
    {
        guard offset >= 0, bytes.count - offset >= headBytes else { return nil }
        let length = bytes.littleEndian(at: offset, as: UInt32.self)
        guard length >= minimumLength, Int(length) <= bytes.count - offset - uncountedBytes,
            bytes.littleEndian(at: offset + 10, as: UInt16.self) == header.mark
        else { return nil }
        let checked = UnsafeRawBufferPointer(
            rebasing: bytes[offset + uncountedBytes..<offset + uncountedBytes + Int(length)])
        let checksum = clinux_crc32c(header.salt, checked.baseAddress, checked.count)
        guard checksum == bytes.littleEndian(at: offset + 4, as: UInt32.self) else { return nil }
        let flags = Flags(rawValue: bytes[offset + 9])
        guard Flags.all.isSuperset(of: flags) else { return nil }
        return Frame(
            type: bytes[offset + typeOffset], flags: flags,
            sequence: bytes.littleEndian(at: offset + 12, as: UInt64.self),
            offset: offset, payloadBytes: Int(length) - Int(minimumLength))
    }
}

extension Frame {
    /// How long the frame at the beginning of `bytes` says it is; nil when its head is not all there.
    package static func bytesWanted(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= headBytes else { return nil }
        return Int(bytes.withUnsafeBytes { $0.littleEndian(at: 0, as: UInt32.self) }) + uncountedBytes
    }
}
