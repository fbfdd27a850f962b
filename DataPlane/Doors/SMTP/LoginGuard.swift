import Crypto
import EventLoop

/// Makes guessing passwords slow: each failed login of an address or for a name makes the next answer later,
/// and after some the session is closed.
///
/// A success forgets the name's failures; time forgets the rest. Limits: 100,000 entries of bounded size.
final class LoginGuard: Sendable {
    private static let maxEntries = 100_000
    private static let forgetAfter: Duration = .seconds(900)
    /// Failures from which on a session is closed.
    static let closesAfter = 10

    private struct Failures {
        var count: Int
        var last: MonotonicTime
    }

    private enum Subject: Hashable {
        case client(ClientNetwork)
        /// Hashed, because a name may be as long as a line.
        case user([UInt8])

        static func user(named name: String) -> Subject { .user(Digest.sha256(name.lowercased())) }
    }

    private let failures = Locked<[Subject: Failures]>([:])

    /// How long the answer to a login is held back, and whether to close.
    func delay(address: String, name: String, now: MonotonicTime) -> (wait: Duration, closes: Bool) {
        let (client, user) = (Subject.client(ClientNetwork(address)), Subject.user(named: name))
        let count = failures.withLock { failures in
            max(Self.count(failures[client], now), Self.count(failures[user], now))
        }
        guard count > 0 else { return (.zero, false) }
        let milliseconds = min(8_000, 125 << min(count, 6))
        return (.milliseconds(milliseconds), count >= Self.closesAfter)
    }

    func failed(address: String, name: String, now: MonotonicTime) {
        let subjects = [Subject.client(ClientNetwork(address)), .user(named: name)]
        failures.withLock { failures in
            if failures.count >= Self.maxEntries {
                failures = failures.filter { Self.count($0.value, now) > 0 }
                if failures.count >= Self.maxEntries { failures.removeAll() }
            }
            for key in subjects {
                failures[key] = Failures(count: Self.count(failures[key], now) + 1, last: now)
            }
        }
    }

    func succeeded(name: String) {
        let user = Subject.user(named: name)
        failures.withLock { _ = $0.removeValue(forKey: user) }
    }

    private static func count(_ failures: Failures?, _ now: MonotonicTime) -> Int {
        guard let failures, now - failures.last < forgetAfter else { return 0 }
        return failures.count
    }
}
