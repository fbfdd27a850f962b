import EventLoop

/// An append-only log of groups of frames in numbered segment files: what the spool and the journal have in
/// common.
///
/// What it promises:
/// - `flush` returns after one fdatasync, or throws, and then nothing of the batch counts, now or after a
///   restart that finds a later segment. A segment whose write or fdatasync failed is sealed for good; the
///   next batch goes to a fresh one. No fdatasync is ever repeated.
/// - A segment is used only after its header and its name in the directory were made durable. Each start
///   makes a fresh segment with its first batch, so nothing is ever appended behind a torn tail.
/// - Group sequences rise by one for ever. A segment's header has the sequence of its first group; whatever
///   bears that sequence or a later one in an *earlier* segment is void.
/// - Segments are deleted oldest first, and the directory is made durable after each one.
///
/// Not `Sendable`: one writer thread owns it, and asks for a place or a frame for each record: no look at
/// each of those whether two of them overlap.
package final class SegmentLog {
    /// Where a frame is.
    package struct Position: Hashable, Sendable {
        package var segment: UInt32
        package var offset: UInt32

        package init(segment: UInt32, offset: UInt32) {
            self.segment = segment
            self.offset = offset
        }
    }

    /// One segment file.
    package struct Segment: Sendable {
        package let header: SegmentHeader
        /// Durable bytes, header included.
        package internal(set) var bytes: Int
        /// The last group that it holds; one below the base when it holds none.
        package internal(set) var lastSequence: UInt64
        package var number: UInt32 { UInt32(clamping: header.number) }
    }

    package let directory: String
    package let kind: SegmentHeader.Kind
    /// A batch that would pass this goes to a fresh segment.
    let segmentBytes: Int
    let disk: any Disk
    /// Oldest first.
    @exclusivity(unchecked) package internal(set) var segments: [Segment] = []
    /// The sequence that the next group gets.
    @exclusivity(unchecked) package internal(set) var nextSequence: UInt64 = 1
    /// Written into the header of the next segment.
    package var bookmarks = SegmentHeader.Bookmarks()

    var nextNumber: UInt64 = 1
    private var activeFile: (any DiskFile)?
    @exclusivity(unchecked) private var buffer: FrameBuffer?
    @exclusivity(unchecked) private var pendingGroups: UInt64 = 0
    private var removalIsUncertain = false

    init(directory: String, kind: SegmentHeader.Kind, segmentBytes: Int, disk: any Disk) {
        self.directory = directory
        self.kind = kind
        self.segmentBytes = segmentBytes
        self.disk = disk
    }

    /// Begins a batch of about `bytes` bytes: from here on `position` is where the next frame will be.
    package func beginBatch(bytes: Int) throws(SystemError) -> FrameBuffer {
        if let active = segments.last, activeFile != nil, active.bytes > SegmentHeader.bytes,
            active.bytes + bytes > segmentBytes
        {
            // Given up before the next one exists: if making that fails, its header may be durable all the
            // same, and would make void what came here later.
            activeFile = nil
        }
        if activeFile == nil { try makeSegment() }
        guard let active = segments.last else { throw SystemError(code: 5, operation: "no segment") }
        pendingGroups = 0
        let buffer = self.buffer ?? FrameBuffer(header: active.header)
        buffer.reset(for: active.header)
        self.buffer = buffer
        return buffer
    }

    /// Where the next frame of this batch begins.
    package var position: Position {
        guard let active = segments.last, let buffer else { return Position(segment: 0, offset: 0) }
        return Position(segment: active.number, offset: UInt32(clamping: active.bytes + buffer.count))
    }

    /// The sequence of the group that is being laid out.
    package var openSequence: UInt64 { nextSequence + pendingGroups }

    /// Begins a frame; its payload is then put into the buffer that `beginBatch` gave.
    package func startFrame(type: UInt8, isFirstOfGroup: Bool) {
        guard let buffer else { return }
        buffer.startFrame(
            type: type, sequence: openSequence, startsBatch: buffer.count == 0, startsGroup: isFirstOfGroup)
    }

    package func endFrame(isLastOfGroup: Bool) {
        buffer?.endFrame(hasMore: !isLastOfGroup)
        if isLastOfGroup { pendingGroups += 1 }
    }

    /// Writes the batch and makes it durable; only when this returns do its groups have their sequences.
    package func flush() throws(SystemError) {
        guard let buffer, let file = activeFile, pendingGroups > 0 else { return }
        let last = segments.count - 1
        do {
            try file.writeAll(buffer.bytes, at: segments[last].bytes)
            try file.synchronizeData()
        } catch {
            seal(file, at: segments[last].bytes)
            throw error
        }
        segments[last].bytes += buffer.count
        nextSequence += pendingGroups
        segments[last].lastSequence = nextSequence - 1
        pendingGroups = 0
    }

    /// Nothing more goes into this segment. Cutting the uncertain tail off is a courtesy to a restart that
    /// comes before there is another segment; the header of the next one is what makes the tail void.
    private func seal(_ file: any DiskFile, at bytes: Int) {
        activeFile = nil
        pendingGroups = 0
        try? file.truncate(to: bytes)
    }

    private func makeSegment() throws(SystemError) {
        let number = nextNumber
        nextNumber += 1
        let header = SegmentHeader(
            kind: kind, number: number, baseSequence: nextSequence,
            firstNeeded: segments.first?.header.number ?? number, bookmarks: bookmarks, random: disk.salt())
        let path = Self.path(of: number, in: directory)
        let file = try disk.create(path)
        do {
            try file.writeEverything(header.encoded(), at: 0)
            try file.synchronizeAll()
            try disk.synchronizeDirectory(directory)
        } catch {
            file.close()
            try? disk.remove(path)
            throw error
        }
        segments.append(Segment(header: header, bytes: SegmentHeader.bytes, lastSequence: nextSequence - 1))
        activeFile = file
        removalIsUncertain = false
    }

    /// Whether the oldest segment may go: it is not the newest, and no removal before it is in doubt.
    package var canRemoveOldest: Bool { segments.count > 1 && !removalIsUncertain }

    /// Deletes the oldest segment. A removal whose directory could not be made durable stops all others
    /// until the next segment's header says that the removed one is not needed: were a later one to vanish
    /// first, a `closed` could be lost while its entry came back.
    package func removeOldest() throws(SystemError) {
        guard canRemoveOldest, let oldest = segments.first else { return }
        try disk.remove(Self.path(of: oldest.header.number, in: directory))
        segments.removeFirst()
        do { try disk.synchronizeDirectory(directory) } catch {
            removalIsUncertain = true
            throw error
        }
    }

    /// Gives the active segment's file back; the log takes no more batches.
    package func close() {
        activeFile?.close()
        activeFile = nil
    }

    /// The path of a segment file.
    package static func path(of number: UInt64, in directory: String) -> String {
        "\(directory)/\(name(of: number))"
    }

    /// Twelve decimal digits, so that a listing is in order.
    static func name(of number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits + suffix
    }

    static let suffix = ".segment"

    /// The number in a segment's name; nil for any other name.
    static func number(in name: String) -> UInt64? {
        guard name.hasSuffix(suffix), let number = UInt64(name.dropLast(suffix.count)),
            number > 0, number <= UInt64(UInt32.max), Self.name(of: number) == name
        else { return nil }
        return number
    }
}
