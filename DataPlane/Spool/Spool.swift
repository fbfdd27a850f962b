import EventLoop
import NodeProtocol

/// Where accepted messages are until they are done: append-only segment files, written by one thread.
///
/// What it promises: when `commit` returns, the group is on disk, whole, and survives the process and the
/// power. What was refused does not come back after a restart, unless the disk was so broken that not even a
/// fresh segment could be made; then it may, and nobody was told that it was accepted.
/// How it fails: every failure is a `SpoolError` named by what the caller should do. A failed write or
/// fdatasync gives up the segment, not the spool: the next batch tries a fresh one. Damage found at start or
/// when a body is read is put aside in `quarantine/`, never delivered, and never stops the process.
/// Limits: `SpoolConfiguration`. Memory: 53 to 107 bytes for each open entry, the cache of bodies, the queue.
/// The format and the reasons are in `infra/docs/spool-format.md`.
///
/// Any thread may call any method. `close` must be called: the threads keep the spool alive.
package final class Spool: Sendable {
    private let directory: String
    private let configuration: SpoolConfiguration
    private let disk: any Disk
    private let journal: any JournalSink
    private let keys: (any KeySink)?
    private let inbox: Condition<SpoolInbox>
    private let shelf: Locked<SpoolShelf>
    private let readers: BlockingPool
    private let compactor: Compactor
    private let lock: DirectoryLock

    private init(
        directory: String, configuration: SpoolConfiguration, disk: any Disk, journal: any JournalSink,
        keys: (any KeySink)?, lock: DirectoryLock, shelf: Locked<SpoolShelf>, isRecovering: Bool
    ) {
        self.directory = directory
        self.configuration = configuration
        self.disk = disk
        self.journal = journal
        self.keys = keys
        self.lock = lock
        self.shelf = shelf
        var inbox = SpoolInbox()
        inbox.isRecovering = isRecovering
        self.inbox = Condition(inbox)
        readers = BlockingPool(threads: configuration.readThreads, name: "spool-read")
        compactor = Compactor(
            reader: SegmentReader(directory: directory, disk: disk), shelf: shelf, inbox: self.inbox,
            chunkBytes: max(1, configuration.maxBatchBytes / 4))
    }

    /// Opens the spool in `directory`, which is made when it is missing. Blocks while it reads all segments.
    ///
    /// `journal` and `keys` must be open already. Throws `.lockedByAnother`, `.unknownFormat`,
    /// `.inconsistent`, `.diskFailed`. A configuration that does not `check` is a programmer's mistake and
    /// traps.
    package static func open(
        directory: String, configuration: SpoolConfiguration = SpoolConfiguration(),
        disk: any Disk = RealDisk(),
        journal: any JournalSink, keys: (any KeySink)? = nil
    ) throws(SpoolError) -> (spool: Spool, recovery: Recovery) {
        if let mistake = configuration.check() { preconditionFailure(mistake) }
        do throws(SystemError) { try disk.makeDirectory(directory) } catch { throw .diskFailed(error) }
        let lock = try DirectoryLock.take(directory, disk)
        // The sink may have had only a part of the last group that it tells of: that one is replayed again.
        var builder = RecoveryBuilder(
            journaled: journal.durableSequence,
            keysKept: keys.map { $0.recoveredSequence == 0 ? 0 : $0.recoveredSequence - 1 } ?? .max)
        let log: SegmentLog
        let findings: SegmentLog.Findings
        do throws(SegmentLog.OpenFailure) {
            (log, findings) = try SegmentLog.open(
                directory: directory, kind: .spool, segmentBytes: configuration.segmentBytes, disk: disk,
                fileNames: AdoptedMark.names.union([DirectoryLock.name]), loss: .keepsWhatFollows
            ) { builder.add($0) }
        } catch {
            lock.release()
            throw SpoolError(opening: error)
        }
        // The journal never runs ahead of the spool, unless the spool's newest segment was lost to damage.
        log.nextSequence = max(
            log.nextSequence, journal.durableSequence &+ 1, (keys?.recoveredSequence ?? 0) &+ 1)
        var shelf = SpoolShelf(index: builder.index, cache: BodyCache(maxBytes: configuration.bodyCacheBytes))
        shelf.detours = builder.detours
        for segment in log.segments { shelf.headers[segment.number] = segment.header }
        shelf.diskBytes = log.segments.reduce(0) { $0 + $1.bytes }
        shelf.quarantined = Quarantine(directory: directory, disk: disk).count
        let shared = Locked(shelf)
        let recovery = builder.finish(
            findings,
            RecoveredEntries(shared, directory: directory, disk: disk))
        let spool = Spool(
            directory: directory, configuration: configuration, disk: disk, journal: journal, keys: keys,
            lock: lock, shelf: shared, isRecovering: !recovery.unjournaled.isEmpty)
        for (sequence, key) in builder.keys { keys?.append(sequence: sequence, keys: [key]) }
        spool.start(log)
        return (spool, recovery)
    }

    private func start(_ log: consuming sending SegmentLog) {
        let writer = SpoolWriter(
            log: log, shelf: shelf, journal: journal, keys: keys, configuration: configuration, inbox: inbox,
            compactor: compactor)
        let handover = Handover(writer)
        inbox.signal { $0.askTidy() }
        compactor.startThread()
        SystemThread.start(name: "spool-write") { [self] in
            handover.take()?.run()
            compactor.stop()
            readers.stop()
            lock.release()
            let closers = inbox.signal { $0.closing.end() }
            for closer in closers { closer.resume() }
        }
    }

    // MARK: - Writing

    /// Makes a group durable. Returns only when it is on disk; the token proves it.
    ///
    /// Throws `.diskFailed`, `.diskLow`, `.overloaded`, `.stopping`, `.recovering`, `.tooLarge`, `.empty`,
    /// `.duplicate`; in each case nothing of the group counts.
    package func commit(_ group: SpoolGroup) async throws(SpoolError) -> Committed {
        let result = await withUnsafeContinuation { continuation in
            put(group, .continuation(continuation))
        }
        return try result.get()
    }

    /// Makes a group durable without waiting. `completion` is called once: on the writer's thread, where it
    /// must be quick, or at once on this one when the group is refused.
    package func submit(
        _ group: SpoolGroup,
        completion: @escaping @Sendable (Result<Committed, SpoolError>) -> Void = { _ in }
    ) {
        put(group, .function(completion))
    }

    private func put(_ group: SpoolGroup, _ answer: SpoolInbox.Answer) {
        let item = SpoolInbox.Pending(group, answer)
        if let refusal = inbox.signal({ $0.put(item, configuration) }) { answer.give(.failure(refusal)) }
    }

    /// Gives the journal the events of the groups that it may not have, in order, and lets commits in.
    ///
    /// Call it once, right after `open`; `events` must derive the same events as were given with the group.
    package func replay(_ recovery: Recovery, _ events: (Recovery.Group) -> [[UInt8]]) {
        guard inbox.signal({ $0.isRecovering }) else { return }
        for group in recovery.unjournaled { journal.append(sequence: group.sequence, events: events(group)) }
        inbox.signal { inbox in
            inbox.isRecovering = false
            inbox.askTidy()
        }
    }

    /// Refuses what comes from now on, answers all that was taken, ends the threads and gives the lock back.
    package func close() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isStopped = inbox.broadcast { $0.closing.begin(continuation) }
            if isStopped { continuation.resume() }
        }
    }

    // MARK: - Reading

    /// The body of an open entry: from memory without a thread hop, else read from disk and checked.
    ///
    /// Throws `.unknownMessage`, `.corrupt` (a copy is in the quarantine), `.diskFailed`, `.stopping`.
    package func body(of id: MessageID) async throws(SpoolError) -> [UInt8] {
        if let body = shelf.withLock({ $0.cache.body(id) }) { return body }
        return try await read { $0.read(id) { bytes, entry, _ in Array(bytes[entry.body]) } }
    }

    /// The header of an open entry, read from disk. Errors as for `body`.
    package func header(of id: MessageID) async throws(SpoolError) -> [UInt8] {
        try await read { $0.read(id) { bytes, entry, _ in Array(bytes[entry.header]) } }
    }

    /// All of an open entry, read from disk. Errors as for `body`.
    package func entry(of id: MessageID) async throws(SpoolError) -> StoredEntry {
        try await read { $0.entry(id) }
    }

    /// Whether an entry is open.
    package func contains(_ id: MessageID) -> Bool { shelf.withLock { $0.index.slots[id] != nil } }

    /// Looks how much of the disk is free, so that `statistics` say so while nothing comes in. Blocks.
    package func measureSpace() {
        guard let space = try? disk.space(directory) else { return }
        _ = shelf.withLock { $0.note(space, configuration) }
    }

    package var statistics: SpoolStatistics {
        let queued = inbox.signal { $0.queuedBytes }
        var statistics = shelf.withLock { $0.statistics }
        statistics.queuedBytes = queued
        return statistics
    }

    private func read<Part: Sendable>(
        _ body: @escaping @Sendable (EntryReader) -> Result<Part, SpoolError>
    ) async throws(SpoolError) -> Part {
        let reader = EntryReader(reader: SegmentReader(directory: directory, disk: disk), shelf: shelf)
        let result: Result<Part, SpoolError>
        do { result = try await readers.run { body(reader) } } catch { throw .stopping }
        return try result.get()
    }
}
