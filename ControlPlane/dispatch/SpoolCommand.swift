import Glibc

/// `dispatch spool …`: looks into a node's spool on this machine, by the node's own program, which knows its
/// format. It becomes that program, with the same words.
enum SpoolCommand {
    static let usage = """
        dispatch spool …                                        mta-node spool … on this machine
        """

    /// Returns only when there is no `mta-node` beside this program or in PATH.
    static func run(_ words: [String]) -> String {
        let arguments = ["mta-node"] + words
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        if let sibling = sibling { execv(sibling, pointers) }
        execvp("mta-node", pointers)
        return "mta-node: \(String(cString: strerror(errno))), neither beside dispatch nor in PATH"
    }

    /// `mta-node` in the folder of this program.
    private static var sibling: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard count > 0 else { return nil }
        let path = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return path[...slash] + "mta-node"
    }
}
