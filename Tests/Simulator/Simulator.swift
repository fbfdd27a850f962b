import EventLoop
import TestSupport

/// Runs a program's threads one at a time, in an order and at times that a seed decides.
///
/// What it promises: two runs with one seed make the same decisions in the same order and so end in the same
/// trace hash, as long as the program waits only where a `ThreadScheduler` is asked and takes time and
/// randomness from here. Time passes only when every thread waits; then it jumps to the next deadline.
/// How it fails: when no thread can ever run again, or when the decisions pass `maxDecisions`, the run ends
/// as stuck; its threads are left where they are.
package final class Simulator: ThreadScheduler {
    /// How a run ended.
    package struct Ending: Sendable {
        package var traceHash: UInt64
        package var decisions: Int
        /// The last lines of the trace; empty unless they were asked for.
        package var lines: [String]
        /// Who waits for what, when the run did not come to its end.
        package var stuck: String?
    }

    fileprivate enum Phase: UInt8 { case ready, waiting }

    fileprivate struct State {
        var names: [String] = []
        var turns: [Condition<Bool>] = []
        var phases: [Phase] = []
        var objects: [ObjectIdentifier?] = []
        var deadlines: [UInt64] = []
        /// Indexes of threads that have not ended, in the order of their start.
        var alive: [Int] = []
        var current = 0
        var now: UInt64 = 1_000_000_000
        var random: SeededRandom
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var decisions = 0
        var lines: [String] = []
    }

    private static let startOfTimeMilliseconds: UInt64 = 1_000

    private let state: Locked<State>
    private let ending = Condition<Ending?>(nil, scheduler: nil)
    private let keptLines: Int
    private let maxDecisions: Int
    package let seed: UInt64

    private init(seed: UInt64, keptLines: Int, maxDecisions: Int) {
        self.seed = seed
        self.keptLines = keptLines
        self.maxDecisions = maxDecisions
        state = Locked(State(random: SeededRandom(seed: seed)))
    }

    /// Runs `body` as the first thread of a new simulator; returns when that thread ends. Blocks the caller,
    /// which is a thread of the operating system.
    /// - Parameter keptLines: how many of the last lines of the trace the ending has.
    package static func run(
        seed: UInt64, keptLines: Int = 0, maxDecisions: Int = 300_000,
        _ body: @escaping @Sendable (Simulator) -> Void
    ) -> Ending {
        let simulator = Simulator(seed: seed, keptLines: keptLines, maxDecisions: maxDecisions)
        simulator.startThread(name: "main") { body(simulator) }
        let turn = simulator.state.withLock { state in
            state.phases[0] = .ready
            return state.turns[0]
        }
        turn.signal { $0 = true }
        return simulator.ending.wait { $0 }
    }

    // MARK: - For the program and its world

    package var now: MonotonicTime { MonotonicTime(nanoseconds: state.withLock { $0.now }) }

    /// Milliseconds since the run began.
    package var milliseconds: Int64 {
        Int64(state.withLock { $0.now } / 1_000_000 - Self.startOfTimeMilliseconds)
    }

    /// A number below `limit`, from the seed.
    package func below(_ limit: Int) -> Int {
        state.withLock { Int($0.random.next() % UInt64(max(1, limit))) }
    }

    /// True in so many of a thousand cases.
    package func chance(_ perThousand: Int) -> Bool { below(1000) < perThousand }

    package func word() -> UInt64 { state.withLock { $0.random.next() } }

    /// Suspends the calling thread; others run.
    package func pause(_ duration: Duration) {
        let deadline = now.advanced(by: duration)
        let key = Key()
        while now < deadline { wait(on: ObjectIdentifier(key), until: deadline) }
    }

    private final class Key {}

    /// Writes down what happened: the numbers become a part of the hash, the text of the trace.
    package func note(
        _ what: StaticString, _ first: UInt64 = 0, _ second: UInt64 = 0,
        _ detail: @autoclosure () -> String = ""
    ) {
        state.withLock { state in
            state.mix(UInt64(what.utf8CodeUnitCount) &+ first &* 31)
            state.mix(second &+ state.now)
        }
        guard keptLines > 0 else { return }
        let text = detail()
        state.withLock { state in
            if state.lines.count >= 2 * keptLines { state.lines.removeFirst(keptLines) }
            let milliseconds = Double(state.now / 1000) / 1000 - Double(Self.startOfTimeMilliseconds)
            state.lines.append("\(milliseconds) ms [\(state.names[state.current])] \(what) \(text)")
        }
    }

    /// Threads that have not ended, the calling one among them.
    package var liveThreads: [String] {
        state.withLock { state in state.alive.map { state.names[$0] } }
    }

    // MARK: - ThreadScheduler

    package func startThread(name: String, _ body: @escaping @Sendable () -> Void) {
        let turn = Condition(false, scheduler: nil)
        let index = state.withLock { state in
            state.names.append(name)
            state.turns.append(turn)
            state.phases.append(.ready)
            state.objects.append(nil)
            state.deadlines.append(.max)
            state.alive.append(state.names.count - 1)
            return state.names.count - 1
        }
        SystemThread.startOnSystem(name: name) { [self] in
            takeTurn(turn)
            SystemThread.run(under: self, body)
            end(index)
        }
    }

    package func wait(on object: ObjectIdentifier, until deadline: MonotonicTime?) {
        let (mine, next) = state.withLock { state in
            let index = state.current
            state.phases[index] = .waiting
            state.objects[index] = object
            state.deadlines[index] = deadline?.nanoseconds ?? .max
            return (index, choose(&state))
        }
        hand(to: next, from: mine)
    }

    package func wake(_ object: ObjectIdentifier) {
        precondition(SystemThread.scheduler === self, "a thread outside of the simulation takes part in it")
        state.withLock { state in
            for index in state.alive where state.phases[index] == .waiting && state.objects[index] == object {
                state.phases[index] = .ready
                state.objects[index] = nil
            }
        }
    }

    // MARK: - Turns

    /// Which thread goes on; nil when none ever can.
    private func choose(_ state: inout State) -> Int? {
        state.decisions += 1
        guard state.decisions <= maxDecisions else { return nil }
        var ready = 0
        var earliest = UInt64.max
        for index in state.alive {
            if state.phases[index] == .ready {
                ready += 1
            } else {
                earliest = min(earliest, state.deadlines[index])
            }
        }
        if ready == 0 {
            guard earliest != .max else { return nil }
            state.now = max(state.now, earliest)
        } else {
            state.now += 1_000
        }
        if earliest <= state.now {
            for index in state.alive
            where state.phases[index] == .waiting && state.deadlines[index] <= state.now {
                state.phases[index] = .ready
                ready += 1
            }
        }
        var turn = Int(state.random.next() % UInt64(ready))
        for index in state.alive where state.phases[index] == .ready {
            if turn == 0 {
                state.current = index
                state.mix(UInt64(index))
                return index
            }
            turn -= 1
        }
        return nil
    }

    private func hand(to next: Int?, from mine: Int) {
        guard let next else {
            giveUp()
            return takeTurn(Condition(false, scheduler: nil))
        }
        guard next != mine else { return }
        let (theirs, own) = state.withLock { ($0.turns[next], $0.turns[mine]) }
        theirs.signal { $0 = true }
        takeTurn(own)
    }

    private func takeTurn(_ turn: Condition<Bool>) {
        turn.wait { isOurs in
            defer { isOurs = false }
            return isOurs ? () : nil
        }
    }

    private func end(_ index: Int) {
        state.withLock { state in state.alive.removeAll { $0 == index } }
        if index == 0 { return ending.signal { $0 = summary(stuck: nil) } }
        guard let next = state.withLock({ choose(&$0) }) else { return giveUp() }
        state.withLock { $0.turns[next] }.signal { $0 = true }
    }

    private func giveUp() {
        let waiting = liveThreads.joined(separator: ", ")
        ending.signal { $0 = summary(stuck: "the run does not end; alive are: \(waiting)") }
    }

    private func summary(stuck: String?) -> Ending {
        state.withLock { state in
            Ending(
                traceHash: state.hash, decisions: state.decisions,
                lines: Array(state.lines.suffix(keptLines)), stuck: stuck)
        }
    }
}

extension Simulator.State {
    fileprivate mutating func mix(_ word: UInt64) { hash = (hash ^ word) &* 0x100_0000_01B3 &+ hash >> 29 }
}
