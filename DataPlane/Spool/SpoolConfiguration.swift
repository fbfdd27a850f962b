/// The sizes of a spool. Sizes are in bytes; `check` names the first relation that does not hold.
package struct SpoolConfiguration: Sendable {
    /// A segment is closed before a batch would take it beyond this. Smaller: space comes back sooner;
    /// larger: fewer files. Default 64 MiB.
    package var segmentBytes = 64 << 20
    /// What one write and one fdatasync take at most, unless a single group is greater. Default 4 MiB.
    package var maxBatchBytes = 4 << 20
    /// While many groups come, a batch begins so long after the one before began; 0: never waits. It costs
    /// an acknowledgement at most this time and saves most of the fdatasyncs. Default 2000.
    package var batchIntervalMicroseconds = 2000
    /// What a spool takes in one group unless it is told otherwise.
    package static let standardMaxGroupBytes = 64 << 20
    /// A greater group is refused with `.tooLarge`. Default 64 MiB.
    package var maxGroupBytes = standardMaxGroupBytes
    /// What may wait for the disk before new entries are refused with `.overloaded`; groups without entries
    /// may fill twice as much. Default 128 MiB.
    package var maxQueuedBytes = 128 << 20
    /// Bodies of recent entries that are kept in memory until they are closed or pushed out. Default 128 MiB.
    package var bodyCacheBytes = 128 << 20
    /// New entries are refused with `.diskLow` while a smaller share of the disk's bytes is free. Default 10
    /// per cent.
    package var minFreePercent = 10
    /// The same of the disk's inodes. Default 10 per cent.
    package var minFreeInodesPercent = 10
    /// The oldest segment is compacted when this share of its bytes, or of the bytes of the whole spool, is
    /// dead. Default 50 per cent: then at most as much is copied as was written.
    package var compactDeadPercent = 50
    /// Nothing is compacted while there are fewer segments: what is young is mostly gone soon. Default 4.
    package var compactMinSegments = 4
    /// Threads that read bodies which are not in memory. Default 2.
    package var readThreads = 2

    package init() {}

    /// The first mistake in plain words, or nil.
    package func check() -> String? {
        if segmentBytes < SegmentHeader.bytes * 2 {
            return "segmentBytes is less than \(SegmentHeader.bytes * 2)"
        }
        if maxBatchBytes < 1 || maxBatchBytes > segmentBytes {
            return "maxBatchBytes is not in 1...segmentBytes"
        }
        if !(0...100_000).contains(batchIntervalMicroseconds) {
            return "batchIntervalMicroseconds is not in 0...100000"
        }
        if maxGroupBytes < 1 { return "maxGroupBytes is less than 1" }
        // Offsets inside a segment are 32 bits wide.
        if segmentBytes + maxGroupBytes > 1 << 31 { return "segmentBytes + maxGroupBytes is more than 2 GiB" }
        if maxQueuedBytes < maxGroupBytes { return "maxQueuedBytes is less than maxGroupBytes" }
        if bodyCacheBytes < 0 { return "bodyCacheBytes is negative" }
        if !(0...99).contains(minFreePercent) { return "minFreePercent is not in 0...99" }
        if !(0...99).contains(minFreeInodesPercent) { return "minFreeInodesPercent is not in 0...99" }
        if !(1...100).contains(compactDeadPercent) { return "compactDeadPercent is not in 1...100" }
        if compactMinSegments < 1 || readThreads < 1 {
            return "compactMinSegments or readThreads is less than 1"
        }
        return nil
    }
}
