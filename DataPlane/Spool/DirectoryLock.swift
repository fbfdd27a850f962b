import EventLoop
import Glibc

/// The file that keeps a second process out of a directory: locked while we live, with our process number
/// inside.
///
/// The kernel gives the lock back when the process ends, however it ends.
package final class DirectoryLock: Sendable {
    package static let name = "lock"

    /// Why the lock is not ours.
    package enum Failure: Error {
        case disk(SystemError)
        /// Zero when the number could not be read.
        case held(pid: Int32)
    }

    private let file: any DiskFile

    package init(directory: String, disk: any Disk) throws(Failure) {
        let isOurs: Bool
        do throws(SystemError) {
            file = try disk.openOrCreate("\(directory)/\(Self.name)")
            isOurs = try file.lock()
            if isOurs {
                try file.truncate(to: 0)
                try file.writeEverything(Array(String(getpid()).utf8), at: 0)
            }
        } catch { throw .disk(error) }
        if !isOurs {
            let text = (try? file.readUpTo(16, at: 0)) ?? []
            throw .held(pid: Int32(String(decoding: text, as: UTF8.self)) ?? 0)
        }
    }

    package func release() { file.close() }
}

extension DirectoryLock {
    /// The lock of a folder, or why it cannot be had, as the spool says it.
    static func take(_ directory: String, _ disk: any Disk) throws(SpoolError) -> DirectoryLock {
        do throws(Failure) { return try DirectoryLock(directory: directory, disk: disk) } catch {
            switch error {
            case .disk(let error): throw .diskFailed(error)
            case .held(let pid): throw .lockedByAnother(pid: pid)
            }
        }
    }
}
