import EventLoop

/// Makes guessing passwords slow: each failed login of an address or for a name makes the next answer later,
/// and after some the session is closed.
///
/// A success forgets the name's failures; time forgets the rest. Limits: 100,000 entries, the oldest go
/// first.
final class LoginGuard: Sendable {
    private static let maxEntries = 100_000
    private static let forgetAfter: Duration = .seconds(900)
    /// Failures from which on a session is closed.
    static let closesAfter = 10

    private struct Failures {
        var count: Int
        var last: MonotonicTime
    }

    private let failures = Locked<[String: Failures]>([:])

    /// How long the answer to a login is held back, and whether to close.
    func delay(address: String, name: String, now: MonotonicTime) -> (wait: Duration, closes: Bool) {
        let count = failures.withLock { failures in
            max(Self.count(failures[address], now), Self.count(failures["user " + name.lowercased()], now))
        }
        guard count > 0 else { return (.zero, false) }
        let milliseconds = min(8_000, 125 << min(count, 6))
        return (.milliseconds(milliseconds), count >= Self.closesAfter)
    }

    func failed(address: String, name: String, now: MonotonicTime) {
        failures.withLock { failures in
            if failures.count >= Self.maxEntries {
                failures = failures.filter { Self.count($0.value, now) > 0 }
                if failures.count >= Self.maxEntries { failures.removeAll() }
            }
            for key in [address, "user " + name.lowercased()] {
                failures[key] = Failures(count: Self.count(failures[key], now) + 1, last: now)
            }
        }
    }

    func succeeded(name: String) {
        failures.withLock { _ = $0.removeValue(forKey: "user " + name.lowercased()) }
    }

    private static func count(_ failures: Failures?, _ now: MonotonicTime) -> Int {
        guard let failures, now - failures.last < forgetAfter else { return 0 }
        return failures.count
    }
}
