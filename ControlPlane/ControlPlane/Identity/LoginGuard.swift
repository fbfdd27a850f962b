import EventLoop
import HTTP

/// Slows down whoever guesses passwords: after a few failures, for an address or for a name, each further one
/// doubles the time in which nothing is tried at all.
///
/// An attempt counts as failed from its beginning until it succeeds, so that many at once gain nothing.
/// Counted in each process apart. Limits: `maxEntries` addresses and names (the oldest locks are forgotten
/// beyond), `maxConcurrent` log-ins.
package final class LoginGuard: Sendable {
    static let maxEntries = 50_000
    /// Each takes 32 MiB and a quarter of a second of a processor.
    static let maxConcurrent = 32
    static let forgottenAfterMilliseconds: Int64 = 3_600_000

    private struct Entry {
        var failures = 0
        var lockedUntil: Int64 = 0
        var last: Int64 = 0
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var running = 0
    }

    private let state = Locked(State())

    package init() {}

    /// Runs one attempt to prove a password.
    ///
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - attempt: gives nil when the password was wrong.
    /// - Throws: 429 while the address or the name is locked, 503 when too many log in at once, and what
    ///   `attempt` throws, which counts for nobody.
    package func attempt<Value>(
        address: String, name: String, now: Int64, _ attempt: () async throws -> Value?
    ) async throws -> Value? {
        // A household or an office shares an address, so it bears more than a name.
        let keys = [("address:\(address)", 20), ("name:\(name.lowercased())", 5)]
        try begin(keys, now: now)
        do {
            let value = try await attempt()
            end(keys.map(\.0), undo: value != nil, forget: value != nil)
            return value
        } catch {
            end(keys.map(\.0), undo: true, forget: false)
            throw error
        }
    }

    private func begin(_ keys: [(String, Int)], now: Int64) throws(APIError) {
        let refusal = state.withLock { state -> APIError? in
            for (key, _) in keys {
                guard let entry = state.entries[key], entry.lockedUntil > now else { continue }
                let seconds = Int((entry.lockedUntil - now + 999) / 1000)
                return APIError(
                    429, "too_many_attempts", "Too many failed attempts; try again later.",
                    retryAfterSeconds: seconds)
            }
            guard state.running < Self.maxConcurrent else {
                return APIError(503, "busy", "Too many log-ins at once; try again.", retryAfterSeconds: 2)
            }
            if state.entries.count + keys.count > Self.maxEntries { Self.prune(&state, now: now) }
            state.running += 1
            for (key, free) in keys { Self.count(&state, key, free: free, now: now) }
            return nil
        }
        if let refusal { throw refusal }
    }

    private static func count(_ state: inout State, _ key: String, free: Int, now: Int64) {
        var entry = state.entries[key] ?? Entry()
        if now - entry.last > forgottenAfterMilliseconds { entry = Entry() }
        entry.failures += 1
        entry.last = now
        if entry.failures > free {
            // 1 s, 2 s, 4 s … up to about 8 minutes.
            entry.lockedUntil = now + 1000 << Int64(min(9, entry.failures - free - 1))
        }
        state.entries[key] = entry
    }

    private func end(_ keys: [String], undo: Bool, forget: Bool) {
        state.withLock { state in
            state.running -= 1
            guard undo else { return }
            for key in keys {
                if forget, key.hasPrefix("name:") {
                    state.entries[key] = nil
                } else if var entry = state.entries[key] {
                    entry.failures = max(0, entry.failures - 1)
                    entry.lockedUntil = 0
                    state.entries[key] = entry.failures == 0 ? nil : entry
                }
            }
        }
    }

    private static func prune(_ state: inout State, now: Int64) {
        state.entries = state.entries.filter { now - $0.value.last <= forgottenAfterMilliseconds }
        guard state.entries.count >= maxEntries / 2 else { return }
        let oldest = state.entries.sorted { $0.value.last < $1.value.last }.prefix(state.entries.count / 2)
        for (key, _) in oldest { state.entries[key] = nil }
    }
}
