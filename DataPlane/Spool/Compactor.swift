import EventLoop
import Glibc
import NodeProtocol

/// An open entry on its way from the oldest segment to the newest, as it was when it was read.
struct CompactionMove: Sendable {
    let id: MessageID
    /// Where it was read. When the index says otherwise by the time of writing, the copy is stale and is
    /// dropped.
    let slot: SpoolIndex.Slot
    let entryPayload: [UInt8]
    /// Payloads of its updates, oldest first.
    let updates: [[UInt8]]

    var bytes: Int {
        updates.reduce(Frame.headBytes + entryPayload.count) {
            $0 + $1.count + Frame.headBytes + UpdateFrame.fixedBytes
        }
    }
}

/// Reads what is still open out of the oldest segment, on a thread of its own, and hands it to the writer.
///
/// It never writes: the writer checks each copy against the index before it lays it down. What cannot be read
/// stays where it is, with its segment, and shows up as `.corrupt` when the message is due.
final class Compactor: Sendable {
    private struct State {
        var segment: UInt32?
        var isBusy = false
        /// The last attempt: which segment was to be emptied, and which was the newest then.
        var tried: (segment: UInt32, newest: UInt32) = (0, 0)
        var stops = false
    }

    private let reader: SegmentReader
    private let shelf: Locked<SpoolShelf>
    private let inbox: Condition<SpoolInbox>
    private let chunkBytes: Int
    private let state = Condition(State())

    init(reader: SegmentReader, shelf: Locked<SpoolShelf>, inbox: Condition<SpoolInbox>, chunkBytes: Int) {
        self.reader = reader
        self.shelf = shelf
        self.inbox = inbox
        self.chunkBytes = chunkBytes
    }

    func startThread() {
        SystemThread.start(name: "spool-compact") { [self] in
            while let segment = next() {
                empty(segment)
                state.signal { $0.isBusy = false }
                inbox.signal { $0.askTidy() }
            }
        }
    }

    /// Has a segment emptied, unless one is being emptied. What could not be moved is tried again only when
    /// there is a newer segment: a disk that fails must not be asked without end.
    func start(_ segment: UInt32, newest: UInt32) {
        state.signal { state in
            guard !state.isBusy, state.tried != (segment, newest) else { return }
            state.tried = (segment, newest)
            state.isBusy = true
            state.segment = segment
        }
    }

    func stop() { state.broadcast { $0.stops = true } }

    private func next() -> UInt32? {
        state.wait { state in
            if state.stops { return .some(nil) }
            guard let segment = state.segment else { return nil }
            state.segment = nil
            return .some(segment)
        }
    }

    private func empty(_ segment: UInt32) {
        let chain = UpdateChain(reader: reader, shelf: shelf)
        guard let header = shelf.withLock({ $0.headers[segment] }), let bytes = reader.readSegment(segment)
        else {
            return
        }
        let frames = bytes.withUnsafeBytes { bytes in
            SegmentScan(bytes, header: header, limit: .max, loss: .keepsWhatFollows).groups.flatMap(\.frames)
        }
        var chunk: [CompactionMove] = []
        var chunkedBytes = 0
        for frame in frames where RecordType(rawValue: frame.type)?.isEntry == true {
            guard let (id, slot) = openEntry(frame, in: bytes, segment),
                let updates = chain.payloads(of: id, slot)
            else {
                continue
            }
            let payload = Array(bytes[frame.payloadOffset..<frame.end])
            chunk.append(CompactionMove(id: id, slot: slot, entryPayload: payload, updates: updates))
            chunkedBytes += chunk.last?.bytes ?? 0
            guard chunkedBytes >= chunkBytes else { continue }
            guard hand(chunk) else { return }
            chunk.removeAll()
            chunkedBytes = 0
        }
        _ = hand(chunk)
    }

    /// The entry of a frame, when the index says that it is open and that this frame is where it lives.
    private func openEntry(
        _ frame: Frame, in bytes: [UInt8], _ segment: UInt32
    ) -> (MessageID, SpoolIndex.Slot)? {
        guard let id = bytes.withUnsafeBytes({ EntryFrame(frame, in: $0)?.id }),
            let slot = shelf.withLock({ $0.index.slots[id] }),
            slot.segment == segment, Int(slot.offset) == frame.offset
        else { return nil }
        return (id, slot)
    }

    /// Gives a chunk to the writer and waits until it is durable.
    private func hand(_ chunk: [CompactionMove]) -> Bool {
        guard !chunk.isEmpty else { return true }
        let answer = Condition<Bool?>(nil)
        let isTaken = inbox.signal { inbox in inbox.putMove(chunk) { done in answer.signal { $0 = done } } }
        return isTaken && answer.wait { $0 }
    }
}
