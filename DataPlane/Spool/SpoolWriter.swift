import EventLoop
import NodeProtocol

/// The one who writes: turns what has arrived into batches, makes each durable with one fdatasync, and
/// answers.
///
/// Runs on its own thread; only the shelf is shared. In a batch the order is: lay out, write, fdatasync,
/// index, journal, answers. A failure at any point before the index leaves index and journal as they were.
final class SpoolWriter {
    private typealias Pending = SpoolInbox.Pending

    let log: SegmentLog
    let shelf: Locked<SpoolShelf>
    let journal: any JournalSink
    let keys: (any KeySink)?
    let configuration: SpoolConfiguration
    let inbox: Condition<SpoolInbox>
    let compactor: Compactor
    private var pace: BatchPace
    // Of the batch that is being laid out; their memory serves the next one. This thread is inside one call
    // at a time.
    @exclusivity(unchecked) private var changes: [Change] = []
    /// For each id that the batch touched, where its latest update is.
    @exclusivity(unchecked) private var latest: [MessageID: SegmentLog.Position?] = [:]
    private static let maxKeptCapacity = 4096
    /// The group up to which the keys were last asked for.
    var askedKeys: UInt64 = 0

    /// A change of the index that waits for the batch to be durable.
    enum Change {
        case insert(MessageID, SegmentLog.Position, bytes: Int, body: [UInt8]?)
        case update(MessageID, SegmentLog.Position, bytes: Int)
        case remove(MessageID)
    }

    init(
        log: SegmentLog, shelf: Locked<SpoolShelf>, journal: any JournalSink, keys: (any KeySink)?,
        configuration: SpoolConfiguration,
        inbox: Condition<SpoolInbox>, compactor: Compactor
    ) {
        self.log = log
        self.shelf = shelf
        self.journal = journal
        self.keys = keys
        self.configuration = configuration
        self.inbox = inbox
        self.compactor = compactor
        pace = BatchPace(intervalMicroseconds: configuration.batchIntervalMicroseconds)
    }

    /// Runs until the spool is closed and all that was taken is answered.
    func run() {
        while true {
            inbox.wait { $0.hasWork ? () : nil }
            if let time = pace.wait(.now()) { SystemThread.sleep(time) }
            switch inbox.wait({ $0.take() }) {
            case .groups(let items):
                pace.began(groups: items.count, .now())
                write(items)
            case .move(let moves, let done): done(move(moves))
            case .tidy: break
            case .stop:
                log.close()
                return
            }
            tidy()
        }
    }

    private func write(_ items: [Pending]) {
        for batch in items.batches(maxBytes: configuration.maxBatchBytes, \.bytes) {
            writeBatch(batch.items, bytes: batch.bytes)
        }
    }

    /// One write, one fdatasync, then every answer in one go.
    private func writeBatch(_ items: ArraySlice<Pending>, bytes: Int) {
        var results: [Result<Committed, SpoolError>] = []
        results.reserveCapacity(items.count)
        let refusal = items.contains(where: \.hasEntries) ? refusalOfEntries() : nil
        do throws(SystemError) {
            let buffer = try log.beginBatch(bytes: bytes)
            forgetBatch()
            for item in items {
                if let refusal, item.hasEntries {
                    results.append(.failure(refusal))
                } else if item.hasEntries, let duplicate = duplicate(in: item.group) {
                    results.append(.failure(.duplicate(duplicate)))
                } else {
                    results.append(.success(Committed(sequence: log.openSequence)))
                    layOut(item.group, into: buffer)
                }
            }
            try log.flush()
            apply(changes)
        } catch {
            shelf.withLock { $0.isHealthy = false }
            let failure = SpoolError(writing: error)
            results = items.map { $0.hasEntries ? .failure(refusal ?? failure) : .failure(failure) }
        }
        journalEvents(items, results)
        // What it holds of messages is not kept until the next one.
        forgetBatch()
        inbox.withLock { $0.answered(bytes: bytes) }
        for (item, result) in zip(items, results) { item.answer.give(result) }
    }

    private func journalEvents(_ items: ArraySlice<Pending>, _ results: [Result<Committed, SpoolError>]) {
        for (item, result) in zip(items, results) {
            if case .success(let committed) = result {
                journal.append(sequence: committed.sequence, events: item.group.events)
                guard let keys, item.hasKeys else { continue }
                keys.append(sequence: committed.sequence, keys: item.group.keys)
            }
        }
    }

    private func refusalOfEntries() -> SpoolError? {
        guard journal.hasRoom else { return .overloaded }
        // A disk that cannot be asked will say what is wrong when it is written to.
        guard let space = try? log.disk.space(log.directory) else { return nil }
        return shelf.withLock { $0.note(space, configuration) } ? .diskLow : nil
    }

    private func forgetBatch() {
        changes.removeAll(keepingCapacity: changes.capacity <= Self.maxKeptCapacity)
        if !latest.isEmpty { latest.removeAll(keepingCapacity: latest.capacity <= Self.maxKeptCapacity) }
    }

    private func duplicate(in group: SpoolGroup) -> MessageID? {
        var seen: Set<MessageID> = []
        if group.records.count > 1 { seen.reserveCapacity(group.records.count) }
        return shelf.withLock { shelf in
            for case .entry(let id, _, _) in group.records {
                if latest[id] != nil || shelf.index.slots[id] != nil { return id }
                if group.records.count > 1, !seen.insert(id).inserted { return id }
            }
            return nil
        }
    }

    private func layOut(_ group: SpoolGroup, into buffer: FrameBuffer) {
        let records = group.records
        for (index, record) in records.enumerated() {
            let position = log.position
            let start = buffer.count
            switch record {
            case .entry(let id, let header, let body):
                let type = group.isMoved ? RecordType.movedEntry : .entry
                log.startFrame(type: type.rawValue, isFirstOfGroup: index == 0)
                buffer.put(id)
                buffer.put(UInt32(clamping: header.count))
                buffer.put(header)
                buffer.put(body)
                latest[id] = .some(nil)
                let bytes = buffer.count - start
                changes.append(.insert(id, position, bytes: bytes, body: body))
            case .update(let id, let payload):
                let type = group.isMoved ? RecordType.movedUpdate : .update
                log.startFrame(type: type.rawValue, isFirstOfGroup: index == 0)
                buffer.put(id)
                buffer.put(latest[id] ?? shelf.withLock { $0.index.slots[id]?.update })
                buffer.put(payload)
                latest[id] = .some(position)
                changes.append(.update(id, position, bytes: buffer.count - start))
            case .closed(let id):
                log.startFrame(type: RecordType.closed.rawValue, isFirstOfGroup: index == 0)
                buffer.put(id)
                latest[id] = nil
                changes.append(.remove(id))
            case .key(let key):
                log.startFrame(type: RecordType.key.rawValue, isFirstOfGroup: index == 0)
                buffer.put(UInt64(bitPattern: key.at))
                buffer.put(key.payload)
            }
            log.endFrame(isLastOfGroup: index == records.count - 1)
        }
    }

    /// In portions, so that no reader waits for the whole of a great batch.
    func apply(_ changes: [Change]) {
        let active = log.segments.last
        let bytes = log.segments.reduce(0) { $0 + $1.bytes }
        shelf.withLock { shelf in
            if let active { shelf.headers[active.number] = active.header }
            shelf.diskBytes = bytes
            shelf.isHealthy = true
        }
        for start in stride(from: 0, to: changes.count, by: 256) {
            shelf.withLock { shelf in
                for change in changes[start..<min(changes.count, start + 256)] { shelf.apply(change) }
            }
        }
    }
}

extension SpoolShelf {
    fileprivate mutating func apply(_ change: SpoolWriter.Change) {
        switch change {
        case .insert(let id, let position, let bytes, let body):
            index.insert(id, at: position, bytes: bytes)
            if let body { cache.insert(id, body) }
        case .update(let id, let position, let bytes): index.update(id, at: position, bytes: bytes)
        case .remove(let id):
            index.remove(id)
            cache.remove(id)
        }
    }
}
