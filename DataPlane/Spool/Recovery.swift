import NodeProtocol

/// What a spool held when it was opened.
package struct Recovery: Sendable {
    /// An entry that is not closed.
    package struct Entry: Sendable {
        package let id: MessageID
        package var header: [UInt8]
        /// Payloads in the order in which they were committed.
        package var updates: [[UInt8]]
    }

    /// A group whose events the journal does not have for certain.
    package struct Group: Sendable {
        package let sequence: UInt64
        package internal(set) var records: [Record]
    }

    /// A record of such a group.
    package enum Record: Sendable {
        case entry(MessageID, header: [UInt8])
        case update(MessageID, payload: [UInt8])
        case closed(MessageID)
    }

    /// What is open, read from disk as it is asked for.
    package let entries: RecoveredEntries
    /// In the order of their sequences. `Spool.replay` takes them; until then the spool takes no commits.
    package internal(set) var unjournaled: [Group] = []
    /// What was damaged: copies and notes are in the folder `quarantine`.
    package internal(set) var quarantined: [Quarantine.Item] = []
    /// Names in the directory that are none of ours; left alone.
    package internal(set) var strayNames: [String] = []
    /// Bytes of torn writes that were cut off; nothing in them was ever acknowledged.
    package internal(set) var tornTailBytes = 0
    /// Idempotency keys that the `KeySink` may not have had: it has been given them.
    package internal(set) var keys: [KeyRecord] = []
    /// For the log, in plain words.
    package internal(set) var warnings: [String] = []
}

/// Builds index and recovery out of the groups of the log, one after the other. Of an entry it keeps the
/// place alone.
struct RecoveryBuilder {
    private(set) var index = SpoolIndex()
    /// As in `SpoolShelf`.
    private(set) var detours: [SegmentLog.Position: SegmentLog.Position] = [:]
    private var groups: [Recovery.Group] = []
    private var malformed = 0
    /// Those of groups behind `keysKept`, in order.
    private(set) var keys: [(sequence: UInt64, key: KeyRecord)] = []
    private let journaled: UInt64
    private let keysKept: UInt64

    /// - Parameters:
    ///   - journaled: the journal has the events of all groups up to this one.
    ///   - keysKept: the same of key records and their sink.
    init(journaled: UInt64, keysKept: UInt64 = .max) {
        self.journaled = journaled
        self.keysKept = keysKept
    }

    mutating func add(_ recovered: SegmentLog.RecoveredGroup) {
        let isJournaled = recovered.group.sequence <= journaled
        var records: [Recovery.Record] = []
        for frame in recovered.group.frames {
            guard let type = RecordType(rawValue: frame.type),
                add(frame, type, recovered.segment, recovered.bytes)
            else {
                malformed += 1
                continue
            }
            if !isJournaled, let record = Recovery.Record(frame, type, in: recovered.bytes) {
                records.append(record)
            }
        }
        guard !records.isEmpty else { return }
        groups.append(Recovery.Group(sequence: recovered.group.sequence, records: records))
    }

    /// False when the frame is not what its type says.
    private mutating func add(
        _ frame: Frame, _ type: RecordType, _ segment: UInt32, _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        let position = SegmentLog.Position(segment: segment, offset: UInt32(clamping: frame.offset))
        switch type {
        case .entry, .movedEntry:
            guard let entry = EntryFrame(frame, in: bytes) else { return false }
            index.insert(entry.id, at: position, bytes: frame.range.count)
        case .update, .movedUpdate:
            guard let update = UpdateFrame(frame, in: bytes) else { return false }
            if let slot = index.slots[update.id] {
                if slot.update != update.previous { detours[position] = slot.update }
                index.update(update.id, at: position, bytes: frame.range.count)
            }
        case .closed:
            guard let id = MessageID(frame, in: bytes) else { return false }
            index.remove(id)
        case .key:
            guard let key = KeyFrame(frame, in: bytes)?.record else { return false }
            if frame.sequence > keysKept { keys.append((frame.sequence, key)) }
        }
        return true
    }

    func finish(_ findings: SegmentLog.Findings, _ entries: RecoveredEntries) -> Recovery {
        var recovery = Recovery(entries: entries)
        recovery.unjournaled = groups
        recovery.keys = keys.map(\.key)
        recovery.quarantined = findings.quarantined
        recovery.strayNames = findings.strayNames
        recovery.tornTailBytes = findings.tornTailBytes
        recovery.warnings = findings.warnings
        if malformed > 0 {
            recovery.warnings.append("\(malformed) records of a type or shape unknown here: ignored")
        }
        return recovery
    }
}

extension Recovery.Record {
    /// Nil for what compaction copied: it is no news to the journal.
    fileprivate init?(_ frame: Frame, _ type: RecordType, in bytes: UnsafeRawBufferPointer) {
        switch type {
        case .entry:
            guard let entry = EntryFrame(frame, in: bytes) else { return nil }
            self = .entry(entry.id, header: Array(bytes[entry.header]))
        case .update:
            guard let update = UpdateFrame(frame, in: bytes) else { return nil }
            self = .update(update.id, payload: Array(bytes[update.payload]))
        case .closed:
            guard let id = MessageID(frame, in: bytes) else { return nil }
            self = .closed(id)
        case .movedEntry, .movedUpdate, .key: return nil
        }
    }
}
