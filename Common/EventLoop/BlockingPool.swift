import Glibc

/// A small fixed set of threads for work that blocks: reads of cold files, password hashing.
///
/// The number of threads is the limit: more work waits in line. After `stop` nothing new is taken, and what
/// was taken still runs.
package final class BlockingPool: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var stopped = false
    }

    /// The pool was stopped before the work was taken.
    package struct Stopped: Error {}

    private let state: Condition<State>

    package init(threads: Int, name: String) {
        let state = Condition(State())
        self.state = state
        for index in 0..<max(1, threads) {
            SystemThread.start(name: "\(name)-\(index)") {
                while let work = Self.take(from: state) { work() }
            }
        }
    }

    /// Runs `body` on one of the threads and gives its result back on the caller's executor.
    package func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Result, any Error>) in
            let taken = state.signal { state in
                guard !state.stopped else { return false }
                state.work.append {
                    do { continuation.resume(returning: try body()) } catch {
                        continuation.resume(throwing: error)
                    }
                }
                return true
            }
            if !taken { continuation.resume(throwing: Stopped()) }
        }
    }

    package func stop() {
        state.broadcast { $0.stopped = true }
    }

    private static func take(from state: Condition<State>) -> (@Sendable () -> Void)? {
        state.wait { state in
            if !state.work.isEmpty { return .some(state.work.removeFirst()) }
            return state.stopped ? .some(nil) : nil
        }
    }
}
