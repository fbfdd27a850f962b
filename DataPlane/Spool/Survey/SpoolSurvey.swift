import EventLoop
import NodeProtocol

/// What is open in a spool's folder, read without its lock and without changing a byte; see `LogSurvey`.
package struct SpoolSurvey: Sendable {
    package let log: LogSurvey
    /// Read from disk as they are asked for. Of a spool that is at work, one that was closed or moved since
    /// has an empty header.
    package let entries: RecoveredEntries
    /// Bytes of the open entries in their segments.
    package let liveBytes: Int

    /// Throws `.diskFailed`, `.unknownFormat`.
    package init(
        directory: String, disk: any Disk = RealDisk(), progress: (Int, Int) -> Void = { _, _ in }
    ) throws(SpoolError) {
        // Events of groups are of no interest here: all of them count as journaled.
        var builder = RecoveryBuilder(journaled: .max)
        do throws(SegmentLog.OpenFailure) {
            log = try LogSurvey(
                directory: directory, kind: .spool, loss: .keepsWhatFollows, disk: disk, progress: progress
            ) { builder.add($0) }
        } catch { throw SpoolError(opening: error) }
        liveBytes = builder.index.liveBytes
        var shelf = SpoolShelf(index: builder.index, cache: BodyCache(maxBytes: 0))
        shelf.detours = builder.detours
        entries = RecoveredEntries(Locked(shelf), directory: directory, disk: disk)
    }
}

/// Everything that a spool's folder still says of one message.
package struct SpoolHistory: Sendable {
    package enum Content: Sendable {
        case entry(header: [UInt8], bodyBytes: Int)
        case update(payload: [UInt8])
        case closed
    }

    package struct Record: Sendable {
        package let content: Content
        /// A copy that compaction or an adoption made: of what was said before, not news.
        package let isMoved: Bool
        package let sequence: UInt64
        package let segment: UInt32
        package let offset: Int
    }

    /// In the order in which they were written.
    package private(set) var records: [Record] = []
    /// Of the newest copy; nil when no entry is there.
    package private(set) var body: [UInt8]?

    /// Reads all segments. Throws `.diskFailed`, `.unknownFormat`.
    package init(
        of id: MessageID, directory: String, disk: any Disk = RealDisk(),
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws(SpoolError) {
        do throws(SegmentLog.OpenFailure) {
            _ = try LogSurvey(
                directory: directory, kind: .spool, loss: .keepsWhatFollows, disk: disk, progress: progress
            ) { recovered in
                for frame in recovered.group.frames where MessageID(frame, in: recovered.bytes) == id {
                    take(frame, recovered)
                }
            }
        } catch { throw SpoolError(opening: error) }
    }

    private mutating func take(_ frame: Frame, _ recovered: SegmentLog.RecoveredGroup) {
        guard let type = RecordType(rawValue: frame.type) else { return }
        let content: Content
        switch type {
        case .entry, .movedEntry:
            guard let entry = EntryFrame(frame, in: recovered.bytes) else { return }
            content = .entry(header: Array(recovered.bytes[entry.header]), bodyBytes: entry.body.count)
            body = Array(recovered.bytes[entry.body])
        case .update, .movedUpdate:
            guard let update = UpdateFrame(frame, in: recovered.bytes) else { return }
            content = .update(payload: Array(recovered.bytes[update.payload]))
        case .closed: content = .closed
        case .key: return
        }
        records.append(
            Record(
                content: content, isMoved: type.isMoved, sequence: frame.sequence,
                segment: recovered.segment, offset: frame.offset))
    }
}
