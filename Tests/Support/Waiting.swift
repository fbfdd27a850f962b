import Glibc

/// Waiting for something outside the process, on a thread of its own, so that tests that wait do not keep the
/// few threads that tests run on.
package enum Waiting {
    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body`, which may block, on a thread of its own.
    package static func onThread<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let start = Unmanaged.passRetained(
                Start { continuation.resume(with: Swift.Result { try body() }) })
            var thread = pthread_t()
            let code = pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
                    return nil
                }, start.toOpaque())
            if code == 0 {
                pthread_detach(thread)
            } else {
                start.release()
                continuation.resume(throwing: TestSupportError("pthread_create", code: code))
            }
        }
    }

    /// Asks again every few milliseconds until `look` gives something; throws after the deadline.
    @discardableResult
    package static func until<Result: Sendable>(
        _ what: String, deadline: Duration = .seconds(30), _ look: @escaping @Sendable () throws -> Result?
    ) async throws -> Result {
        try await onThread {
            let clock = ContinuousClock()
            let end = clock.now + deadline
            while true {
                if let result = try look() { return result }
                guard clock.now < end else { throw TestSupportError("waited \(deadline) for \(what)") }
                usleep(5_000)
            }
        }
    }
}
