import EventLoop
import Spool

/// How far a journal's folder was reported, read without its lock and without changing a byte; see
/// `LogSurvey`.
package struct JournalSurvey: Sendable {
    package let log: LogSurvey
    /// The last event that the control plane has acknowledged.
    package let acknowledged: UInt64
    /// Events behind it.
    package let unreported: Int

    /// Throws `.diskFailed`, `.unknownFormat`.
    package init(directory: String, disk: any Disk = RealDisk()) throws(JournalError) {
        var cursor: UInt64 = 0
        if let file = try? disk.openForReading("\(directory)/\(JournalCursor.name)"),
            let bytes = try? file.readUpTo(128, at: 0)
        {
            cursor = JournalCursor.decode(bytes) ?? 0
        }
        var count = 0
        do throws(SegmentLog.OpenFailure) {
            log = try LogSurvey(directory: directory, kind: .journal, loss: .endsTheLog, disk: disk) {
                recovered in
                for frame in recovered.group.frames {
                    if let event = EventFrame(frame, in: recovered.bytes), event.seq > cursor { count += 1 }
                }
            }
        } catch { throw JournalError(opening: error) }
        acknowledged = cursor
        unreported = count
    }
}
