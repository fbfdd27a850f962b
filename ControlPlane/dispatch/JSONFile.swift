import FoundationEssentials
import Glibc

/// A JSON document that a command is given: a file, or standard input as `-`.
enum JSONFile {
    static let maxBytes = 4 * 1024 * 1024

    static func read(_ path: String) throws -> JSONValue {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure("cannot read \(path): \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += buffer.prefix(count)
            guard bytes.count <= maxBytes else { throw Failure("\(path) has more than \(maxBytes) bytes") }
        }
        do { return try JSONDecoder().decode(JSONValue.self, from: Data(bytes)) } catch {
            throw Failure("\(path) is not JSON")
        }
    }
}
