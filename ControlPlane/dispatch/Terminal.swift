import Glibc

/// Standard error, for what must not stand among a command's results.
enum Terminal {
    static func complain(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
