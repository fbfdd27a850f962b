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

    /// A record of such a group. The header is that of the entry it concerns, also of one that is closed by
    /// now; it is empty only when the entry was lost to damage.
    package enum Record: Sendable {
        case entry(MessageID, header: [UInt8])
        case update(MessageID, header: [UInt8], payload: [UInt8])
        case closed(MessageID, header: [UInt8])
    }

    /// In the order of their ids, which is the order in which they were accepted.
    package internal(set) var entries: [Entry] = []
    /// In the order of their sequences. `Spool.replay` takes them; until then the spool takes no commits.
    package internal(set) var unjournaled: [Group] = []
    /// What was damaged: copies and notes are in the folder `quarantine`.
    package internal(set) var quarantined: [Quarantine.Item] = []
    /// Names in the directory that are none of ours; left alone.
    package internal(set) var strayNames: [String] = []
    /// Bytes of torn writes that were cut off; nothing in them was ever acknowledged.
    package internal(set) var tornTailBytes = 0
    /// For the log, in plain words.
    package internal(set) var warnings: [String] = []
}

/// Builds index and recovery out of the groups of the log, one after the other.
struct RecoveryBuilder {
    private(set) var index = SpoolIndex()
    private var entries: [MessageID: Recovery.Entry] = [:]
    private var groups: [Recovery.Group] = []
    private var malformed = 0
    /// Headers of entries that a group needs and whose entry came later, as a copy made by compaction.
    private var lateHeaders: [MessageID: [UInt8]] = [:]
    private let journaled: UInt64

    /// - Parameter journaled: the journal has the events of all groups up to this one.
    init(journaled: UInt64) { self.journaled = journaled }

    mutating func add(_ recovered: SegmentLog.RecoveredGroup) {
        var records: [Recovery.Record] = []
        for frame in recovered.group.frames {
            guard let type = RecordType(rawValue: frame.type),
                let record = add(frame, type, recovered.segment, recovered.bytes)
            else {
                malformed += 1
                continue
            }
            if !type.isMoved { records.append(record) }
        }
        guard recovered.group.sequence > journaled, !records.isEmpty else { return }
        groups.append(Recovery.Group(sequence: recovered.group.sequence, records: records))
        for record in records where record.header.isEmpty {
            lateHeaders[record.id] = lateHeaders[record.id] ?? []
        }
    }

    private mutating func add(
        _ frame: Frame, _ type: RecordType, _ segment: UInt32, _ bytes: UnsafeRawBufferPointer
    ) -> Recovery.Record? {
        let position = SegmentLog.Position(segment: segment, offset: UInt32(clamping: frame.offset))
        switch type {
        case .entry, .movedEntry:
            guard let entry = EntryFrame(frame, in: bytes) else { return nil }
            let header = Array(bytes[entry.header])
            index.insert(entry.id, at: position, bytes: frame.range.count)
            entries[entry.id] = Recovery.Entry(id: entry.id, header: header, updates: [])
            if lateHeaders[entry.id] != nil { lateHeaders[entry.id] = header }
            return .entry(entry.id, header: header)
        case .update, .movedUpdate:
            guard let update = UpdateFrame(frame, in: bytes) else { return nil }
            let payload = Array(bytes[update.payload])
            index.update(update.id, at: position)
            entries[update.id]?.updates.append(payload)
            return .update(update.id, header: entries[update.id]?.header ?? [], payload: payload)
        case .closed:
            guard let id = MessageID(frame, in: bytes) else { return nil }
            index.remove(id)
            return .closed(id, header: entries.removeValue(forKey: id)?.header ?? [])
        }
    }

    func finish(_ findings: SegmentLog.Findings) -> Recovery {
        var recovery = Recovery()
        recovery.entries = entries.values.sorted { $0.id < $1.id }
        recovery.unjournaled = groups.map { group in
            var group = group
            group.records = group.records.map { $0.header.isEmpty ? $0.with(lateHeaders[$0.id] ?? []) : $0 }
            return group
        }
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
    package var id: MessageID {
        switch self {
        case .entry(let id, _), .update(let id, _, _), .closed(let id, _): id
        }
    }

    package var header: [UInt8] {
        switch self {
        case .entry(_, let header), .update(_, let header, _), .closed(_, let header): header
        }
    }

    fileprivate func with(_ header: [UInt8]) -> Self {
        switch self {
        case .entry(let id, _): .entry(id, header: header)
        case .update(let id, _, let payload): .update(id, header: header, payload: payload)
        case .closed(let id, _): .closed(id, header: header)
        }
    }
}
