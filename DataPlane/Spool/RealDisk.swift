import CLinux
import EventLoop
import Glibc

/// The filesystem of the machine. Interrupted calls are repeated; everything else is the caller's to judge.
package struct RealDisk: Disk {
    package init() {}

    package func openForReading(_ path: String) throws(SystemError) -> any DiskFile {
        try RealFile(path, O_RDONLY | O_NOFOLLOW)
    }

    package func create(_ path: String) throws(SystemError) -> any DiskFile {
        try RealFile(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
    }

    package func openOrCreate(_ path: String) throws(SystemError) -> any DiskFile {
        try RealFile(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    }

    package func synchronizeDirectory(_ path: String) throws(SystemError) {
        try RealFile(path, O_RDONLY | O_DIRECTORY).synchronizeAll()
    }

    package func rename(_ path: String, to newPath: String) throws(SystemError) {
        guard Glibc.rename(path, newPath) == 0 else { throw .last("rename") }
    }

    package func remove(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 else { throw .last("unlink") }
    }

    package func makeDirectory(_ path: String) throws(SystemError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .last("mkdir")
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last("mkdir") }
    }

    package func list(_ path: String) throws(SystemError) -> [DiskEntry] {
        guard let directory = opendir(path) else { throw .last("opendir") }
        defer { closedir(directory) }
        var entries: [DiskEntry] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            entries.append(DiskEntry(name: name, isRegularFile: isRegularFile("\(path)/\(name)")))
        }
        guard errno == 0 else { throw .last("readdir") }
        return entries
    }

    package func space(_ path: String) throws(SystemError) -> DiskSpace {
        var values = statvfs()
        guard statvfs(path, &values) == 0 else { throw .last("statvfs") }
        return DiskSpace(
            freeBytesShare: share(values.f_bavail, of: values.f_blocks),
            freeInodesShare: share(values.f_favail, of: values.f_files))
    }

    package func salt() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    private func share(_ part: UInt, of whole: UInt) -> Double {
        whole == 0 ? 1 : Double(part) / Double(whole)
    }

    private func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

/// A descriptor of the machine.
final class RealFile: DiskFile {
    private let descriptor: Int32
    private let isOpen = Locked(true)

    init(_ path: String, _ flags: Int32) throws(SystemError) {
        while true {
            let descriptor = open(path, flags | O_CLOEXEC, 0o600)
            if descriptor >= 0 {
                self.descriptor = descriptor
                return
            }
            guard errno == EINTR else { throw .last("open \(path)") }
        }
    }

    deinit { close() }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        try repeating("pwrite") { pwrite(descriptor, bytes.baseAddress, bytes.count, offset) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        try repeating("pread") { pread(descriptor, buffer.baseAddress, buffer.count, offset) }
    }

    func synchronizeData() throws(SystemError) {
        // Not repeated on any error: the second answer of a failed fsync means nothing.
        guard fdatasync(descriptor) == 0 else { throw .last("fdatasync") }
    }

    func synchronizeAll() throws(SystemError) {
        guard fsync(descriptor) == 0 else { throw .last("fsync") }
    }

    func truncate(to bytes: Int) throws(SystemError) {
        _ = try repeating("ftruncate") { Int(ftruncate(descriptor, bytes)) }
    }

    func size() throws(SystemError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last("fstat") }
        return Int(status.st_size)
    }

    func lock() throws(SystemError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw .last("flock") }
        }
        return true
    }

    func close() {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if wasOpen { Glibc.close(descriptor) }
    }

    private func repeating(_ operation: String, _ call: () -> Int) throws(SystemError) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw .last(operation) }
        }
    }
}
