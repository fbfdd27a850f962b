import EventLoop
import Glibc
import Spool

/// Reads a journal's files at start.
struct JournalOpening {
    let directory: String
    let disk: any Disk
    private(set) var state = JournalState()
    private(set) var recovery = JournalRecovery()

    init(directory: String, disk: any Disk) {
        self.directory = directory
        self.disk = disk
    }

    mutating func run(segmentBytes: Int) throws(JournalError) -> SegmentLog {
        let acknowledged = try readCursor()
        var segments: [UInt32: JournalState.Segment] = [:]
        var spoolSequence: UInt64 = 0
        let log: SegmentLog
        let findings: SegmentLog.Findings
        do throws(SegmentLog.OpenFailure) {
            (log, findings) = try SegmentLog.open(
                directory: directory, kind: .journal, segmentBytes: segmentBytes, disk: disk,
                fileNames: JournalCursor.names.union(JournalName.names).union([DirectoryLock.name]),
                loss: .endsTheLog
            ) { recovered in
                for frame in recovered.group.frames {
                    guard let event = EventFrame(frame, in: recovered.bytes) else { continue }
                    segments[recovered.segment, default: JournalState.Segment(recovered)]
                        .add(event.seq, at: frame.offset)
                    spoolSequence = max(spoolSequence, event.spoolSequence)
                }
            }
        } catch { throw JournalError(opening: error) }
        fill(log, segments, acknowledged)
        state.durableSequence = max(spoolSequence, log.segments.last?.header.bookmarks.second ?? 0)
        state.takenSequence = state.durableSequence
        note(findings)
        return log
    }

    private mutating func fill(
        _ log: SegmentLog, _ segments: [UInt32: JournalState.Segment], _ acknowledged: UInt64
    ) {
        state.segments = log.segments.map { file in
            var segment =
                segments[file.number] ?? JournalState.Segment(number: file.number, header: file.header)
            segment.bytes = file.bytes
            return segment
        }
        let begun = log.segments.map(\.header.bookmarks.first).max() ?? 1
        state.lastEvent = max(
            state.segments.map(\.lastEvent).max() ?? 0, begun > 0 ? begun - 1 : 0, acknowledged)
        state.acknowledged = acknowledged
        recovery.pendingEvents = state.lastEvent - acknowledged
    }

    private mutating func note(_ findings: SegmentLog.Findings) {
        recovery.strayNames = findings.strayNames
        recovery.quarantined = findings.quarantined.map { "\($0.path): \($0.reason)" }
        recovery.warnings += findings.warnings
    }

    /// Zero when there is none yet. One that cannot be read sends everything that is still here again, which
    /// the control plane recognises by the numbers.
    private mutating func readCursor() throws(JournalError) -> UInt64 {
        do throws(SystemError) {
            let file = try disk.openForReading("\(directory)/\(JournalCursor.name)")
            let bytes = try file.readUpTo(128, at: 0)
            if let seq = JournalCursor.decode(bytes) { return seq }
            recovery.warnings.append("the cursor is damaged: events that were acknowledged are sent again")
            return 0
        } catch {
            if error.code == ENOENT { return 0 }
            throw .diskFailed(error)
        }
    }
}

extension JournalState.Segment {
    fileprivate init(_ recovered: SegmentLog.RecoveredGroup) {
        self.init(number: recovered.segment, header: recovered.header)
    }
}

extension JournalError {
    init(opening failure: SegmentLog.OpenFailure) {
        switch failure {
        case .disk(let error): self = .diskFailed(error)
        case .unknownVersion(let version, let path): self = .unknownFormat(version: version, path: path)
        case .inconsistent(let text): self = .inconsistent(text)
        }
    }
}
