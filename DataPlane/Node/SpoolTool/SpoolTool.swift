import EventLoop
import FoundationEssentials
import Glibc
import NodeProtocol
import Spool

/// What the tools write: results to standard output, progress to standard error.
enum SpoolTool {
    /// A usage that is none of ours.
    struct Misuse: Error, CustomStringConvertible {
        let description: String
    }

    /// All of it, however slowly it is taken; a reader that went away ends the program.
    static func write(_ bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { exit(1) }
            done += count
        }
    }

    static func writeJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        write(Array(try encoder.encode(value)) + [UInt8(ascii: "\n")])
    }

    /// Without anything that could move a terminal's cursor: subjects and replies are strangers' words.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}

/// A line on standard error for work that takes long, rewritten twice a second at most, only on a terminal.
final class SpoolProgress {
    private let isShown = isatty(STDERR_FILENO) == 1
    private var last = MonotonicTime.now()
    private var counted = 0
    private var wasShown = false

    func show(_ what: String, _ done: Int, of total: Int) {
        guard total > 0 else { return }
        line("\(what) \(SpoolTime.size(done)) of \(SpoolTime.size(total))")
    }

    func count(_ what: String) {
        counted += 1
        if counted % 1000 == 0 { line("\(counted) \(what)") }
    }

    /// Takes the line away.
    func end() {
        if wasShown { put("\r\u{1B}[K") }
    }

    private func line(_ text: String) {
        let now = MonotonicTime.now()
        guard isShown, now - last > .milliseconds(500) else { return }
        last = now
        wasShown = true
        put("\r\u{1B}[K\(text)")
    }

    private func put(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
