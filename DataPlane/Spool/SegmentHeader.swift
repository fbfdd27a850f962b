import CLinux

/// The first bytes of every segment file, written twice so that one bad block does not cost the segment.
///
/// 64 bytes and their CRC-32C at offset 0 and again at offset 4096; frames begin at offset 8192. All numbers
/// are little-endian. The layout is described in `infra/docs/spool-format.md`.
package struct SegmentHeader: Equatable, Sendable {
    /// Which log a segment belongs to: its magic differs, so that one is never read as the other.
    package enum Kind: UInt64, Sendable {
        case spool = 0x4C4F_4F50_5350_5344  // "DSPSPOOL"
        case journal = 0x4C4E_524A_5053_5344  // "DSPSJRNL"
        case keys = 0x5359_454B_5350_5344  // "DSPSKEYS"
    }

    /// What reading a header can tell.
    enum Reading: Equatable {
        case valid(SegmentHeader)
        /// Both copies agree on a version that this program does not know.
        case unknownVersion(UInt32)
        case damaged
    }

    static let currentVersion: UInt32 = 1
    static let copyBytes = 4096
    /// Where the first frame begins.
    package static let bytes = 2 * copyBytes
    private static let checkedBytes = 64

    package var kind: Kind
    /// Rises by at least one with each segment, for ever.
    package var number: UInt64
    /// The sequence of the first group. Frames of earlier segments that bear this or a later one are void.
    package var baseSequence: UInt64
    /// Segments with lower numbers were deleted when this one was made; one that comes back is void.
    package var firstNeeded: UInt64
    /// Two numbers of the log's user, as they stood when the segment was made.
    package var bookmarks: Bookmarks
    /// The seed of every frame's CRC and the two bytes in every frame's head. Both are random, so that bytes
    /// inside somebody's message cannot be mistaken for a frame.
    var salt: UInt32
    var mark: UInt16

    /// See `SegmentHeader.bookmarks`.
    package struct Bookmarks: Equatable, Sendable {
        package var first: UInt64
        package var second: UInt64

        package init(first: UInt64 = 0, second: UInt64 = 0) {
            self.first = first
            self.second = second
        }
    }

    func encoded() -> [UInt8] {
        var copy: [UInt8] = []
        copy.appendLittleEndian(kind.rawValue)
        copy.appendLittleEndian(Self.currentVersion)
        copy.appendLittleEndian(salt)
        copy.appendLittleEndian(UInt64(mark))
        copy.appendLittleEndian(number)
        copy.appendLittleEndian(baseSequence)
        copy.appendLittleEndian(firstNeeded)
        copy.appendLittleEndian(bookmarks.first)
        copy.appendLittleEndian(bookmarks.second)
        copy.appendLittleEndian(copy.withUnsafeBytes { clinux_crc32c(0, $0.baseAddress, $0.count) })
        copy.append(contentsOf: repeatElement(0, count: Self.copyBytes - copy.count))
        return copy + copy
    }

    /// Reads either copy out of the first `SegmentHeader.bytes` bytes of a file.
    static func read(_ bytes: UnsafeRawBufferPointer, expecting kind: Kind) -> Reading {
        var versions: [UInt32] = []
        for offset in [0, copyBytes] where offset + checkedBytes + 4 <= bytes.count {
            let copy = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + checkedBytes + 4])
            guard copy.littleEndian(at: 0, as: UInt64.self) == kind.rawValue else { continue }
            let version = copy.littleEndian(at: 8, as: UInt32.self)
            versions.append(version)
            let checksum = copy.littleEndian(at: checkedBytes, as: UInt32.self)
            guard version == currentVersion, clinux_crc32c(0, copy.baseAddress, checkedBytes) == checksum
            else {
                continue
            }
            let header = SegmentHeader(checked: copy, kind: kind)
            // Sequences count from 1, and no disk holds 2^62 groups: beyond that arithmetic could overflow.
            return (1..<(1 << 62)).contains(header.baseSequence) ? .valid(header) : .damaged
        }
        if versions.count == 2, versions[0] == versions[1], versions[0] != currentVersion {
            return .unknownVersion(versions[0])
        }
        return .damaged
    }

    init(
        kind: Kind, number: UInt64, baseSequence: UInt64, firstNeeded: UInt64, bookmarks: Bookmarks,
        random: UInt64
    ) {
        self.kind = kind
        self.number = number
        self.baseSequence = baseSequence
        self.firstNeeded = firstNeeded
        self.bookmarks = bookmarks
        salt = UInt32(truncatingIfNeeded: random)
        mark = UInt16(truncatingIfNeeded: random >> 32)
    }

    private init(checked copy: UnsafeRawBufferPointer, kind: Kind) {
        self.kind = kind
        salt = copy.littleEndian(at: 12, as: UInt32.self)
        mark = UInt16(truncatingIfNeeded: copy.littleEndian(at: 16, as: UInt64.self))
        number = copy.littleEndian(at: 24, as: UInt64.self)
        baseSequence = copy.littleEndian(at: 32, as: UInt64.self)
        firstNeeded = copy.littleEndian(at: 40, as: UInt64.self)
        bookmarks = Bookmarks(
            first: copy.littleEndian(at: 48, as: UInt64.self),
            second: copy.littleEndian(at: 56, as: UInt64.self))
    }
}

extension UnsafeRawBufferPointer {
    /// The number at `offset`, which the caller has checked to lie inside.
    package func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Number.Type
    ) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension [UInt8] {
    package mutating func appendLittleEndian(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
