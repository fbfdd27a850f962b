import EventLoop
import Glibc
import Journal
import Spool

/// The directory that an operator names: a node's, or the folder `spool` inside one.
struct SpoolFolder: Sendable {
    /// The folder with the spool's segments.
    let spool: String
    /// The node's directory; nil when a spool was named that lies alone.
    let node: String?

    /// Throws `NodeService.Failure` for a directory in which there is no spool.
    init(_ path: String) throws {
        let path = Self.absolute(path)
        if Self.isDirectory("\(path)/spool") {
            spool = "\(path)/spool"
            node = path
            return
        }
        let names = (try? RealDisk().list(path)) ?? []
        guard names.contains(where: { $0.name.hasSuffix(".segment") || $0.name == DirectoryLock.name }) else {
            throw NodeService.Failure(description: "\(path) is neither a node's directory nor a spool")
        }
        spool = path
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        node = Self.isDirectory("\(parent)/journal") ? (parent.isEmpty ? "/" : parent) : nil
    }

    var journal: String? { node.map { "\($0)/journal" } }

    /// Without symbolic links and dots, so that it can be written down; as it is where it does not exist.
    private static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether two paths lead to one directory.
    static func isSame(_ left: String, _ right: String) -> Bool {
        var (first, second) = (stat(), stat())
        return stat(left, &first) == 0 && stat(right, &second) == 0 && first.st_dev == second.st_dev
            && first.st_ino == second.st_ino
    }
}
