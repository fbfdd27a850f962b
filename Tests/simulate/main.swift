import Glibc
import Simulator

/// Usage: simulate [--seeds N] [--seed S] [--trace]
var count: UInt64 = 1000
var first: UInt64 = 1
var keptLines = 0
var omitted: SyncPoint?
var run = NodeRun.run
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--seeds": count = arguments.popFirst().flatMap(UInt64.init) ?? 0
    case "--seed":
        first = arguments.popFirst().flatMap(UInt64.init) ?? 0
        count = 1
    case "--trace": keptLines = 1_000_000
    case "--store": run = StoreRun.run
    case "--omit": omitted = arguments.popFirst().flatMap(SyncPoint.init)
    default:
        print("usage: simulate [--seeds N] [--seed S] [--trace]")
        exit(2)
    }
}

var failed = 0
for seed in first..<first + count {
    let verdict = run(seed, omitted, keptLines)
    if keptLines > 0 { print(verdict.report) }
    fflush(nil)
    guard !verdict.isGood else { continue }
    failed += 1
    print(run(seed, omitted, 60).report)
}
print("\(count) seeds, \(failed) failed")
exit(failed == 0 ? 0 : 1)
