import EventLoop

/// The one who writes key records, and deletes what is too old. Runs on its own thread.
final class KeyLogWriter {
    private static let maxBatchBytes = 1 << 20

    private let log: SegmentLog
    /// By segment: when its newest record was made.
    private var newest: [UInt32: Int64]
    private let configuration: KeyLogConfiguration
    private let gate: Gate<KeyLogState>
    private let now: @Sendable () -> Int64

    init(
        log: SegmentLog, newest: [UInt32: Int64], configuration: KeyLogConfiguration,
        gate: Gate<KeyLogState>, now: @escaping @Sendable () -> Int64
    ) {
        self.log = log
        self.newest = newest
        self.configuration = configuration
        self.gate = gate
        self.now = now
    }

    /// Runs until the log is closed and all that was taken has been tried.
    func run() {
        removeOld()
        while true {
            switch gate.wait({ $0.take(.now()) }) {
            case .write(let items): write(items)
            case .stop:
                log.close()
                return
            }
            removeOld()
        }
    }

    private func write(_ items: [KeyLogState.Pending]) {
        for batch in items.batches(maxBytes: Self.maxBatchBytes, \.bytes) {
            do throws(SystemError) { try writeBatch(batch.items, bytes: batch.bytes) } catch {
                gate.withLock { $0.failed(written: batch.items.startIndex, .now()) }
                return
            }
        }
        for body in gate.withLock({ $0.wrote() }) { body() }
    }

    private func writeBatch(_ items: ArraySlice<KeyLogState.Pending>, bytes: Int) throws(SystemError) {
        let buffer = try log.beginBatch(bytes: bytes)
        for item in items {
            log.startFrame(type: KeptFrame.type, isFirstOfGroup: true)
            buffer.put(item.sequence)
            buffer.put(UInt64(bitPattern: item.record.at))
            buffer.put(item.record.payload)
            log.endFrame(isLastOfGroup: true)
        }
        try log.flush()
        guard let segment = log.segments.last?.number else { return }
        newest[segment] = items.reduce(newest[segment] ?? 0) { max($0, $1.record.at) }
    }

    private func removeOld() {
        log.removeOldest {
            (newest[$0.number] ?? 0) < now() - configuration.keptForMilliseconds
                || log.segments.reduce(0) { $0 + $1.bytes } > configuration.maxDiskBytes
        } gone: {
            newest[$0.number] = nil
        }
    }
}
