import EventLoop
import NodeProtocol

/// Reads single frames from segment files and checks them. Blocks: for pool threads and the compactor.
struct SegmentReader: Sendable {
    /// Why a frame cannot be had.
    enum Failure: Error {
        case disk(SystemError)
        /// The bytes at the place are not the frame that was written there.
        case corrupt([UInt8])
    }

    let directory: String
    let disk: any Disk

    /// The frame at `position`: its bytes, and the frame with offsets into them.
    ///
    /// - Parameter bytes: how long the frame is, where that is known.
    func read(
        _ position: SegmentLog.Position, bytes: Int?, header: SegmentHeader
    ) throws(Failure) -> (bytes: [UInt8], frame: Frame) {
        let raw: [UInt8]
        do throws(SystemError) { raw = try load(position, bytes: bytes) } catch { throw .disk(error) }
        let frame = raw.withUnsafeBytes { Frame.read($0, at: 0, header: header) }
        guard let frame, frame.end == raw.count else { throw .corrupt(raw) }
        return (raw, frame)
    }

    /// All bytes of a segment; nil when it cannot be read.
    func readSegment(_ number: UInt32) -> [UInt8]? {
        guard let file = try? disk.openForReading(SegmentLog.path(of: UInt64(number), in: directory)),
            let size = try? file.size()
        else { return nil }
        return try? file.readUpTo(size, at: 0)
    }

    private func load(_ position: SegmentLog.Position, bytes: Int?) throws(SystemError) -> [UInt8] {
        let file = try disk.openForReading(SegmentLog.path(of: UInt64(position.segment), in: directory))
        let offset = Int(position.offset)
        if let bytes { return try file.readUpTo(bytes, at: offset) }
        let head = try file.readUpTo(Frame.headBytes, at: offset)
        guard head.count == Frame.headBytes else { return head }
        let length = Int(head.withUnsafeBytes { $0.littleEndian(at: 0, as: UInt32.self) })
        guard length + offset <= (try file.size()) else { return head }
        return try file.readUpTo(length + Frame.uncountedBytes, at: offset)
    }
}
