import EventLoop
import Glibc
import Simulator

// The simulator's command line: runs seeds on all cores, prints the bad ones, ends with an error if there
// are any. See infra/docs/simulation.md.

struct Wish: Sendable {
    var count: UInt64?
    var first: UInt64?
    var isStore = false
    var omitted: SyncPoint?
    var keptLines = 0

    func run(_ seed: UInt64, keptLines: Int) -> Verdict {
        isStore
            ? StoreRun.run(seed: seed, omitting: omitted, keptLines: keptLines)
            : NodeRun.run(seed: seed, omitting: omitted, keptLines: keptLines)
    }
}

func complain(_ text: String) -> Never {
    let line = Array("simulate: \(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(64)
}

func read(_ arguments: [String]) -> Wish {
    var wish = Wish()
    var rest = arguments[...]
    func number(_ option: String) -> UInt64 {
        guard let number = rest.popFirst().flatMap({ UInt64($0) }), number > 0, number < 1 << 62 else {
            complain("\(option) wants a number from 1 on")
        }
        return number
    }
    while let argument = rest.popFirst() {
        switch argument {
        case "--seeds": wish.count = number(argument)
        case "--seed": wish.first = number(argument)
        case "--store": wish.isStore = true
        case "--trace": wish.keptLines = 1_000_000
        case "--omit":
            let name = rest.popFirst() ?? ""
            guard let point = SyncPoint(rawValue: name) else {
                let names = SyncPoint.allCases.map(\.rawValue).joined(separator: ", ")
                complain("there is no sync \(name); there are \(names)")
            }
            wish.omitted = point
        default: complain("unknown option \(argument)")
        }
    }
    return wish
}

let wish = read(Array(CommandLine.arguments.dropFirst()))
let first = wish.first ?? 1
let count = wish.count ?? (wish.first == nil ? 1_000 : 1)
let started = MonotonicTime.now()
let next = Locked(first)
let failed = Locked<UInt64>(0)
let printing = Locked(0)
let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
let running = Condition(cores)
for _ in 0..<cores {
    SystemThread.start(name: "simulation") {
        while true {
            let seed = next.withLock { next in
                defer { next += 1 }
                return next
            }
            guard seed < first + count else { break }
            let verdict = wish.run(seed, keptLines: wish.keptLines)
            if !verdict.isGood { failed.withLock { $0 += 1 } }
            if wish.keptLines > 0 || !verdict.isGood {
                let report = wish.keptLines > 0 ? verdict.report : wish.run(seed, keptLines: 60).report
                printing.withLock { _ in print(report) }
            }
        }
        running.signal { $0 -= 1 }
    }
}
running.wait { $0 == 0 ? () : nil }
let seconds = Double((MonotonicTime.now() - started).wholeMilliseconds) / 1000
let bad = failed.withLock { $0 }
let rate = Int(Double(count) / max(seconds, 0.001))
print("\(count) seeds, \(bad) broke a promise, \(seconds) s, \(rate) seeds/s")
exit(bad == 0 ? 0 : 1)
