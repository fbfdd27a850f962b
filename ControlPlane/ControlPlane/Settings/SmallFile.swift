import Glibc

/// Reads a file that a setting names, at start: a key, a set of keys.
enum SmallFile {
    /// A file that cannot be read; the text names it.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let maxBytes = 1 << 20

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot read", path) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= maxBytes else {
                throw Failure(description: "\(path) is larger than \(maxBytes) bytes")
            }
        }
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        Failure(description: "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
