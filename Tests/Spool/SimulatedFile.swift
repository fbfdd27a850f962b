import EventLoop
import Spool
import TestSupport

/// A file of a `SimulatedDisk`.
final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let number: Int
    private let isLocked = Locked(false)

    init(_ disk: SimulatedDisk, _ number: Int) {
        self.disk = disk
        self.number = number
    }

    deinit { close() }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        try disk.perform("write") { state, isShort in
            let count = isShort ? max(1, bytes.count / 2) : bytes.count
            state.nodes[number]?.write(
                SimulatedDisk.Change(bytes: Array(bytes.prefix(count)), offset: offset))
            return .success(count)
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        disk.state.withLock { state in
            guard let bytes = state.nodes[number]?.current, offset < bytes.count else { return 0 }
            let part = bytes[offset..<min(bytes.count, offset + buffer.count)]
            buffer.copyBytes(from: part)
            return part.count
        }
    }

    func synchronizeData() throws(SystemError) { try synchronize("fdatasync") }
    func synchronizeAll() throws(SystemError) { try synchronize("fsync") }

    private func synchronize(_ operation: String) throws(SystemError) {
        try disk.perform(
            operation,
            onFailure: { state in
                guard var node = state.nodes[number] else { return }
                node.loseSome(&state.random)
                state.nodes[number] = node
            }
        ) { state, _ -> SimulatedDisk.Done in
            state.nodes[number]?.settle()
            return .success(())
        }
    }

    func truncate(to bytes: Int) throws(SystemError) {
        try disk.perform("truncate") { state, _ -> SimulatedDisk.Done in
            state.nodes[number]?.write(SimulatedDisk.Change(bytes: nil, offset: bytes))
            return .success(())
        }
    }

    func size() throws(SystemError) -> Int { disk.state.withLock { $0.nodes[number]?.current.count ?? 0 } }

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

extension SimulatedDisk.Node {
    mutating func write(_ change: SimulatedDisk.Change) {
        current.apply(change)
        pending.append(change)
    }

    mutating func settle() {
        for change in pending { durable.apply(change) }
        pending = []
    }

    /// Any part of what is pending becomes durable, in sectors of 512 bytes, and the rest never will.
    mutating func loseSome(_ random: inout SeededRandom) {
        for change in pending {
            guard let bytes = change.bytes else {
                if random.next() % 2 == 0 { durable.apply(change) }
                continue
            }
            // Some losses take nearly all, some nearly nothing: both ends are where mistakes show.
            let keeps = [0, 1, 8, 15, 16][Int(random.next() % 5)]
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + 512 - (change.offset + start) % 512)
                if random.next() % 16 < keeps {
                    let part = SimulatedDisk.Change(
                        bytes: Array(bytes[start..<end]), offset: change.offset + start)
                    durable.apply(part)
                }
                start = end
            }
        }
        pending = []
    }
}

extension [UInt8] {
    fileprivate mutating func apply(_ change: SimulatedDisk.Change) {
        guard let bytes = change.bytes else {
            if change.offset < count {
                removeLast(count - change.offset)
            } else {
                append(contentsOf: repeatElement(0, count: change.offset - count))
            }
            return
        }
        let end = change.offset + bytes.count
        if count < end { append(contentsOf: repeatElement(0, count: end - count)) }
        replaceSubrange(change.offset..<end, with: bytes)
    }
}
