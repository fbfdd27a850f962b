import EventLoop

/// What a caller of the journal can react to.
package enum JournalError: Error, Equatable, Sendable {
    /// Writing or reading failed; events given to `append` do not count.
    case diskFailed(SystemError)
    /// Too many events wait for the disk; try again later.
    case overloaded
    /// The journal is closing or closed.
    case stopping
    /// There was nothing to append.
    case empty
    /// Another process has the journal open. Zero when its number could not be read.
    case lockedByAnother(pid: Int32)
    /// A segment was written by a newer program.
    case unknownFormat(version: UInt32, path: String)
    /// The files in the directory contradict each other; nothing was changed.
    case inconsistent(String)
}

/// One event with its number.
package struct JournalEvent: Equatable, Sendable {
    /// 1, 2, 3 … for ever.
    package let seq: UInt64
    package let bytes: [UInt8]

    package init(seq: UInt64, bytes: [UInt8]) {
        self.seq = seq
        self.bytes = bytes
    }
}

/// What opening a journal found.
package struct JournalRecovery: Sendable {
    /// Events that are not acknowledged.
    package var pendingEvents: UInt64 = 0
    /// Names in the directory that are none of ours; left alone.
    package var strayNames: [String] = []
    /// Damage: paths of the copies, with their reasons. Events lost to it leave a gap in the numbers.
    package var quarantined: [String] = []
    package var warnings: [String] = []
}
