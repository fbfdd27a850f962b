import EventLoop
import Glibc
import Spool
import TestSupport

/// A filesystem in memory that knows what is durable and what is not, fails the calls it is told to fail,
/// and can lose its power.
///
/// Like the worst that ext4, XFS and Btrfs may do: names and contents become durable only by fsync of the
/// directory or the file; at a crash any part of what was not synchronised is there, torn at 512 bytes; a
/// failed fsync leaves any part of the contents durable, and the next one reports success without writing
/// the rest.
final class SimulatedDisk: Disk {
    /// What happens at one call that changes or synchronises something; calls are counted from 1.
    enum Fault: Sendable {
        /// The call fails and changes nothing; a failing fsync loses what it should have made durable.
        case error(Int32)
        /// A write takes only a part of its bytes; other calls work.
        case short
        /// The power goes before the call; this and every later call fails.
        case powerLoss
    }

    struct Change {
        /// Nil for a change of the size alone.
        var bytes: [UInt8]?
        var offset: Int
    }

    struct Node {
        var durable: [UInt8] = []
        var current: [UInt8] = []
        var pending: [Change] = []
    }

    enum NameChange {
        case add(String, Int)
        case remove(String)
        case rename(String, to: String, Int)
    }

    struct State {
        var nodes: [Int: Node] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var pendingNames: [NameChange] = []
        var locked: Set<Int> = []
        var nextNode = 1
        var calls = 0
        var random: SeededRandom
        var lost: [String] = []
        var freeBytesShare = 1.0
        var freeInodesShare = 1.0
    }

    typealias Done = Swift.Result<Void, SystemError>

    let state: Locked<State>
    private let frozen = Locked<State?>(nil)
    private let fault: @Sendable (Int) -> Fault?

    /// - Parameter fault: what happens at the call of this number.
    init(seed: UInt64 = 1, fault: @escaping @Sendable (Int) -> Fault? = { _ in nil }) {
        state = Locked(State(random: SeededRandom(seed: seed)))
        self.fault = fault
    }

    private init(_ state: State, fault: @escaping @Sendable (Int) -> Fault?) {
        self.state = Locked(state)
        self.fault = fault
    }

    /// How many calls changed or synchronised something so far.
    var calls: Int { state.withLock { $0.calls } }

    func setFree(bytes: Double = 1, inodes: Double = 1) {
        state.withLock { state in
            state.freeBytesShare = bytes
            state.freeInodesShare = inodes
        }
    }

    /// What a process would read from a file; nil when there is none.
    func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.names[path].flatMap { state.nodes[$0]?.current } }
    }

    /// Puts a file in place, durably.
    func setContents(_ path: String, _ bytes: [UInt8]) {
        state.withLock { state in
            let number = state.names[path] ?? state.add(path)
            state.nodes[number] = Node(durable: bytes, current: bytes)
            state.durableNames[path] = number
        }
    }

    /// The paths of all files in order.
    var paths: [String] { state.withLock { $0.names.keys.sorted() } }

    /// The segments of a log in order.
    func segments(in directory: String) -> [String] {
        paths.filter { $0.hasPrefix(directory + "/") && $0.hasSuffix(".segment") }
    }

    /// The disk as another process finds it after this one was killed: the page cache is still there.
    func afterKill(fault: @escaping @Sendable (Int) -> Fault? = { _ in nil }) -> SimulatedDisk {
        var copy = frozen.withLock { $0 } ?? state.withLock { $0 }
        copy.locked = []
        copy.calls = 0
        return SimulatedDisk(copy, fault: fault)
    }

    /// The disk as it is found after the power went: at the fault if that was a power loss, else now.
    func afterPowerLoss(seed: UInt64, fault: @escaping @Sendable (Int) -> Fault? = { _ in nil })
        -> SimulatedDisk
    {
        var copy = frozen.withLock { $0 } ?? state.withLock { $0 }
        copy.random = SeededRandom(seed: seed)
        for number in copy.nodes.keys.sorted() {
            guard var node = copy.nodes[number] else { continue }
            node.loseSome(&copy.random)
            node.current = node.durable
            copy.nodes[number] = node
        }
        for change in copy.pendingNames where copy.random.next() % 2 == 0 { copy.durableNames.apply(change) }
        copy.pendingNames = []
        copy.names = copy.durableNames
        copy.locked = []
        copy.calls = 0
        return SimulatedDisk(copy, fault: fault)
    }

    /// Does one counted call, or its fault.
    func perform<Result>(
        _ operation: String, onFailure: (inout State) -> Void = { _ in },
        _ body: (inout State, _ isShort: Bool) -> Swift.Result<Result, SystemError>
    ) throws(SystemError) -> Result {
        let result: Swift.Result<Result, SystemError> = state.withLock { state in
            if frozen.withLock({ $0 != nil }) {
                return .failure(SystemError(code: EIO, operation: operation))
            }
            state.calls += 1
            switch fault(state.calls) {
            case nil: return body(&state, false)
            case .short: return body(&state, true)
            case .error(let code):
                onFailure(&state)
                return .failure(SystemError(code: code, operation: operation))
            case .powerLoss:
                let copy = state
                frozen.withLock { $0 = copy }
                return .failure(SystemError(code: EIO, operation: operation))
            }
        }
        return try result.get()
    }

    // MARK: - Disk

    func openForReading(_ path: String) throws(SystemError) -> any DiskFile {
        guard let node = state.withLock({ $0.names[path] }) else {
            throw SystemError(code: ENOENT, operation: "open \(path)")
        }
        return SimulatedFile(self, node)
    }

    func create(_ path: String) throws(SystemError) -> any DiskFile {
        let node = try perform("create \(path)") { state, _ -> Swift.Result<Int, SystemError> in
            if state.names[path] != nil {
                return .failure(SystemError(code: EEXIST, operation: "create \(path)"))
            }
            return .success(state.add(path))
        }
        return SimulatedFile(self, node)
    }

    func openOrCreate(_ path: String) throws(SystemError) -> any DiskFile {
        let node = try perform("open \(path)") { state, _ in .success(state.names[path] ?? state.add(path)) }
        return SimulatedFile(self, node)
    }

    func synchronizeDirectory(_ path: String) throws(SystemError) {
        // A failed one leaves the names in doubt for ever: whatever part of them a crash finds.
        try perform("fsync \(path)", onFailure: { $0.loseNames(in: path) }) { state, _ -> Done in
            state.settleNames(in: path)
            return .success(())
        }
    }

    func rename(_ path: String, to newPath: String) throws(SystemError) {
        try perform("rename \(path)") { state, _ -> Done in
            guard let node = state.names[path] else {
                return .failure(SystemError(code: ENOENT, operation: "rename \(path)"))
            }
            state.change(.rename(path, to: newPath, node))
            return .success(())
        }
    }

    func remove(_ path: String) throws(SystemError) {
        try perform("unlink \(path)") { state, _ -> Done in
            if state.names[path] == nil {
                return .failure(SystemError(code: ENOENT, operation: "unlink \(path)"))
            }
            state.change(.remove(path))
            return .success(())
        }
    }

    func makeDirectory(_ path: String) throws(SystemError) {}

    func list(_ path: String) throws(SystemError) -> [DiskEntry] {
        state.withLock { state in
            state.names.keys.compactMap { name in
                guard name.hasPrefix(path + "/") else { return nil }
                let rest = name.dropFirst(path.count + 1)
                return rest.contains("/") ? nil : DiskEntry(name: String(rest), isRegularFile: true)
            }
        }
    }

    func space(_ path: String) throws(SystemError) -> DiskSpace {
        state.withLock { DiskSpace(freeBytesShare: $0.freeBytesShare, freeInodesShare: $0.freeInodesShare) }
    }

    func salt() -> UInt64 { state.withLock { $0.random.next() } }
}

extension [String: Int] {
    fileprivate mutating func apply(_ change: SimulatedDisk.NameChange) {
        switch change {
        case .add(let name, let node): self[name] = node
        case .remove(let name): self[name] = nil
        case .rename(let name, let newName, let node):
            self[name] = nil
            self[newName] = node
        }
    }
}

extension SimulatedDisk.NameChange {
    /// The folder it is in; renames stay inside one.
    var folder: String {
        switch self {
        case .add(let name, _), .remove(let name), .rename(let name, _, _):
            String(name[..<(name.lastIndex(of: "/") ?? name.startIndex)])
        }
    }
}

extension SimulatedDisk.State {
    mutating func add(_ path: String) -> Int {
        let number = nextNode
        nextNode += 1
        nodes[number] = SimulatedDisk.Node()
        change(.add(path, number))
        return number
    }

    mutating func change(_ change: SimulatedDisk.NameChange) {
        names.apply(change)
        pendingNames.append(change)
    }

    mutating func settleNames(in folder: String) {
        for change in pendingNames where change.folder == folder { durableNames.apply(change) }
        pendingNames.removeAll { $0.folder == folder }
    }

    mutating func loseNames(in folder: String) {
        for change in pendingNames where change.folder == folder && random.next() % 2 == 0 {
            durableNames.apply(change)
        }
        pendingNames.removeAll { $0.folder == folder }
    }
}
