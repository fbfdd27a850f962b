import EventLoop
import NodeProtocol

/// Reads the updates of an open entry: each names the one before it. On a thread that may block.
struct UpdateChain: Sendable {
    let reader: SegmentReader
    let shelf: Locked<SpoolShelf>

    /// The payloads, oldest first; nil when one of them cannot be read.
    func payloads(of id: MessageID, _ slot: SpoolIndex.Slot) -> [[UInt8]]? {
        var payloads: [[UInt8]] = []
        var position = slot.update
        while position.segment != 0 {
            guard let (bytes, frame) = frame(position),
                let update = bytes.withUnsafeBytes({ UpdateFrame(frame, in: $0) }), update.id == id
            else { return nil }
            payloads.append(Array(bytes[update.payload]))
            let previous = shelf.withLock { $0.detours[position] } ?? update.previous
            // A chain only leads back; anything else would be damage that passed its checksum.
            guard (previous.segment, previous.offset) < (position.segment, position.offset) else {
                return nil
            }
            position = previous
        }
        return payloads.reversed()
    }

    private func frame(_ position: SegmentLog.Position) -> (bytes: [UInt8], frame: Frame)? {
        guard let header = shelf.withLock({ $0.headers[position.segment] }) else { return nil }
        return try? reader.read(position, bytes: nil, header: header)
    }
}
