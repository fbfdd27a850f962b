import FoundationEssentials
import Glibc

/// The files of a node's directory, written so that each is whole after any crash: temporary file, fsync,
/// rename, fsync of the folder. Readable for the owner alone.
package struct NodeFiles: Sendable {
    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// Folders of the spool and of the journal.
    package var spool: String { "\(directory)/spool" }
    package var journal: String { "\(directory)/journal" }
    /// The folder of the log of idempotency keys.
    package var keys: String { "\(directory)/keys" }
    /// The folder of the log of senders who asked for delivery reports.
    var wishes: String { "\(directory)/wishes" }
    var identity: String { "\(directory)/identity.json" }
    /// Restrictions and warm-up counts.
    var queue: String { "\(directory)/queue.json" }
    /// Recipients that operators hold.
    var held: String { "\(directory)/queue-held" }
    /// Who unsubscribed here and is not in the snapshot yet.
    var unsubscribed: String { "\(directory)/unsubscribed.json" }
    /// The numbers of the nodes whose spools this one has taken over.
    var adopted: String { "\(directory)/adopted.json" }
    var manifest: String { "\(directory)/snapshot/manifest.json" }
    var mtaSTS: String { "\(directory)/mta-sts.json" }
    func chunk(sha256: String) -> String { "\(directory)/snapshot/\(sha256).chunk" }

    /// A file that cannot be read or written; the text names it.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        init(_ what: String, _ path: String) {
            description = "\(what) \(path): \(String(cString: strerror(errno)))"
        }
    }

    /// Makes the node's directory and the one of its snapshot, where they are missing.
    package func makeDirectories() throws(Failure) {
        for path in [directory, "\(directory)/snapshot"] where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw Failure("cannot make the directory", path)
        }
    }

    /// Nil when there is no such file.
    func read(_ path: String) throws(Failure) -> [UInt8]? {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else {
            if errno == ENOENT { return nil }
            throw Failure("cannot open", path)
        }
        defer { close(fd) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(fd, &piece, piece.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure("cannot read", path)
            }
            bytes += piece[..<count]
        }
    }

    func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let temporary = "\(path).new"
        let fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw Failure("cannot make", temporary) }
        defer { close(fd) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
            if count < 0 && errno != EINTR { throw Failure("cannot write", temporary) }
            sent += max(0, count)
        }
        guard fsync(fd) == 0 else { throw Failure("cannot synchronise", temporary) }
        guard rename(temporary, path) == 0 else { throw Failure("cannot rename", temporary) }
        try synchroniseFolder(of: path)
    }

    /// Removes every chunk that the manifest does not name; what cannot be removed is left for the next time.
    func removeChunks(except kept: Set<String>) {
        guard let folder = opendir("\(directory)/snapshot") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".chunk"), !kept.contains(String(name.dropLast(6))) else { continue }
            unlink("\(directory)/snapshot/\(name)")
        }
    }

    private func synchroniseFolder(of path: String) throws(Failure) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
            separator: "/")
        let fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard fd >= 0 else { throw Failure("cannot open", folder) }
        defer { close(fd) }
        guard fsync(fd) == 0 else { throw Failure("cannot synchronise", folder) }
    }
}
