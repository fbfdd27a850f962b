import EventLoop
import Spool

/// The numbered, durable list of all that happened on this node, kept until the control plane has
/// acknowledged it.
///
/// What it promises: an event that `read` gives is on disk, keeps its number for ever, and no number is
/// missing before it, unless its bytes were damaged on disk. The events of one spool group become durable
/// together or not at all, so after a crash the spool knows which groups' events to derive again:
/// `durableSequence`.
/// How it fails: while its disk fails, events wait in memory and are written again every
/// `retryMilliseconds`; when too many wait, `hasRoom` tells the spool to take no new entries. The same holds
/// for a full disk: the journal itself has no threshold, because the spool's keeps room for the events of
/// what is queued.
/// Limits: `JournalConfiguration`, and the disk: what is not acknowledged is never dropped.
///
/// Any thread may call any method. `close` must be called, after the spool's.
package final class Journal: JournalSink {
    /// 16 bytes that no other journal has, for as long as its folder lives: the numbers of its events are its
    /// own.
    package let name: [UInt8]
    private let directory: String
    private let disk: any Disk
    private let configuration: JournalConfiguration
    private let gate: Gate<JournalState>
    private let readers: BlockingPool
    private let lock: DirectoryLock

    private init(
        directory: String, name: [UInt8], configuration: JournalConfiguration, disk: any Disk,
        state: JournalState, lock: DirectoryLock
    ) {
        self.name = name
        self.directory = directory
        self.configuration = configuration
        self.disk = disk
        self.lock = lock
        gate = Gate(state)
        readers = BlockingPool(threads: configuration.readThreads, name: "journal-read")
    }

    /// Opens the journal in `directory`, which is made when it is missing. Blocks while it reads all
    /// segments.
    ///
    /// A configuration that does not `check` is a programmer's mistake and traps.
    package static func open(
        directory: String, configuration: JournalConfiguration = JournalConfiguration(),
        disk: any Disk = RealDisk()
    ) throws(JournalError) -> (journal: Journal, recovery: JournalRecovery) {
        if let mistake = configuration.check() { preconditionFailure(mistake) }
        do throws(SystemError) { try disk.makeDirectory(directory) } catch { throw .diskFailed(error) }
        let lock = try takeLock(directory, disk)
        var opening = JournalOpening(directory: directory, disk: disk)
        let name: [UInt8]
        let log: SegmentLog
        do throws(JournalError) {
            log = try opening.run(segmentBytes: configuration.segmentBytes)
            name = try opening.name()
        } catch {
            lock.release()
            throw error
        }
        let journal = Journal(
            directory: directory, name: name, configuration: configuration, disk: disk, state: opening.state,
            lock: lock)
        journal.start(log, nextEvent: opening.state.lastEvent + 1)
        return (journal, opening.recovery)
    }

    private static func takeLock(_ directory: String, _ disk: any Disk) throws(JournalError) -> DirectoryLock
    {
        do throws(DirectoryLock.Failure) { return try DirectoryLock(directory: directory, disk: disk) } catch
        {
            switch error {
            case .disk(let error): throw .diskFailed(error)
            case .held(let pid): throw .lockedByAnother(pid: pid)
            }
        }
    }

    private func start(_ log: consuming sending SegmentLog, nextEvent: UInt64) {
        let handover = Handover(
            JournalWriter(
                log: log, nextEvent: nextEvent, directory: directory, disk: disk,
                configuration: configuration,
                gate: gate))
        SystemThread.start(name: "journal-write") { [self] in
            handover.take()?.run()
            readers.stop()
            lock.release()
            for closer in gate.withLock({ $0.closing.end() }) { closer.resume() }
        }
    }

    // MARK: - Events of the spool

    package var durableSequence: UInt64 { gate.withLock { $0.durableSequence } }

    package var hasRoom: Bool {
        let maxPendingBytes = configuration.maxPendingBytes
        return gate.withLock { $0.queuedBytes < maxPendingBytes }
    }

    package func append(sequence: UInt64, events: [[UInt8]]) {
        let item = JournalState.Pending(
            spoolSequence: sequence, events: events, bytes: Self.bytes(of: events), waiter: nil)
        // A writer that knows of something to write has set its time already.
        gate.signalIfNeeded { state in
            let wasEmpty = state.isEmpty
            state.put(item)
            return wasEmpty
        }
    }

    package func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void) {
        if !gate.signal({ $0.whenDurable(sequence, body) }) { body() }
    }

    // MARK: - Events without a group

    /// Numbers events that belong to no spool group and makes them durable together; returns their numbers.
    ///
    /// Throws `.diskFailed` and `.overloaded`, `.stopping`, `.empty`; then they do not count.
    package func append(_ events: [[UInt8]]) async throws(JournalError) -> ClosedRange<UInt64> {
        if events.isEmpty { throw .empty }
        let maxPendingBytes = configuration.maxPendingBytes
        let bytes = Self.bytes(of: events)
        let result = await withUnsafeContinuation { continuation in
            let refusal: JournalError? = gate.signal { state in
                if state.closing.hasBegun { return .stopping }
                if state.queuedBytes >= maxPendingBytes { return .overloaded }
                state.put(
                    JournalState.Pending(spoolSequence: 0, events: events, bytes: bytes, waiter: continuation)
                )
                return nil
            }
            if let refusal { continuation.resume(returning: .failure(refusal)) }
        }
        return try result.get()
    }

    private static func bytes(of events: [[UInt8]]) -> Int {
        events.reduce(0) { $0 + $1.count + Frame.headBytes + EventFrame.fixedBytes }
    }

    // MARK: - The uplink's side

    /// Durable events behind `seq` in order: at least one if there is one, then as long as they are fewer
    /// than `maxBytes` bytes.
    package func read(after seq: UInt64, maxBytes: Int) async throws(JournalError) -> [JournalEvent] {
        let plan = gate.withLock { $0.plan(after: seq, maxBytes: max(1, maxBytes), directory: directory) }
        let reader = JournalReader(disk: disk)
        do {
            let events = plan.pieces.isEmpty ? [] : try await readers.run { try reader.read(plan) }
            if events.isEmpty { gate.withLock { $0.foundNothing(upTo: plan.last) } }
            return events
        } catch let error as SystemError { throw .diskFailed(error) } catch { throw .stopping }
    }

    /// Remembers, durably, that the control plane has all events up to `seq`, and lets their space go. A
    /// number that was not given out yet counts as the last one that was.
    package func acknowledge(upTo seq: UInt64) async throws(JournalError) {
        let failure = await withUnsafeContinuation { continuation in
            if !gate.signal({ $0.acknowledge(seq, continuation) }) {
                continuation.resume(returning: .stopping)
            }
        }
        if let failure { throw failure }
    }

    /// Suspends until there are durable events behind `seq`; false when the journal closes instead.
    package func waitForMore(after seq: UInt64) async -> Bool {
        await withUnsafeContinuation { continuation in
            if let answer = gate.signal({ $0.waitForMore(after: seq, continuation) }) {
                continuation.resume(returning: answer)
            }
        }
    }

    package var statistics: JournalStatistics { gate.withLock { $0.statistics } }

    /// Writes what has been taken, ends the threads, gives the lock back.
    package func close() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            if gate.signal({ $0.closing.begin(continuation) }) { continuation.resume() }
        }
    }
}

/// Numbers for metrics and for the health page.
package struct JournalStatistics: Sendable {
    /// The last event that is durable.
    package let lastEvent: UInt64
    /// The last event that the control plane has acknowledged.
    package let acknowledged: UInt64
    package let diskBytes: Int
    package let segments: Int
    /// Events that wait in memory for the disk.
    package let queuedBytes: Int
    /// The last write reached the disk.
    package let isHealthy: Bool
}

extension JournalState {
    var statistics: JournalStatistics {
        JournalStatistics(
            lastEvent: lastEvent, acknowledged: acknowledged, diskBytes: segments.reduce(0) { $0 + $1.bytes },
            segments: segments.count, queuedBytes: queuedBytes, isHealthy: isHealthy)
    }
}
