import EventLoop
import Glibc
import Spool
import TestSupport

/// A disk for one life of a node: takes virtual time, fails as it is told to, and goes on into the next life
/// with what that life's end left of it.
package final class SimulatedDisk: Disk {
    struct State {
        var contents: DiskContents
        var locked: Set<Int> = []
        var calls = 0
        var syncs = 0
        /// When the life ended, in the run's milliseconds.
        var endedAt: Int64?
        /// The last time when a call failed or may have been stalled, in the run's milliseconds.
        var lastTrouble: Int64 = .min
    }

    enum Operation { case read, write, sync, name }

    let state: Locked<State>
    private let simulator: Simulator
    private let troubles: DiskTroubles
    private let omitted: SyncPoint?
    private let born: Int64
    /// Called when the life ends at a call.
    private let onEnd: @Sendable () -> Void

    /// - Parameter omitted: a sync that reports success and does nothing.
    package convenience init(
        _ simulator: Simulator, troubles: DiskTroubles, sectorBytes: Int, omitted: SyncPoint?,
        onEnd: @escaping @Sendable () -> Void
    ) {
        let contents = DiskContents(random: SeededRandom(seed: simulator.word()), sectorBytes: sectorBytes)
        self.init(simulator, contents, troubles, omitted, onEnd)
    }

    private init(
        _ simulator: Simulator, _ contents: DiskContents, _ troubles: DiskTroubles, _ omitted: SyncPoint?,
        _ onEnd: @escaping @Sendable () -> Void
    ) {
        self.simulator = simulator
        self.troubles = troubles
        self.omitted = omitted
        self.onEnd = onEnd
        born = simulator.milliseconds
        state = Locked(State(contents: contents))
    }

    /// The disk that the next life finds.
    package func next(
        losesPower: Bool, troubles: DiskTroubles, onEnd: @escaping @Sendable () -> Void
    ) -> SimulatedDisk {
        var contents = state.withLock { $0.contents }
        if losesPower { contents.losePower() }
        return SimulatedDisk(simulator, contents, troubles, omitted, onEnd)
    }

    /// From now on nothing reaches the disk.
    package func end() {
        let now = simulator.milliseconds
        state.withLock { $0.endedAt = $0.endedAt ?? now }
    }

    package var endedAt: Int64? { state.withLock { $0.endedAt } }
    package var isOver: Bool { endedAt != nil }
    package var calls: Int { state.withLock { $0.calls } }

    /// Whether anything went wrong since a time of the run.
    package func hadTrouble(since milliseconds: Int64) -> Bool {
        state.withLock { $0.lastTrouble >= milliseconds }
    }

    /// The paths of all files in order.
    package var paths: [String] { state.withLock { $0.contents.paths } }

    /// What a process would read from a file; nil when there is none.
    package func bytes(_ path: String) -> [UInt8]? { state.withLock { $0.contents.bytes(path) } }

    /// Turns over a bit of what is durable; false where nothing is.
    package func flipBit(_ path: String, at offset: Int, bit: Int) -> Bool {
        state.withLock { $0.contents.flipBit(path, at: offset, bit: bit) }
    }

    // MARK: - One call

    /// Does one call that takes time and may fail.
    func perform<Value>(
        _ operation: Operation, _ name: StaticString, _ path: String,
        onFailure: (inout State) -> Void = { _ in },
        _ body: (inout State, _ isShort: Bool) -> Result<Value, SystemError>
    ) throws(SystemError) -> Value {
        let (number, isLast) = state.withLock { state in
            state.calls += 1
            if operation == .sync { state.syncs += 1 }
            let isSync = operation == .sync && state.syncs == troubles.endsAtSync
            return (state.calls, state.calls == troubles.endsAtCall || isSync)
        }
        if isLast, !isOver {
            end()
            simulator.note("power or process ends", UInt64(number), 0, "at call \(number), \(name) \(path)")
            onEnd()
        }
        if isOver { throw SystemError(code: EIO, operation: "\(name)") }
        let code = wait(operation)
        simulator.note(name, UInt64(number), UInt64(code), code == 0 ? path : "\(path) fails with \(code)")
        let result: Result<Value, SystemError> = state.withLock { state in
            // The end may have come while this call was under way.
            if state.endedAt != nil { return .failure(SystemError(code: EIO, operation: "\(name)")) }
            if code != 0 {
                onFailure(&state)
                state.lastTrouble = max(state.lastTrouble, simulator.milliseconds)
                return .failure(SystemError(code: code, operation: "\(name)"))
            }
            return body(&state, operation == .write && simulator.chance(troubles.shortWrites))
        }
        return try result.get()
    }

    /// Takes the call's time; gives the error number that it ends in, or zero.
    private func wait(_ operation: Operation) -> Int32 {
        if simulator.chance(troubles.stalls) {
            state.withLock { $0.lastTrouble = max($0.lastTrouble, simulator.milliseconds + 5_000) }
            simulator.pause(.milliseconds(1 + simulator.below(5_000)))
        } else {
            let most = operation == .sync ? 4_000 : 60
            simulator.pause(.microseconds(1 + simulator.below(most)))
        }
        let age = simulator.milliseconds - born
        if operation != .read, let from = troubles.brokenFrom, age >= from { return EIO }
        switch operation {
        case .write, .name:
            if troubles.full.contains(age) { return ENOSPC }
            return simulator.chance(troubles.failedWrites) ? EIO : 0
        case .sync: return simulator.chance(troubles.failedSyncs) ? EIO : 0
        case .read: return simulator.chance(troubles.failedReads) ? EIO : 0
        }
    }

    func isOmitted(_ point: SyncPoint?) -> Bool { point != nil && point == omitted }

    // MARK: - Disk

    package func openForReading(_ path: String) throws(SystemError) -> any DiskFile {
        let file = try perform(.read, "open", path) { state, _ in Self.find(path, state) }
        return SimulatedFile(self, file, path, isFresh: false)
    }

    package func create(_ path: String) throws(SystemError) -> any DiskFile {
        let file = try perform(.name, "create", path) { state, _ -> Result<Int, SystemError> in
            state.contents.names[path] == nil
                ? .success(state.contents.add(path))
                : .failure(SystemError(code: EEXIST, operation: "create"))
        }
        return SimulatedFile(self, file, path, isFresh: true)
    }

    package func openOrCreate(_ path: String) throws(SystemError) -> any DiskFile {
        let file = try perform(.name, "open or create", path) { state, _ in
            .success(state.contents.names[path] ?? state.contents.add(path))
        }
        return SimulatedFile(self, file, path, isFresh: false)
    }

    package func synchronizeDirectory(_ path: String) throws(SystemError) {
        // A failed one leaves the names in doubt for ever: whatever part of them a crash finds.
        try perform(.sync, "fsync of a folder", path, onFailure: { $0.contents.loseNames(in: path) }) {
            state, _ -> Result<Void, SystemError> in
            state.contents.settleNames(in: path, omitting: omitted)
            return .success(())
        }
    }

    package func rename(_ path: String, to newPath: String) throws(SystemError) {
        try perform(.name, "rename", path) { state, _ -> Result<Void, SystemError> in
            Self.find(path, state).map { state.contents.change(.rename(path, to: newPath, $0)) }
        }
    }

    package func remove(_ path: String) throws(SystemError) {
        try perform(.name, "unlink", path) { state, _ -> Result<Void, SystemError> in
            Self.find(path, state).map { _ in state.contents.change(.remove(path)) }
        }
    }

    /// Folders need no making here: a name holds its whole path.
    package func makeDirectory(_ path: String) throws(SystemError) {}

    package func list(_ path: String) throws(SystemError) -> [DiskEntry] {
        try perform(.read, "list", path) { state, _ in
            .success(
                state.contents.paths.compactMap { name in
                    guard name.hasPrefix(path + "/") else { return nil }
                    let rest = name.dropFirst(path.count + 1)
                    return rest.contains("/") ? nil : DiskEntry(name: String(rest), isRegularFile: true)
                })
        }
    }

    package func space(_ path: String) throws(SystemError) -> DiskSpace {
        let isFull = troubles.full.contains(simulator.milliseconds - born)
        return DiskSpace(freeBytesShare: isFull ? 0.01 : 0.9, freeInodesShare: 0.9)
    }

    package func salt() -> UInt64 { simulator.word() }

    private static func find(_ path: String, _ state: State) -> Result<Int, SystemError> {
        state.contents.names[path].map { .success($0) }
            ?? .failure(SystemError(code: ENOENT, operation: path))
    }
}
