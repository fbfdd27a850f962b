import EventLoop
import Spool

/// The one who writes events: gives them their numbers, makes them durable, keeps the cursor, deletes what
/// is acknowledged. Runs on its own thread.
///
/// Events keep no number that did not become durable: after a failed write the same events are written
/// again, into a fresh segment, under the same numbers; nobody has seen them in between.
final class JournalWriter {
    private typealias Pending = JournalState.Pending

    private let log: SegmentLog
    private let directory: String
    private let disk: any Disk
    private let configuration: JournalConfiguration
    private let gate: Gate<JournalState>
    private var nextEvent: UInt64

    init(
        log: SegmentLog, nextEvent: UInt64, directory: String, disk: any Disk,
        configuration: JournalConfiguration,
        gate: Gate<JournalState>
    ) {
        self.log = log
        self.nextEvent = nextEvent
        self.directory = directory
        self.disk = disk
        self.configuration = configuration
        self.gate = gate
    }

    /// Runs until the journal is closed and all that was taken has been tried.
    func run() {
        removeAcknowledged()
        while true {
            switch gate.wait({ $0.take(.now()) }) {
            case .write(let items): write(items)
            case .acknowledge(let seq, let waiters): acknowledge(seq, waiters)
            case .stop(let waiters):
                log.close()
                for waiter in waiters { waiter.resume(returning: .failure(.stopping)) }
                for reader in gate.withLock({ $0.takeReaders() }) { reader.resume(returning: false) }
                return
            }
        }
    }

    private func write(_ items: [Pending]) {
        for batch in items.batches(maxBytes: configuration.maxBatchBytes, \.bytes) {
            do throws(SystemError) { try writeBatch(batch.items, bytes: batch.bytes) } catch {
                return giveUp(items[batch.items.startIndex...], error)
            }
        }
        gate.withLock { $0.finished([], given: 0, retry: nil) }
    }

    /// Those who wait are told; the events of the spool's groups are kept for the next attempt.
    private func giveUp(_ items: ArraySlice<Pending>, _ error: SystemError) {
        let given = items.filter { $0.waiter != nil }
        let retry = MonotonicTime.now().advanced(by: .milliseconds(configuration.retryMilliseconds))
        gate.withLock { state in
            state.finished(
                items.filter { $0.waiter == nil }, given: given.reduce(0) { $0 + $1.bytes }, retry: retry)
        }
        for item in given { item.waiter?.resume(returning: .failure(.diskFailed(error))) }
    }

    private func writeBatch(_ items: ArraySlice<Pending>, bytes: Int) throws(SystemError) {
        var next = nextEvent
        var places: [(seq: UInt64, offset: Int)] = []
        if items.contains(where: { !$0.events.isEmpty }) {
            log.bookmarks = SegmentHeader.Bookmarks(
                first: nextEvent, second: gate.withLock { $0.durableSequence })
            let buffer = try log.beginBatch(bytes: bytes)
            for item in items { layOut(item, into: buffer, &next, &places) }
            try log.flush()
        }
        let firsts = numberRanges(items)
        nextEvent = next
        let now = MonotonicTime.now().advanced(by: .milliseconds(configuration.syncIntervalMilliseconds))
        let (bodies, readers) = gate.withLock { state in
            if let active = log.segments.last, !places.isEmpty { state.grow(active, places) }
            return state.wrote(items, lastEvent: next - 1, next: now)
        }
        for body in bodies { body() }
        for reader in readers { reader.resume(returning: true) }
        for (item, range) in zip(items, firsts) where item.waiter != nil {
            item.waiter?.resume(returning: .success(range))
        }
    }

    private func layOut(
        _ item: Pending, into buffer: FrameBuffer, _ next: inout UInt64,
        _ places: inout [(seq: UInt64, offset: Int)]
    ) {
        for (index, event) in item.events.enumerated() {
            places.append((next, Int(log.position.offset)))
            log.startFrame(type: EventFrame.type, isFirstOfGroup: index == 0)
            buffer.put(next)
            buffer.put(item.spoolSequence)
            buffer.put(event)
            log.endFrame(isLastOfGroup: index == item.events.count - 1)
            next += 1
        }
    }

    /// The numbers of each item's events; meaningless for those without events, which nobody waits for.
    private func numberRanges(_ items: ArraySlice<Pending>) -> [ClosedRange<UInt64>] {
        var next = nextEvent
        return items.map { item in
            defer { next += UInt64(item.events.count) }
            return next...max(next, next + UInt64(item.events.count) - 1)
        }
    }

    // MARK: - Acknowledged events

    private func acknowledge(_ seq: UInt64, _ waiters: [UnsafeContinuation<JournalError?, Never>]) {
        var failure: JournalError?
        if seq > gate.withLock({ $0.acknowledged }) {
            do throws(SystemError) {
                try disk.replaceFile(JournalCursor.name, in: directory, with: JournalCursor.encode(seq))
                gate.withLock { $0.acknowledged = seq }
                removeAcknowledged()
            } catch { failure = .diskFailed(error) }
        }
        for waiter in waiters { waiter.resume(returning: failure) }
    }

    private func removeAcknowledged() {
        log.removeOldest { segment in
            gate.withLock { $0.mayRemove(segment.number) }
        } gone: { segment in
            gate.withLock { $0.removed(segment.number) }
        }
    }
}
