import EventLoop

/// Reads many small pieces of segments, mostly in order, with few calls: each call takes a window of 64 KiB
/// where the piece follows on another window, else of 4 KiB, and the windows that were used last are kept.
/// Blocks.
///
/// Not `Sendable`: one reader owns it.
final class SegmentWindows {
    private struct Window {
        var segment: UInt32 = 0
        var start = 0
        let buffer = ReadBuffer()
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    private static let windowBytes = 64 << 10
    private static let firstWindowBytes = 4 << 10
    /// Entries are read in order, and so is each of the few updates that most of them have.
    private static let maxWindows = 8

    private let directory: String
    private let disk: any Disk
    /// The one that was used last comes last.
    private var windows = (0..<maxWindows).map { _ in Window() }

    init(directory: String, disk: any Disk) {
        self.directory = directory
        self.disk = disk
    }

    /// `count` bytes of a segment, not checked, there until the next call; nil when the segment ends before.
    func bytes(_ position: SegmentLog.Position, count: Int) throws(SystemError) -> UnsafeRawBufferPointer? {
        let start = Int(position.offset)
        let found = windows.lastIndex { window in
            window.segment == position.segment && window.start <= start
                && start + count <= window.start + window.bytes.count
        }
        if let found {
            if found != windows.count - 1 { windows.append(windows.remove(at: found)) }
        } else {
            let window = try move(windows[0], to: position, count: count)
            windows.removeFirst()
            windows.append(window)
        }
        guard let window = windows.last, start - window.start + count <= window.bytes.count else {
            return nil
        }
        return UnsafeRawBufferPointer(
            rebasing: window.bytes[start - window.start..<start - window.start + count])
    }

    private func move(
        _ window: Window, to position: SegmentLog.Position, count: Int
    ) throws(SystemError) -> Window {
        let start = Int(position.offset)
        let follows = windows.contains { other in
            other.segment == position.segment && other.start <= start
                && start <= other.start + other.bytes.count + Self.windowBytes
        }
        let wanted = max(count, follows ? Self.windowBytes : Self.firstWindowBytes)
        var window = window
        let file = try disk.openForReading(SegmentLog.path(of: UInt64(position.segment), in: directory))
        window.segment = position.segment
        window.start = start
        window.bytes = try window.buffer.read(file, count: wanted, at: start)
        return window
    }
}
