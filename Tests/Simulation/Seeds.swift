import EventLoop
import Simulator
import Testing

/// Runs seeds on threads of their own, and says how to run a bad one again.
enum Seeds {
    /// The seeds from 1 on in as many parts as there should be tests at a time.
    static func parts(_ count: UInt64) -> [Range<UInt64>] { [1..<count / 2, count / 2..<count + 1] }

    static func run(
        _ seeds: Range<UInt64>, _ option: String,
        _ body: @escaping @Sendable (_ seed: UInt64, _ keptLines: Int) -> Verdict
    ) async {
        let reports = await onThread {
            seeds.compactMap { seed in
                body(seed, 0).isGood
                    ? nil
                    : "\(body(seed, 60).report)\n  again: infra/simulate --seed \(seed) --trace \(option)"
            }
        }
        for report in reports { Issue.record("\(report)") }
    }

    /// A run blocks its thread, so it must not take one of those that all tests share.
    static func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withUnsafeContinuation { continuation in
            SystemThread.start(name: "simulation") { continuation.resume(returning: body()) }
        }
    }
}
