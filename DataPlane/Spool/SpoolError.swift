import EventLoop
import Glibc
import NodeProtocol

/// What a caller of the spool can react to.
package enum SpoolError: Error, Equatable, Sendable {
    /// Writing or reading failed. For a commit: the group does not count; try again later (451, 503).
    case diskFailed(SystemError)
    /// Too little is free for new entries; updates and closings still go (452, 507).
    case diskLow
    /// More is waiting for the disk, or for the journal, than is allowed; try again soon (451, 503).
    case overloaded
    /// The spool is closing or closed.
    case stopping
    /// The journal has not yet been given the events of recovery: `Spool.replay` comes first.
    case recovering
    /// The group is greater than `SpoolConfiguration.maxGroupBytes`.
    case tooLarge(bytes: Int, maxGroupBytes: Int)
    /// A group has no records: events alone go to the journal.
    case empty
    /// An entry with this id is open already.
    case duplicate(MessageID)
    /// No entry with this id is open.
    case unknownMessage(MessageID)
    /// The entry's bytes fail their checksum; a copy is in the quarantine. It will not get better: fail the
    /// message.
    case corrupt(MessageID)
    /// Another process has the spool open. Zero when its number could not be read.
    case lockedByAnother(pid: Int32)
    /// A segment was written by a newer program.
    case unknownFormat(version: UInt32, path: String)
    /// The files in the directory contradict each other; nothing was changed.
    case inconsistent(String)

    /// The reaction to a failed write: a full disk is a matter of space, everything else of health.
    init(writing error: SystemError) {
        self = error.code == ENOSPC || error.code == EDQUOT ? .diskLow : .diskFailed(error)
    }

    init(opening failure: SegmentLog.OpenFailure) {
        switch failure {
        case .disk(let error): self = .diskFailed(error)
        case .unknownVersion(let version, let path): self = .unknownFormat(version: version, path: path)
        case .inconsistent(let text): self = .inconsistent(text)
        }
    }
}
