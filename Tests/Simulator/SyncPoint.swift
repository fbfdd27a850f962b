/// Each place where the design makes something durable, by name, so that a build without it can be tried.
package enum SyncPoint: String, CaseIterable, Sendable {
    /// The fdatasync of a batch, on which every 250 and 202 stands.
    case spoolBatch = "spool-batch"
    /// The fsync of a fresh segment's header before the first batch goes into it.
    case spoolHeader = "spool-header"
    /// The fsync of the folder after a segment was made.
    case spoolNewName = "spool-new-name"
    /// The fsync of the folder after a segment was deleted.
    case spoolRemovedName = "spool-removed-name"
    /// The fsync at start of what a killed process wrote without waiting for the disk.
    case spoolRepair = "spool-repair"
    case journalBatch = "journal-batch"
    case journalHeader = "journal-header"
    case journalNewName = "journal-new-name"
    case journalRemovedName = "journal-removed-name"
    case journalRepair = "journal-repair"
    /// The fdatasync of idempotency keys, behind which the spool lets go of them.
    case keysBatch = "keys-batch"
    case keysHeader = "keys-header"
    case keysNewName = "keys-new-name"
    case keysRemovedName = "keys-removed-name"
    case keysRepair = "keys-repair"
    /// The fsync of the new cursor before it takes the old one's name.
    case cursor = "cursor"
    /// The fsync of the folder after that.
    case cursorName = "cursor-name"
    /// The fsync of a copy of damaged bytes before they are cut off.
    case quarantine = "quarantine"
    case quarantineName = "quarantine-name"

    /// How many seeds it takes at most to notice that one is missing.
    package static let mostSeeds: UInt64 = 1_000

    var isRepair: Bool { [.spoolRepair, .journalRepair, .keysRepair].contains(self) }

    /// Whether a thousand seeds show for certain that a promise to somebody outside stands on it. The removed
    /// name of a journal's segment is missed once in some hundred seeds. The fdatasync of the first batch
    /// covers a header; old cursors may come back, because the control plane knows events by their numbers;
    /// copies of damage are for people.
    package var isNeeded: Bool {
        switch self {
        case .spoolBatch, .spoolNewName, .spoolRemovedName, .spoolRepair, .journalBatch, .journalNewName,
            .journalRepair, .keysBatch, .keysNewName, .keysRepair:
            true
        case .spoolHeader, .journalHeader, .journalRemovedName, .keysHeader, .keysRemovedName, .cursor,
            .cursorName, .quarantine,
            .quarantineName:
            false
        }
    }

    /// The sync of a file's contents. `isFresh`: this handle has made the file.
    init?(file path: String, isData: Bool, isFresh: Bool) {
        let isSegment = path.hasSuffix(".segment")
        if path.contains("/quarantine/") {
            self = .quarantine
        } else if path.hasPrefix("/journal/cursor") {
            self = .cursor
        } else if isSegment, path.hasPrefix("/spool/") {
            self = isData ? .spoolBatch : isFresh ? .spoolHeader : .spoolRepair
        } else if isSegment, path.hasPrefix("/journal/") {
            self = isData ? .journalBatch : isFresh ? .journalHeader : .journalRepair
        } else if isSegment, path.hasPrefix("/keys/") {
            self = isData ? .keysBatch : isFresh ? .keysHeader : .keysRepair
        } else {
            return nil
        }
    }

    /// The sync of a name's change, with its folder.
    init?(name change: DiskContents.NameChange) {
        let path = change.path
        let isSegment = path.hasSuffix(".segment")
        if path.contains("/quarantine/") {
            self = .quarantineName
        } else if path.hasPrefix("/journal/cursor") {
            self = .cursorName
        } else if isSegment, path.hasPrefix("/spool/") {
            self = change.isAddition ? .spoolNewName : .spoolRemovedName
        } else if isSegment, path.hasPrefix("/journal/") {
            self = change.isAddition ? .journalNewName : .journalRemovedName
        } else if isSegment, path.hasPrefix("/keys/") {
            self = change.isAddition ? .keysNewName : .keysRemovedName
        } else {
            return nil
        }
    }
}
