import NodeProtocol

/// Where each open entry is, and how much of each segment is still needed. Memory: 40 bytes for each slot of
/// the table, which is filled to between three and six eighths: 53 to 107 bytes for each open entry.
struct SpoolIndex {
    /// Places of one open entry.
    struct Slot: Equatable {
        var segment: UInt32
        var offset: UInt32
        /// Of the whole frame.
        var bytes: UInt32
        /// Of the frames of all its updates; they move with the entry.
        var updateBytes: UInt32 = 0
        /// The latest update; segment zero when there is none. Each update names the one before it.
        var updateSegment: UInt32 = 0
        var updateOffset: UInt32 = 0

        var position: SegmentLog.Position { SegmentLog.Position(segment: segment, offset: offset) }
        var allBytes: Int { Int(bytes) + Int(updateBytes) }
        var update: SegmentLog.Position { SegmentLog.Position(segment: updateSegment, offset: updateOffset) }

        /// Takes a later update; gives how many of its bytes are counted.
        mutating func add(update: SegmentLog.Position, bytes: Int) -> Int {
            (updateSegment, updateOffset) = (update.segment, update.offset)
            let counted = min(bytes, Int(UInt32.max - updateBytes))
            updateBytes += UInt32(counted)
            return counted
        }
    }

    /// What is open in one segment. A class, because each record changes it in its place in the table.
    final class Live {
        var entries = 0
        /// With their updates, wherever these are: all that compaction would have to copy.
        var bytes = 0
        /// The earliest acceptance of any entry that the segment ever held, in milliseconds since 1970.
        var oldestMilliseconds = UInt64.max

        func add(_ id: MessageID, bytes: Int) {
            entries += 1
            self.bytes += bytes
            oldestMilliseconds = min(oldestMilliseconds, id.milliseconds)
        }
    }

    private(set) var slots: [MessageID: Slot] = [:]
    private(set) var live: [UInt32: Live] = [:]
    private(set) var liveBytes = 0

    /// Adds an entry, or moves it: an older place is forgotten with its updates.
    mutating func insert(_ id: MessageID, at position: SegmentLog.Position, bytes: Int) {
        let slot = Slot(segment: position.segment, offset: position.offset, bytes: UInt32(clamping: bytes))
        if let old = slots.updateValue(slot, forKey: id) { release(old) }
        live(in: slot.segment).add(id, bytes: bytes)
        liveBytes += bytes
    }

    /// Updates of entries that are not open are of no interest.
    mutating func update(_ id: MessageID, at position: SegmentLog.Position, bytes: Int) {
        guard let index = slots.index(forKey: id) else { return }
        let segment = slots.values[index].segment
        let counted = slots.values[index].add(update: position, bytes: bytes)
        live[segment]?.bytes += counted
        liveBytes += counted
    }

    mutating func remove(_ id: MessageID) {
        if let old = slots.removeValue(forKey: id) { release(old) }
    }

    private mutating func live(in segment: UInt32) -> Live {
        if let known = live[segment] { return known }
        let new = Live()
        live[segment] = new
        return new
    }

    private mutating func release(_ slot: Slot) {
        liveBytes -= slot.allBytes
        guard let count = live[slot.segment] else { return }
        count.entries -= 1
        count.bytes -= slot.allBytes
        if count.entries == 0 { live[slot.segment] = nil }
    }

    /// No open entry was accepted before this; nil when none is open. Exact to a segment, not to the entry.
    var oldestMilliseconds: UInt64? { live.values.map(\.oldestMilliseconds).min() }
}
