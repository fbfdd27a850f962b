import EventLoop
import Glibc
import Synchronization

/// Where log lines go: a descriptor that a thread of its own writes to, so that a slow reader never blocks a
/// loop.
///
/// Lines are appended to a bounded buffer and the thread is woken; under load it writes many lines with one
/// call. What does not fit into `maxPendingBytes` because the reader is stuck is dropped and counted, and a
/// line says so as soon as the reader takes lines again. `flush()` writes what is pending from the caller's
/// thread; it also runs at exit.
package final class LogSink: Sendable {
    /// Memory for lines that the reader has not taken yet.
    package static let maxPendingBytes = 4 << 20

    /// Standard error of the process. The writing thread starts with the first line.
    package static let standardError: LogSink = {
        let sink = LogSink(descriptor: STDERR_FILENO, level: .info)
        atexit { LogSink.standardError.flush() }
        return sink
    }()

    private struct Pending {
        var bytes: [UInt8] = []
        var droppedLines = 0
    }

    private let descriptor: Int32
    private let severity: Atomic<Int>
    private let pending = Locked(Pending())
    /// Held while bytes are taken and written, so that lines keep their order whoever writes them.
    private let writing = Locked(())
    /// A pipe: one byte in it means that lines are pending. -1 when the process has no descriptors left.
    private let wakeReader: Int32
    private let wakeWriter: Int32

    /// - Parameter descriptor: stays the caller's; it must be open as long as lines are written.
    package init(descriptor: Int32, level: LogLevel) {
        self.descriptor = descriptor
        self.severity = Atomic(level.severity)
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) == 0 {
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        }
        (wakeReader, wakeWriter) = (ends[0], ends[1])
        guard wakeReader >= 0 else { return }
        SystemThread.startOnSystem(name: "log") { [self] in
            var byte: UInt8 = 0
            while true {
                let count = read(wakeReader, &byte, 1)
                if count == 1 { flush() } else if count == 0 || errno != EINTR { return }
            }
        }
    }

    /// Lines below this level are not written from now on.
    package var level: LogLevel {
        get { LogLevel.allCases.first { $0.severity == severity.load(ordering: .relaxed) } ?? .info }
        set { severity.store(newValue.severity, ordering: .relaxed) }
    }

    package func isWritten(_ level: LogLevel) -> Bool {
        level.severity >= severity.load(ordering: .relaxed)
    }

    /// Queues one line, line feed included.
    func write(_ line: [UInt8]) {
        let wasEmpty = pending.withLock { pending in
            let wasEmpty = pending.bytes.isEmpty
            if pending.bytes.count + line.count > Self.maxPendingBytes {
                pending.droppedLines += 1
            } else {
                pending.bytes += line
            }
            return wasEmpty
        }
        guard wasEmpty else { return }
        if wakeWriter < 0 { return flush() }
        var byte: UInt8 = 1
        _ = Glibc.write(wakeWriter, &byte, 1)
    }

    /// Writes all pending lines before it returns. It may block as long as the reader does.
    package func flush() {
        writing.withLock { _ in
            let taken = pending.withLock { pending in
                let taken = pending
                pending = Pending()
                return taken
            }
            writeAll(taken.bytes)
            if taken.droppedLines > 0 { writeAll(Self.droppedLine(taken.droppedLines)) }
        }
    }

    private static func droppedLine(_ count: Int) -> [UInt8] {
        LogLine.bytes(
            milliseconds: Timestamp.nowMilliseconds(), level: .error, component: "log",
            message: "log lines dropped: the reader of standard error is too slow",
            fields: ["lines": .int(count)])
    }

    /// A descriptor that refuses bytes for good loses them: there is nowhere left to say so.
    private func writeAll(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, 1_000)
            } else if errno != EINTR {
                return
            }
        }
    }
}
