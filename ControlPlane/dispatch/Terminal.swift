import Glibc

/// Standard error, for what must not stand among a command's results.
enum Terminal {
    static func complain(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Whether a person sits at standard input.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }

    /// Asks a question; only `y` and `yes` confirm it.
    static func confirms(_ question: String) -> Bool {
        complain("\(question) [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}
