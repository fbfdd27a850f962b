import EventLoop
import NodeProtocol

/// What readers and the writer share, behind one lock that is held for microseconds: the index, the cache,
/// and the headers of the segments that exist.
struct SpoolShelf {
    var index = SpoolIndex()
    var cache: BodyCache
    /// By segment number: salt and mark are needed to check a frame.
    var headers: [UInt32: SegmentHeader] = [:]
    /// By the place of an update: the one before it, where damage took the one that its own record names.
    var detours: [SegmentLog.Position: SegmentLog.Position] = [:]
    var diskBytes = 0
    var isHealthy = true
    var isDiskLow = false
    var corruptReads = 0
    /// As it was measured last.
    var space: DiskSpace?
    /// Pieces in the quarantine.
    var quarantined = 0

    /// Remembers how much is free; true when it is too little for new entries.
    mutating func note(_ space: DiskSpace, _ configuration: SpoolConfiguration) -> Bool {
        self.space = space
        isDiskLow =
            space.freeBytesShare < Double(configuration.minFreePercent) / 100
            || space.freeInodesShare < Double(configuration.minFreeInodesPercent) / 100
        return isDiskLow
    }

    /// A segment was deleted.
    mutating func forget(_ segment: SegmentLog.Segment) {
        headers[segment.number] = nil
        diskBytes -= segment.bytes
    }
}

/// Numbers for metrics and for the health page.
package struct SpoolStatistics: Sendable {
    package var openEntries = 0
    /// Bytes of the open entries in their segments.
    package var liveBytes = 0
    package var diskBytes = 0
    package var segments = 0
    /// Waiting for the disk at this moment.
    package var queuedBytes = 0
    package var cachedBytes = 0
    package var cacheHits = 0
    package var cacheMisses = 0
    /// Entries whose bytes failed their checksum when they were read.
    package var corruptReads = 0
    /// No open entry was accepted before this time, in milliseconds since 1970; exact to a segment. Nil when
    /// none is open.
    package var oldestMilliseconds: UInt64?
    /// The last write reached the disk.
    package var isHealthy = true
    /// New entries are refused because the disk is nearly full.
    package var isDiskLow = false
    /// Shares of the disk from 0 to 1, as they were measured last; nil before the first time.
    package var space: DiskSpace?
    /// Pieces in the quarantine, from this start or an earlier one.
    package var quarantined = 0
}

extension SpoolShelf {
    /// All but what is queued.
    var statistics: SpoolStatistics {
        SpoolStatistics(
            openEntries: index.slots.count, liveBytes: index.liveBytes, diskBytes: diskBytes,
            segments: headers.count, cachedBytes: cache.bytes, cacheHits: cache.hits,
            cacheMisses: cache.misses,
            corruptReads: corruptReads, oldestMilliseconds: index.oldestMilliseconds, isHealthy: isHealthy,
            isDiskLow: isDiskLow, space: space, quarantined: quarantined)
    }
}
