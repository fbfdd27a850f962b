import Glibc

/// A fresh, empty folder under the system's folder for temporary files. Removed with all that is in it when
/// the last reference goes, and by the watchdog when the test process ends before that.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init(prefix: String = "dispatch-test") throws {
        var template = Array("\(Self.parent)/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TestSupportError("mkdtemp in \(Self.parent)", code: errno)
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        Watchdog.shared.removeAtEnd(folder: path)
    }

    deinit { Self.remove(path) }

    /// Where temporary folders are made: `TMPDIR`, else `/tmp`.
    package static var parent: String {
        guard let value = getenv("TMPDIR"), value.pointee != 0 else { return "/tmp" }
        return String(cString: value)
    }

    /// The path of a file or folder inside.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file inside, replacing what was there, and gives its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        let path = file(name)
        try Files.write(Array(text.utf8), to: path)
        return path
    }

    /// Removes a file, or a folder with all that is in it, without following symbolic links.
    package static func remove(_ path: String) {
        guard unlink(path) != 0, let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { remove("\(path)/\(name)") }
        }
        closedir(folder)
        rmdir(path)
    }
}
