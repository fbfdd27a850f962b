import Glibc

extension DirectoryLock {
    /// The process that has a directory's lock, without touching the lock; nil when none is seen.
    ///
    /// Read from /proc/locks, because even trying the lock for a moment could make a starting node give up.
    /// A process in another container is not seen there.
    package static func holder(of directory: String, disk: any Disk = RealDisk()) -> Int32? {
        var status = stat()
        guard stat("\(directory)/\(name)", &status) == 0,
            let table = try? disk.openForReading("/proc/locks").readUpTo(1 << 20, at: 0)
        else { return nil }
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n") {
            // 1: FLOCK  ADVISORY  WRITE 4711 08:01:393217 0 EOF
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK", let pid = Int32(words[4]),
                words[5].split(separator: ":").last.flatMap({ UInt64($0) }) == UInt64(status.st_ino)
            else { continue }
            // Device numbers there are not those of stat on every filesystem; the number in the file is ours.
            let text = (try? disk.openForReading("\(directory)/\(name)").readUpTo(16, at: 0)) ?? []
            if Int32(String(decoding: text, as: UTF8.self)) == pid { return pid }
        }
        return nil
    }
}
