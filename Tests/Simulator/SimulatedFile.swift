import EventLoop
import Spool

/// An open file of a `SimulatedDisk`.
final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let number: Int
    private let path: String
    private let isFresh: Bool
    private let isLocked = Locked(false)

    init(_ disk: SimulatedDisk, _ number: Int, _ path: String, isFresh: Bool) {
        self.disk = disk
        self.number = number
        self.path = path
        self.isFresh = isFresh
    }

    deinit { close() }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        try disk.perform(.write, "write", path) { state, isShort in
            let count = isShort ? max(1, bytes.count / 2) : bytes.count
            let part = [UInt8](UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            state.contents.write(DiskContents.Change(bytes: part, offset: offset), to: number)
            return .success(count)
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        try disk.perform(.read, "read", path) { state, _ in
            guard let bytes = state.contents.files[number]?.current, offset < bytes.count else {
                return .success(0)
            }
            let part = offset..<min(bytes.count, offset + buffer.count)
            bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[part])) }
            return .success(part.count)
        }
    }

    func synchronizeData() throws(SystemError) { try synchronize("fdatasync", isData: true) }
    func synchronizeAll() throws(SystemError) { try synchronize("fsync", isData: false) }

    private func synchronize(_ name: StaticString, isData: Bool) throws(SystemError) {
        if disk.isOmitted(SyncPoint(file: path, isData: isData, isFresh: isFresh)) { return }
        try disk.perform(.sync, name, path, onFailure: { $0.contents.loseSome(of: number) }) {
            state, _ -> Result<Void, SystemError> in
            state.contents.settle(number)
            return .success(())
        }
    }

    func truncate(to bytes: Int) throws(SystemError) {
        try disk.perform(.name, "truncate", path) { state, _ -> Result<Void, SystemError> in
            state.contents.write(DiskContents.Change(bytes: nil, offset: bytes), to: number)
            return .success(())
        }
    }

    func size() throws(SystemError) -> Int {
        disk.state.withLock { $0.contents.files[number]?.current.count ?? 0 }
    }

    func lock() throws(SystemError) -> Bool {
        let isFree = disk.state.withLock { $0.locked.insert(number).inserted }
        isLocked.withLock { $0 = isFree }
        return isFree
    }

    func close() {
        let wasLocked = isLocked.withLock { isLocked in
            defer { isLocked = false }
            return isLocked
        }
        if wasLocked { disk.state.withLock { state in _ = state.locked.remove(number) } }
    }
}
