/// Reads the bytes of one segment into whole groups and the places that are damaged. Pure: bytes in, values
/// out.
///
/// What it promises:
/// - A group comes out whole or, where a frame of it was damaged *after* it had been acknowledged, with the
///   frames that survived. Acknowledged means: a later frame begins a batch, so an fdatasync had succeeded
///   in between. In the last batch nothing proves that, so a damaged group there is dropped as a whole.
/// - What follows a damaged group in the last batch is kept or dropped as `Loss` says.
/// - Groups come out in the order of their sequence, and none from `limit` on: those were never
///   acknowledged.
/// - Every byte that is neither in a group nor void is in `damage` or in the torn tail.
package struct SegmentScan {
    /// A group that counts.
    package struct Group {
        package let sequence: UInt64
        package let frames: [Frame]
        /// Frames of it were lost to damage.
        package let isPartial: Bool
    }

    package struct Damage: Equatable {
        package let range: Range<Int>
        package let reason: String
    }

    /// What a hole in the last batch means for the whole groups behind it.
    package enum Loss: Sendable {
        /// They stand for themselves: if the batch was acknowledged, no message but the damaged one is lost.
        case keepsWhatFollows
        /// They would not be in order without what is missing, and can be had again. Where a later segment
        /// proves that the batch was acknowledged, they are kept all the same.
        case endsTheLog
    }

    package private(set) var groups: [Group] = []
    package private(set) var damage: [Damage] = []
    /// From here on the file holds nothing that counts: a torn write, or the leavings of a failed one.
    package private(set) var end = SegmentHeader.bytes
    /// From here on the groups are void, because a later segment begins with their sequence; else the file's
    /// end.
    package private(set) var voidStart: Int

    private let bytes: UnsafeRawBufferPointer
    private let header: SegmentHeader
    private let limit: UInt64
    private let loss: Loss
    private var open: [Frame] = []
    private var openIsDamaged = false
    /// Where the last batch begins, of which nothing proves that its fdatasync succeeded; `.max` when a later
    /// segment does.
    private(set) var lastBatchStart = 0

    /// - Parameters:
    ///   - bytes: the whole file, header included.
    ///   - limit: the first sequence that belongs to a later segment.
    package init(_ bytes: UnsafeRawBufferPointer, header: SegmentHeader, limit: UInt64, loss: Loss) {
        self.bytes = bytes
        self.header = header
        self.limit = limit
        self.loss = loss
        voidStart = bytes.count
        let (frames, holes) = readFrames()
        lastBatchStart = frames.last { $0.flags.contains(.startsBatch) }?.offset ?? 0
        // A later segment begins only after all before it was durable.
        if loss == .endsTheLog, limit != .max { lastBatchStart = .max }
        assemble(frames, holes)
    }

    /// Every frame that its CRC confirms and whose sequence is in order, and the holes between them.
    private mutating func readFrames() -> (frames: [Frame], holes: [Range<Int>]) {
        var frames: [Frame] = []
        var holes: [Range<Int>] = []
        var offset = SegmentHeader.bytes
        var sequence = header.baseSequence
        while offset < bytes.count {
            if let frame = frame(at: offset, from: sequence) {
                if frame.sequence >= limit {
                    voidStart = offset
                    break
                }
                frames.append(frame)
                sequence = frame.sequence
                offset = frame.end
            } else {
                let next = nextFrame(behind: offset, from: sequence)
                holes.append(offset..<next)
                offset = next
            }
        }
        return (frames, holes)
    }

    private func frame(at offset: Int, from sequence: UInt64) -> Frame? {
        guard let frame = Frame.read(bytes, at: offset, header: header), frame.sequence >= sequence,
            frame.sequence - header.baseSequence <= UInt64(bytes.count / Frame.headBytes)
        else { return nil }
        return frame
    }

    /// Where reading can go on behind a bad frame: where its own length says, if a good frame stands there,
    /// else at the next good frame, else at the end of the file.
    private func nextFrame(behind offset: Int, from sequence: UInt64) -> Int {
        if bytes.count - offset >= Frame.headBytes {
            let length = Int(bytes.littleEndian(at: offset, as: UInt32.self))
            let next = offset + Frame.uncountedBytes + length
            if length >= Int(Frame.minimumLength), frame(at: next, from: sequence) != nil { return next }
        }
        let (low, high) = (
            UInt8(truncatingIfNeeded: header.mark), UInt8(truncatingIfNeeded: header.mark >> 8)
        )
        var candidate = offset + 1
        while candidate + Frame.headBytes <= bytes.count {
            if bytes[candidate + 10] == low, bytes[candidate + 11] == high,
                frame(at: candidate, from: sequence) != nil
            {
                return candidate
            }
            candidate += 1
        }
        return bytes.count
    }

    private mutating func assemble(_ frames: [Frame], _ holes: [Range<Int>]) {
        var nextHole = 0
        for frame in frames {
            var followsHole = false
            while nextHole < holes.count, holes[nextHole].upperBound <= frame.offset {
                damage.append(Damage(range: holes[nextHole], reason: "no readable frame"))
                followsHole = true
                nextHole += 1
            }
            if followsHole, loss == .endsTheLog, frame.offset > lastBatchStart { break }
            if followsHole, !open.isEmpty { openIsDamaged = true }
            take(frame)
        }
        if lastBatchStart == .max { finish(isComplete: false) }
        // Whatever stands behind the last good group is the tail, and no damage of its own.
        end = groups.last?.frames.last?.end ?? SegmentHeader.bytes
        damage.removeAll { $0.range.lowerBound >= end }
        damage.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    private mutating func take(_ frame: Frame) {
        if let first = open.first, first.sequence != frame.sequence || frame.flags.contains(.startsGroup) {
            finish(isComplete: false)
        }
        if open.isEmpty { openIsDamaged = !frame.flags.contains(.startsGroup) }
        open.append(frame)
        if !frame.flags.contains(.more) { finish(isComplete: !openIsDamaged) }
    }

    private mutating func finish(isComplete: Bool) {
        guard let first = open.first, let last = open.last else { return }
        if isComplete || last.offset < lastBatchStart {
            groups.append(Group(sequence: first.sequence, frames: open, isPartial: !isComplete))
        } else {
            for frame in open { damage.append(Damage(range: frame.range, reason: "its group is incomplete")) }
        }
        open.removeAll()
        openIsDamaged = false
    }
}
