import EventLoop
import Glibc
import NodeProtocol

/// The open entries of a spool that was just opened, in the order of their ids, which is the order in which
/// they were accepted.
///
/// Nothing but the ids is in memory: each entry is read when its turn comes, through a few windows over the
/// segment files, so that a million entries cost some ten thousand reads. The spool may be at work meanwhile:
/// what was closed since is left out, what was moved is found. An entry that the disk does not give any more
/// has an empty header; it stays open, and the next start tries again. Bytes were checked when the spool was
/// opened and are not checked again.
///
/// Reading blocks, so it is for the start of a process. May be read more than once.
package struct RecoveredEntries: Sequence, Sendable {
    private let ids: [MessageID]
    private let shelf: Locked<SpoolShelf>
    private let directory: String
    private let disk: any Disk

    init(_ shelf: Locked<SpoolShelf>, directory: String, disk: any Disk) {
        ids = shelf.withLock { $0.index.slots.keys.sorted() }
        self.shelf = shelf
        self.directory = directory
        self.disk = disk
    }

    /// How many were open when the spool was opened.
    package var count: Int { ids.count }
    package var isEmpty: Bool { ids.isEmpty }

    package func makeIterator() -> Iterator { Iterator(self) }

    package struct Iterator: IteratorProtocol {
        private let entries: RecoveredEntries
        private var taken = 0
        private let windows: SegmentWindows

        fileprivate init(_ entries: RecoveredEntries) {
            self.entries = entries
            windows = SegmentWindows(directory: entries.directory, disk: entries.disk)
        }

        package mutating func next() -> Recovery.Entry? {
            while taken < entries.ids.count {
                taken += 1
                if let entry = read(entries.ids[taken - 1]) { return entry }
            }
            return nil
        }

        private func read(_ id: MessageID) -> Recovery.Entry? {
            var seen: SpoolIndex.Slot?
            while let slot = entries.shelf.withLock({ $0.index.slots[id] }) {
                do throws(SystemError) {
                    if let header = try header(of: id, slot), let updates = try updates(of: id, slot) {
                        return Recovery.Entry(id: id, header: header, updates: updates)
                    }
                } catch {
                    // Compaction may have moved the entry since the look-up, and deleted the file.
                    if error.code == ENOENT, seen != slot {
                        seen = slot
                        continue
                    }
                }
                return Recovery.Entry(id: id, header: [], updates: [])
            }
            return nil
        }

        private func header(
            of id: MessageID, _ slot: SpoolIndex.Slot
        ) throws(SystemError) -> [UInt8]? {
            let fixedBytes = Frame.headBytes + EntryFrame.fixedBytes
            guard let fixed = try windows.bytes(slot.position, count: fixedBytes), fixed.id == id else {
                return nil
            }
            let headerBytes = fixed.word(at: Frame.headBytes + 16)
            guard headerBytes <= Int(slot.bytes) - fixedBytes,
                let all = try windows.bytes(slot.position, count: fixedBytes + headerBytes)
            else { return nil }
            return Array(all[fixedBytes...])
        }

        /// Follows the chain from the latest update to the first.
        private func updates(
            of id: MessageID, _ slot: SpoolIndex.Slot
        ) throws(SystemError) -> [[UInt8]]? {
            let fixedBytes = Frame.headBytes + UpdateFrame.fixedBytes
            var payloads: [[UInt8]] = []
            var position = slot.update
            while position.segment != 0 {
                guard let fixed = try windows.bytes(position, count: fixedBytes), fixed.id == id else {
                    return nil
                }
                let previous = SegmentLog.Position(
                    segment: UInt32(clamping: fixed.word(at: Frame.headBytes + 16)),
                    offset: UInt32(clamping: fixed.word(at: Frame.headBytes + 20)))
                let count = fixed.word(at: 0) + Frame.uncountedBytes
                guard count >= fixedBytes, let all = try windows.bytes(position, count: count) else {
                    return nil
                }
                payloads.append(Array(all[fixedBytes...]))
                position = entries.shelf.withLock { $0.detours[position] } ?? previous
            }
            return payloads.reversed()
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The id in a spool frame.
    fileprivate var id: MessageID {
        MessageID(
            high: littleEndian(at: Frame.headBytes, as: UInt64.self),
            low: littleEndian(at: Frame.headBytes + 8, as: UInt64.self))
    }

    /// Four bytes of a frame as a number.
    fileprivate func word(at offset: Int) -> Int { Int(littleEndian(at: offset, as: UInt32.self)) }
}
