import EventLoop
import Spool

/// Reads durable events out of the segments. Blocks: for pool threads.
struct JournalReader: Sendable {
    /// Where to read, as it was when the caller asked.
    struct Plan: Sendable {
        /// Oldest first: path, header, where to begin, and where the durable bytes end.
        var pieces: [(path: String, header: SegmentHeader, offset: Int, end: Int)] = []
        var after: UInt64
        var last: UInt64
        var maxBytes: Int
    }

    let disk: any Disk
    private static let chunkBytes = 256 << 10

    func read(_ plan: Plan) throws(SystemError) -> [JournalEvent] {
        var events: [JournalEvent] = []
        var bytes = 0
        for piece in plan.pieces where bytes < plan.maxBytes {
            let file = try disk.openForReading(piece.path)
            var offset = piece.offset
            while offset < piece.end, bytes < plan.maxBytes {
                let next = try readChunk(
                    file, piece.header, from: offset, end: piece.end, plan, &events, &bytes)
                guard let next else {
                    try readAroundDamage(
                        file, piece.header, from: offset, end: piece.end, plan, &events, &bytes)
                    break
                }
                offset = next
            }
        }
        return events
    }

    /// Reads some whole frames; gives the offset behind them, or nil when a damaged one is in the way.
    private func readChunk(
        _ file: any DiskFile, _ header: SegmentHeader, from offset: Int, end: Int, _ plan: Plan,
        _ events: inout [JournalEvent], _ bytes: inout Int
    ) throws(SystemError) -> Int? {
        var chunk = try file.readUpTo(min(Self.chunkBytes, end - offset), at: offset)
        if let wanted = Frame.bytesWanted(chunk), wanted > chunk.count, wanted <= end - offset {
            chunk = try file.readUpTo(wanted, at: offset)
        }
        var position = 0
        chunk.withUnsafeBytes { chunk in
            while bytes < plan.maxBytes, let frame = Frame.read(chunk, at: position, header: header) {
                take(frame, chunk, plan, &events, &bytes)
                position = frame.end
            }
        }
        if position > 0 { return offset + position }
        return nil
    }

    private func readAroundDamage(
        _ file: any DiskFile, _ header: SegmentHeader, from offset: Int, end: Int, _ plan: Plan,
        _ events: inout [JournalEvent], _ bytes: inout Int
    ) throws(SystemError) {
        let whole = try file.readUpTo(end, at: 0)
        whole.withUnsafeBytes { whole in
            let scan = SegmentScan(whole, header: header, limit: .max, loss: .keepsWhatFollows)
            for frame in scan.groups.flatMap(\.frames) where frame.offset > offset && bytes < plan.maxBytes {
                take(frame, whole, plan, &events, &bytes)
            }
        }
    }

    private func take(
        _ frame: Frame, _ bytes: UnsafeRawBufferPointer, _ plan: Plan, _ events: inout [JournalEvent],
        _ total: inout Int
    ) {
        guard let event = EventFrame(frame, in: bytes), event.seq > plan.after, event.seq <= plan.last else {
            return
        }
        events.append(JournalEvent(seq: event.seq, bytes: Array(bytes[event.event])))
        total += event.event.count
    }
}

extension JournalState {
    /// Where the events behind `seq` are.
    func plan(after seq: UInt64, maxBytes: Int, directory: String) -> JournalReader.Plan {
        var plan = JournalReader.Plan(after: seq, last: lastEvent, maxBytes: maxBytes)
        for segment in segments where segment.lastEvent > seq {
            let mark = segment.marks.last { $0.seq <= seq + 1 } ?? segment.marks.first
            guard let mark else { continue }
            plan.pieces.append(
                (
                    SegmentLog.path(of: UInt64(segment.number), in: directory), segment.header, mark.offset,
                    segment.bytes
                ))
        }
        return plan
    }
}
