import EventLoop
import Journal
import Service
import Spool

extension NodeMetrics {
    /// Declares what is known of spool, journal and disk whenever somebody asks.
    func declare(spool: Spool, journal: Journal, clock: WallClock) {
        func gauge(_ name: String, _ help: String, _ read: @escaping @Sendable (SpoolStatistics) -> Double) {
            registry.gauge(name, help: help) { read(spool.statistics) }
        }
        gauge("dispatch_spool_open_entries", "Entries that are not done: messages and webhooks.") {
            Double($0.openEntries)
        }
        gauge("dispatch_spool_live_bytes", "Bytes of the open entries in their segments.") {
            Double($0.liveBytes)
        }
        gauge("dispatch_spool_disk_bytes", "Bytes of all segments.") { Double($0.diskBytes) }
        gauge("dispatch_spool_segments", "Segment files.") { Double($0.segments) }
        gauge("dispatch_spool_oldest_seconds", "Age of the oldest open entry, exact to a segment; 0: none.") {
            guard let oldest = $0.oldestMilliseconds else { return 0 }
            return Double(max(0, clock.now() - Int64(clamping: oldest))) / 1000
        }
        gauge(
            "dispatch_spool_quarantined", "Damaged pieces in the quarantine folder, of this start or earlier."
        ) { Double($0.quarantined) }
        gauge("dispatch_spool_healthy", "1 when the last write reached the disk.") { $0.isHealthy ? 1 : 0 }
        gauge("dispatch_spool_disk_low", "1 while new mail is refused because too little is free.") {
            $0.isDiskLow ? 1 : 0
        }
        gauge("dispatch_spool_disk_free_bytes_ratio", "Free share of the disk's bytes, 0 to 1.") {
            $0.space?.freeBytesShare ?? 1
        }
        gauge("dispatch_spool_disk_free_inodes_ratio", "Free share of the disk's inodes, 0 to 1.") {
            $0.space?.freeInodesShare ?? 1
        }
        registry.gauge("dispatch_journal_unreported_events", help: "Events not yet acknowledged.") {
            let statistics = journal.statistics
            return Double(statistics.lastEvent - min(statistics.acknowledged, statistics.lastEvent))
        }
        registry.gauge("dispatch_journal_disk_bytes", help: "Bytes of the journal's segments.") {
            Double(journal.statistics.diskBytes)
        }
        registry.gauge("dispatch_journal_healthy", help: "1 when the last write reached the disk.") {
            journal.statistics.isHealthy ? 1 : 0
        }
    }
}
