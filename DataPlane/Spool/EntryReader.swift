import EventLoop
import Glibc
import NodeProtocol

/// Reads one open entry from its segment, on a thread that may block.
struct EntryReader: Sendable {
    let reader: SegmentReader
    let shelf: Locked<SpoolShelf>

    func read(
        _ id: MessageID, _ part: (EntryFrame) -> Range<Int>
    ) -> Result<[UInt8], SpoolError> {
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
                return .success(Array(bytes[part(entry)]))
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
                whose: "It is the entry of message \(id.hexadecimal).")
        }
    }
}
