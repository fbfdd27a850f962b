import EventLoop
import Glibc
import NodeProtocol

/// The folder for bytes that failed their checksum: a copy of them, and beside it a note that a person can
/// read.
///
/// A name is made of the segment and the offset, so the same damage found twice is saved once.
package struct Quarantine: Sendable {
    /// One thing that was put aside.
    package struct Item: Equatable, Sendable {
        /// Path of the copy; the note has the same name with `.txt`. Empty when the copy could not be
        /// written.
        package let path: String
        package let segment: UInt32
        package let offset: Int
        package let bytes: Int
        package let reason: String
        /// The messages whose entries the bytes seem to hold. They failed their checksum, so it is a guess.
        package var messages: [MessageID] = []
        /// False when an earlier start found it too: it is still in its segment.
        package var isNew = true
        /// It stood behind the last whole group, where a crash leaves torn writes: nothing proves that it was
        /// ever acknowledged.
        package var isTail = false
    }

    package static let name = "quarantine"
    let directory: String
    let disk: any Disk

    init(directory: String, disk: any Disk) {
        self.directory = "\(directory)/\(Self.name)"
        self.disk = disk
    }

    /// Saves a copy, durable when this returns. `whose` says what is known about the bytes, `messages` what
    /// they held.
    func save(
        _ bytes: UnsafeRawBufferPointer, segment: UInt32, offset: Int, reason: String, whose: String,
        messages: [MessageID]
    ) throws(SystemError) -> Item {
        let name = "\(segment)-\(offset)"
        var item = Item(
            path: "\(directory)/\(name)", segment: segment, offset: offset, bytes: bytes.count,
            reason: reason, messages: messages)
        try disk.makeDirectory(directory)
        if try disk.list(directory).contains(where: { $0.name == "\(name).txt" }) {
            item.isNew = false
            return item
        }
        try disk.replaceFile(name, in: directory, with: [UInt8](bytes))
        try disk.replaceFile("\(name).txt", in: directory, with: Array(note(item, whose).utf8))
        return item
    }

    /// Moves a whole segment file whose header cannot be read.
    func moveSegment(_ number: UInt32, from path: String, in parent: String, bytes: Int) throws(SystemError)
        -> Item
    {
        let reason = "neither copy of the header is readable"
        let frames = try disk.openForReading(path).readUpTo(bytes, at: 0).dropFirst(SegmentHeader.bytes)
        let item = Item(
            path: "\(directory)/\(number)-0", segment: number, offset: 0, bytes: bytes, reason: reason,
            messages: Array(frames).withUnsafeBytes { Self.messages(in: $0) })
        try disk.makeDirectory(directory)
        try disk.replaceFile(
            "\(number)-0.txt", in: directory, with: Array(note(item, "The whole segment.").utf8))
        try disk.rename(path, to: item.path)
        try disk.synchronizeDirectory(directory)
        try disk.synchronizeDirectory(parent)
        return item
    }

    /// The names in the folder, in order; none when there is no folder.
    func names() throws(SystemError) -> [String] {
        do throws(SystemError) { return try disk.list(directory).map(\.name).sorted() } catch {
            if error.code == ENOENT { return [] }
            throw error
        }
    }

    /// How many pieces lie here.
    var count: Int { ((try? names()) ?? []).count { $0.hasSuffix(".txt") } }

    /// The ids of the entries in what may be frames of a spool, as far as one frame leads to the next.
    ///
    /// A lost update or `closed` does not lose the message: its entry stands elsewhere, or it is done. A
    /// frame whose type makes no sense may have been an entry, but hardly in a torn tail; and a moved entry
    /// there is none, because its original stays until the copy is durable.
    static func messages(in bytes: UnsafeRawBufferPointer, isTail: Bool = false) -> [MessageID] {
        let lost: Set<RecordType?> = isTail ? [.entry] : [.entry, .movedEntry, nil]
        var ids: [MessageID] = []
        var offset = 0
        while bytes.count - offset >= Frame.headBytes + 16 {
            let id = MessageID(
                high: bytes.littleEndian(at: offset + Frame.headBytes, as: UInt64.self),
                low: bytes.littleEndian(at: offset + Frame.headBytes + 8, as: UInt64.self))
            guard id.isPlausible else { break }
            if ids.last != id, lost.contains(RecordType(rawValue: bytes[offset + Frame.typeOffset])) {
                ids.append(id)
            }
            let length = Int(bytes.littleEndian(at: offset, as: UInt32.self))
            guard length <= bytes.count - offset else { break }
            offset += Frame.uncountedBytes + length
        }
        return ids
    }

    private func note(_ item: Item, _ whose: String) -> String {
        """
        Segment \(item.segment), offset \(item.offset), \(item.bytes) bytes.
        Put aside because: \(item.reason).
        \(whose)
        The bytes are in the file of the same name without .txt, as they stood in the segment.

        """
    }
}

extension MessageID {
    /// Version and variant of a UUIDv7, and a time between 2020 and 2100: random bytes hardly ever have them.
    fileprivate var isPlausible: Bool {
        high >> 12 & 0xF == 7 && low >> 62 == 0b10
            && (1_577_836_800_000..<4_102_444_800_000).contains(milliseconds)
    }
}
