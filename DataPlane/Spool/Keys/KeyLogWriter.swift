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
        var first = 0
        while first < items.count {
            var last = first
            var bytes = 0
            while last < items.count, last == first || bytes + items[last].bytes <= Self.maxBatchBytes {
                bytes += items[last].bytes
                last += 1
            }
            do throws(SystemError) { try writeBatch(items[first..<last], bytes: bytes) } catch {
                gate.withLock { $0.failed(written: first, .now()) }
                return
            }
            first = last
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

    /// Oldest first. A failure is of no consequence but space: the next batch tries again.
    private func removeOld() {
        while log.canRemoveOldest, let oldest = log.segments.first {
            let isOld = (newest[oldest.number] ?? 0) < now() - configuration.keptForMilliseconds
            let diskBytes = log.segments.reduce(0) { $0 + $1.bytes }
            guard isOld || diskBytes > configuration.maxDiskBytes else { return }
            try? log.removeOldest()
            guard log.segments.first?.number != oldest.number else { return }
            newest[oldest.number] = nil
        }
    }
}
