/// The sizes of a journal. Sizes are in bytes; `check` names the first relation that does not hold.
package struct JournalConfiguration: Sendable {
    /// A segment is closed before a batch would take it beyond this; acknowledged events give their space
    /// back a segment at a time. Default 16 MiB.
    package var segmentBytes = 16 << 20
    /// What one write and one fdatasync take at most, unless one group is greater. Default 4 MiB.
    package var maxBatchBytes = 4 << 20
    /// Events that may wait in memory for a slow or broken disk before the spool is told to take no new
    /// entries. Default 64 MiB.
    package var maxPendingBytes = 64 << 20
    /// Events are made durable at most this often, unless somebody asks for it. Default 50 ms.
    package var syncIntervalMilliseconds = 50
    /// Pause after a failed write before the next attempt. Default 1000 ms.
    package var retryMilliseconds = 1000
    /// Threads that read events for the uplink. Default 1.
    package var readThreads = 1

    package init() {}

    /// The first mistake in plain words, or nil.
    package func check() -> String? {
        if segmentBytes < 1 << 15 || segmentBytes > 1 << 30 { return "segmentBytes is not in 32 KiB...1 GiB" }
        if maxBatchBytes < 1 || maxBatchBytes > segmentBytes {
            return "maxBatchBytes is not in 1...segmentBytes"
        }
        if maxPendingBytes < 1 || maxPendingBytes > 1 << 30 { return "maxPendingBytes is not in 1...1 GiB" }
        if syncIntervalMilliseconds < 0 || retryMilliseconds < 1 || readThreads < 1 {
            return "syncIntervalMilliseconds, retryMilliseconds or readThreads is too small"
        }
        return nil
    }
}
