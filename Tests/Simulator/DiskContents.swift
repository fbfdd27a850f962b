import Glibc
import TestSupport

/// What a simulated disk holds: of each file what a process reads and what a loss of power leaves, and the
/// same of each name.
///
/// Like the worst that ext4, XFS and Btrfs may do: names and contents become durable only by fsync of the
/// directory or the file; when the power goes any part of what was not synchronised is there, torn at
/// sectors; a failed fsync leaves any part of the contents durable, and the next one succeeds without writing
/// the rest.
struct DiskContents: Sendable {
    struct Change: Sendable {
        /// Nil for a change of the size alone.
        var bytes: [UInt8]?
        var offset: Int
    }

    struct File: Sendable {
        var durable: [UInt8] = []
        var current: [UInt8] = []
        var pending: [Change] = []
    }

    enum NameChange: Sendable {
        case add(String, Int)
        case remove(String)
        case rename(String, to: String, Int)
    }

    private(set) var files: [Int: File] = [:]
    private(set) var names: [String: Int] = [:]
    private var durableNames: [String: Int] = [:]
    private var pendingNames: [NameChange] = []
    private var nextFile = 1
    var random: SeededRandom
    let sectorBytes: Int

    init(random: SeededRandom, sectorBytes: Int) {
        self.random = random
        self.sectorBytes = sectorBytes
    }

    /// The paths of all files in order.
    var paths: [String] { names.keys.sorted() }

    func bytes(_ path: String) -> [UInt8]? { names[path].flatMap { files[$0]?.current } }

    mutating func add(_ path: String) -> Int {
        let number = nextFile
        nextFile += 1
        files[number] = File()
        change(.add(path, number))
        return number
    }

    mutating func change(_ change: NameChange) {
        names.apply(change)
        pendingNames.append(change)
    }

    /// Makes the names of a folder durable, but for those that are left out.
    mutating func settleNames(in folder: String, omitting omitted: SyncPoint?) {
        var rest: [NameChange] = []
        for change in pendingNames {
            if change.folder != folder || (omitted != nil && SyncPoint(name: change) == omitted) {
                rest.append(change)
            } else {
                durableNames.apply(change)
            }
        }
        pendingNames = rest
    }

    mutating func loseNames(in folder: String) {
        for change in pendingNames where change.folder == folder && random.next() % 2 == 0 {
            durableNames.apply(change)
        }
        pendingNames.removeAll { $0.folder == folder }
    }

    mutating func write(_ change: Change, to file: Int) {
        files[file]?.current.apply(change)
        files[file]?.pending.append(change)
    }

    mutating func settle(_ file: Int) {
        for change in files[file]?.pending ?? [] { files[file]?.durable.apply(change) }
        files[file]?.pending = []
    }

    /// Any part of what is pending becomes durable, sector by sector, and the rest never will.
    mutating func loseSome(of number: Int) {
        guard var file = files.removeValue(forKey: number) else { return }
        for change in file.pending {
            guard let bytes = change.bytes else {
                if random.next() % 2 == 0 { file.durable.apply(change) }
                continue
            }
            // Some losses take nearly all, some nearly nothing: both ends are where mistakes show.
            let keeps = [0, 1, 8, 15, 16][Int(random.next() % 5)]
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + sectorBytes - (change.offset + start) % sectorBytes)
                if random.next() % 16 < keeps {
                    let part = bytes.withUnsafeBytes {
                        [UInt8](UnsafeRawBufferPointer(rebasing: $0[start..<end]))
                    }
                    file.durable.apply(Change(bytes: part, offset: change.offset + start))
                }
                start = end
            }
        }
        file.pending = []
        files[number] = file
    }

    /// The power goes.
    mutating func losePower() {
        for number in files.keys.sorted() {
            loseSome(of: number)
            let durable = files[number]?.durable ?? []
            files[number]?.current = durable
        }
        for change in pendingNames where random.next() % 2 == 0 { durableNames.apply(change) }
        pendingNames = []
        names = durableNames
    }

    /// Turns one bit over, in what is read and in what is durable. False where nothing durable is.
    mutating func flipBit(_ path: String, at offset: Int, bit: Int) -> Bool {
        guard let number = names[path], var file = files[number], file.pending.isEmpty,
            offset < file.durable.count, offset < file.current.count
        else { return false }
        file.durable[offset] ^= 1 << UInt8(bit)
        file.current[offset] ^= 1 << UInt8(bit)
        files[number] = file
        return true
    }
}

extension DiskContents.NameChange {
    /// The name that appears or goes; of a rename the new one.
    var path: String {
        switch self {
        case .add(let name, _), .remove(let name), .rename(_, to: let name, _): name
        }
    }

    /// The folder that must be synchronised.
    var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    var isAddition: Bool {
        if case .add = self { true } else { false }
    }
}

extension [String: Int] {
    fileprivate mutating func apply(_ change: DiskContents.NameChange) {
        switch change {
        case .add(let name, let file): self[name] = file
        case .remove(let name): self[name] = nil
        case .rename(let name, let newName, let file):
            self[name] = nil
            self[newName] = file
        }
    }
}

extension [UInt8] {
    fileprivate mutating func apply(_ change: DiskContents.Change) {
        guard let bytes = change.bytes else {
            if change.offset < count {
                removeLast(count - change.offset)
            } else {
                append(contentsOf: [UInt8](repeating: 0, count: change.offset - count))
            }
            return
        }
        let end = change.offset + bytes.count
        if count < end { append(contentsOf: [UInt8](repeating: 0, count: end - count)) }
        // Not `replaceSubrange`, which takes byte after byte where nothing is optimised.
        withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: target[change.offset..<end]).copyMemory(from: source)
            }
        }
    }
}
