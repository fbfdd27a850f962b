import EventLoop
import TestSupport

/// Asks again every few milliseconds until `look` gives something; throws after the deadline.
@discardableResult
func eventually<Result: Sendable>(
    _ what: String, deadline: Duration = .seconds(20), _ look: @escaping @Sendable () async throws -> Result?
) async throws -> Result {
    let end = MonotonicTime.now().advanced(by: deadline)
    while true {
        if let result = try await look() { return result }
        guard MonotonicTime.now() < end else { throw TestSupportError("waited \(deadline) for \(what)") }
        try await pause(.milliseconds(20))
    }
}

/// Waits without a thread.
func pause(_ duration: Duration) async throws {
    let loop = try TestLoops.clients()
    try await loop.run { await loop.sleep(duration) }
}
