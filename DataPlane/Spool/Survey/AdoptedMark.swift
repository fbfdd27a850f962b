import EventLoop
import Glibc

/// The file in a spool's folder that says that another node took its entries: what is left must never be sent
/// from here. It lies in the folder itself, so that it goes where the folder goes.
package enum AdoptedMark {
    static let name = "adopted"
    static let names: Set<String> = [name, "\(name).new"]
    private static let maxBytes = 4096

    /// What the mark says; nil when there is none.
    package static func read(
        in directory: String, disk: any Disk = RealDisk()
    ) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try disk.openForReading("\(directory)/\(name)").readUpTo(maxBytes, at: 0)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }

    /// Durable when this returns.
    package static func write(
        _ bytes: [UInt8], in directory: String, disk: any Disk = RealDisk()
    ) throws(SystemError) {
        try disk.replaceFile(name, in: directory, with: bytes)
    }
}
