import EventLoop

/// The calls that the spool and the journal make to a filesystem, and nothing else.
///
/// Everything durable goes through here, so that a test or a simulator can fail, tear, delay or lose any
/// call. Every method blocks and belongs on a writer thread or a `BlockingPool`, never on a loop. Methods
/// may be called from several threads at once. Failures are a `SystemError`: the `errno` and the name of the
/// call.
package protocol Disk: Sendable {
    /// Opens an existing file for reading; never follows a symbolic link at the end of the path.
    func openForReading(_ path: String) throws(SystemError) -> any DiskFile
    /// Creates a file that must not exist yet, for reading and writing.
    func create(_ path: String) throws(SystemError) -> any DiskFile
    /// Opens an existing file for reading and writing, or creates it empty.
    func openOrCreate(_ path: String) throws(SystemError) -> any DiskFile
    /// Makes the names in a directory durable (fsync of the directory).
    func synchronizeDirectory(_ path: String) throws(SystemError)
    func rename(_ path: String, to newPath: String) throws(SystemError)
    func remove(_ path: String) throws(SystemError)
    /// Makes a directory and those above it; one that exists is no error.
    func makeDirectory(_ path: String) throws(SystemError)
    /// The names in a directory without `.` and `..`, in no order.
    func list(_ path: String) throws(SystemError) -> [DiskEntry]
    func space(_ path: String) throws(SystemError) -> DiskSpace
    /// Random bits that nobody outside can guess: they become the salt and the mark of a segment.
    func salt() -> UInt64
}

/// An open file. It closes itself when the last reference goes; `close` does it earlier.
package protocol DiskFile: AnyObject, Sendable {
    /// Writes at `offset` and returns how many bytes went in: at least one, and possibly not all.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) -> Int
    /// Reads at `offset` and returns how many bytes came; zero is the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int
    /// Makes the contents durable, and of the rest what is needed to read them (fdatasync).
    func synchronizeData() throws(SystemError)
    /// Makes contents and attributes durable (fsync).
    func synchronizeAll() throws(SystemError)
    func truncate(to bytes: Int) throws(SystemError)
    func size() throws(SystemError) -> Int
    /// Takes the exclusive lock of this file without waiting; false when another holds it. It goes with the
    /// file.
    func lock() throws(SystemError) -> Bool
    func close()
}

/// One name in a directory.
package struct DiskEntry: Hashable, Sendable {
    package let name: String
    /// False for directories, symbolic links, pipes and devices.
    package let isRegularFile: Bool

    package init(name: String, isRegularFile: Bool) {
        self.name = name
        self.isRegularFile = isRegularFile
    }
}

/// How much of a filesystem is free for this process, as shares from 0 to 1.
package struct DiskSpace: Sendable {
    package let freeBytesShare: Double
    /// 1 where the filesystem does not count inodes.
    package let freeInodesShare: Double

    package init(freeBytesShare: Double, freeInodesShare: Double) {
        self.freeBytesShare = freeBytesShare
        self.freeInodesShare = freeInodesShare
    }
}

extension DiskFile {
    /// Writes all of `bytes`, over as many short writes as it takes.
    package func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let written = try write(UnsafeRawBufferPointer(rebasing: bytes[done...]), at: offset + done)
            guard written > 0 else { throw SystemError(code: 5, operation: "write without progress") }
            done += written
        }
    }

    /// Reads `count` bytes at `offset`, or fewer where the file ends before.
    package func readUpTo(_ count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SystemError) {
                while initialized < count {
                    let rest = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized...])
                    let got = try read(into: rest, at: offset + initialized)
                    if got == 0 { break }
                    initialized += got
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }
}

extension Disk {
    /// Puts a small file in place as a whole: write beside it, fsync, rename over it, fsync of the directory.
    package func replaceFile(_ name: String, in directory: String, with bytes: [UInt8]) throws(SystemError) {
        let temporary = "\(directory)/\(name).new"
        let file = try openOrCreate(temporary)
        defer { file.close() }
        try file.truncate(to: 0)
        try file.writeEverything(bytes, at: 0)
        try file.synchronizeAll()
        try rename(temporary, to: "\(directory)/\(name)")
        try synchronizeDirectory(directory)
    }
}

extension DiskFile {
    /// `writeAll` for an array.
    package func writeEverything(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { try writeAll(buffer, at: offset) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
