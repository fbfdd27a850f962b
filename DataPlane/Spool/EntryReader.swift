import EventLoop
import Glibc
import NodeProtocol

/// An open entry as it lies on disk.
package struct StoredEntry: Sendable {
    package let header: [UInt8]
    package let body: [UInt8]
    /// Payloads in the order in which they were committed. One that goes bad after the start hides those
    /// before it.
    package let updates: [[UInt8]]
}

/// Reads one open entry from its segment, on a thread that may block.
struct EntryReader: Sendable {
    let reader: SegmentReader
    let shelf: Locked<SpoolShelf>

    /// Header, body and updates.
    func entry(_ id: MessageID) -> Result<StoredEntry, SpoolError> {
        read(id) { bytes, entry, slot in
            let chain = UpdateChain(reader: reader, shelf: shelf)
            return StoredEntry(
                header: Array(bytes[entry.header]), body: Array(bytes[entry.body]),
                updates: chain.payloads(of: id, slot) ?? [])
        }
    }

    func read<Part>(
        _ id: MessageID, _ part: ([UInt8], EntryFrame, SpoolIndex.Slot) -> Part
    ) -> Result<Part, SpoolError> {
        var seen: SpoolIndex.Slot?
        while true {
            let place = shelf.withLock { shelf in
                shelf.index.slots[id].map { slot in (slot: slot, header: shelf.headers[slot.segment]) }
            }
            guard let place, let header = place.header else { return .failure(.unknownMessage(id)) }
            do throws(SegmentReader.Failure) {
                let (bytes, frame) = try reader.read(
                    place.slot.position, bytes: Int(place.slot.bytes), header: header)
                guard let entry = bytes.withUnsafeBytes({ EntryFrame(frame, in: $0) }), entry.id == id else {
                    throw .corrupt(bytes)
                }
                return .success(part(bytes, entry, place.slot))
            } catch {
                switch error {
                case .disk(let error):
                    // Compaction may have moved the entry and deleted the file between the look-up and the
                    // read.
                    guard error.code == ENOENT, seen != place.slot else {
                        return .failure(.diskFailed(error))
                    }
                    seen = place.slot
                case .corrupt(let bytes):
                    putAside(bytes, id, place.slot)
                    return .failure(.corrupt(id))
                }
            }
        }
    }

    private func putAside(_ bytes: [UInt8], _ id: MessageID, _ slot: SpoolIndex.Slot) {
        shelf.withLock { $0.corruptReads += 1 }
        let quarantine = Quarantine(directory: reader.directory, disk: reader.disk)
        // Without a copy the entry is still refused, and the bytes stay in the segment until it is closed.
        _ = try? bytes.withUnsafeBytes { bytes in
            try quarantine.save(
                bytes, segment: slot.segment, offset: Int(slot.offset),
                reason: "the checksum failed when it was read",
                whose: "It is the entry of message \(id.hexadecimal).", messages: [id])
        }
        let count = quarantine.count
        shelf.withLock { $0.quarantined = count }
    }
}
