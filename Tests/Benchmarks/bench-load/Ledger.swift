import EventLoop
import Glibc

/// A file of names and times, one `name nanoseconds` a line, by the monotonic clock that all processes of a
/// machine share. What is added is in the file within a tenth of a second.
///
/// Bound to its loop.
final class Ledger {
    private let file: Int32
    private var lines: [UInt8] = []

    init(path: String) throws {
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw SystemError.last("open \(path)") }
    }

    func add(_ name: some Sequence<UInt8>, at time: MonotonicTime) {
        lines.append(contentsOf: name)
        lines.append(contentsOf: " \(time.nanoseconds)\n".utf8)
    }

    func flush() {
        guard !lines.isEmpty else { return }
        let written = write(file, lines, lines.count)
        if written > 0 { lines.removeFirst(written) }
    }

    static func flushForEver(_ ledger: LoopBound<Ledger>) async {
        while true {
            await ledger.loop.sleep(.milliseconds(100))
            ledger.value.flush()
        }
    }

    /// The times of a ledger by name.
    static func read(_ path: String) throws -> [String: UInt64] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError.last("open \(path)") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = Glibc.read(file, &piece, piece.count), count > 0 { bytes += piece[..<count] }
        var times: [String: UInt64] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count == 2, let time = UInt64(String(decoding: words[1], as: UTF8.self)) else {
                continue
            }
            times[String(decoding: words[0], as: UTF8.self)] = time
        }
        return times
    }

    /// How long each name of the first ledger took to come into the second; one that did not has failed.
    static func compare(from: String, to: String) throws -> Latencies {
        let arrived = try read(to)
        var latencies = Latencies()
        for (name, begun) in try read(from) {
            guard let ended = arrived[name] else {
                latencies.fail()
                continue
            }
            latencies.add(.nanoseconds(ended > begun ? Int64(clamping: ended - begun) : 0))
        }
        return latencies
    }
}
