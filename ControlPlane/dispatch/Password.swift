import ControlPlane
import Glibc

/// Where a command gets a password from: a file or standard input, never the command line, which others can
/// read.
enum Password {
    static let maxBytes = 1024

    /// - Returns: the password, and whether it was made here and has to be shown.
    static func given(_ arguments: Arguments) throws -> (text: String, isMade: Bool) {
        guard let path = arguments.option("password-file") else {
            return (OperatorBootstrap.generatedPassword(), true)
        }
        return (try read(path), false)
    }

    /// From `--password-file`, else the first line of standard input.
    static func asked(_ arguments: Arguments) throws -> String {
        if arguments.option("password-file") == nil, Terminal.canAsk {
            Terminal.complain("Password: ")
        }
        return try read(arguments.option("password-file") ?? "-")
    }

    private static func read(_ path: String) throws -> String {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { if path != "-" { close(descriptor) } }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n"), line.count <= maxBytes {
            line.append(byte)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty, line.count <= maxBytes else {
            throw Failure("the password must have 1 to \(maxBytes) bytes on one line")
        }
        return String(decoding: line, as: UTF8.self)
    }
}
