import Crypto
import EventLoop

/// Makes guessing passwords slow: each failed login of an address or for a name makes the next answer later,
/// and after some the session is closed. Who has failed has only a few logins of his address under way at
/// once, so that many connections guess no faster than those few.
///
/// A success forgets the name's failures; time forgets the rest. Limits: 100,000 entries of bounded size.
final class LoginGuard: Sendable {
    private static let maxEntries = 100_000
    private static let forgetAfter: Duration = .seconds(900)
    /// Failures from which on a session is closed.
    static let closesAfter = 10
    /// Logins of one address that may be held back at the same time.
    static let maxHeld = 4

    /// How long the answer to a login is held back, and whether a failure then ends the session.
    struct Delay {
        let wait: Duration
        let closes: Bool
        /// Whether it counts among those of its address that are held back.
        let isCounted: Bool
    }

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
    /// How many logins of each address are held back.
    private let held = Locked<[ClientNetwork: Int]>([:])

    /// How the answer to a login is delayed; nil when too many of an address that has failed are held back
    /// already. Each that is not nil needs its `end`.
    func begin(address: String, name: String, now: MonotonicTime) -> Delay? {
        let delay = delay(address: address, name: name, now: now)
        guard delay.isCounted else { return delay }
        let isFree = held.withLock { held in
            guard held[ClientNetwork(address), default: 0] < Self.maxHeld else { return false }
            held[ClientNetwork(address), default: 0] += 1
            return true
        }
        return isFree ? delay : nil
    }

    /// To be called once the delay has passed, also when the client is gone: who does not wait for an answer
    /// does not get the next one sooner.
    func end(_ delay: Delay, address: String) {
        guard delay.isCounted else { return }
        held.withLock { held in
            let others = held[ClientNetwork(address), default: 0] - 1
            held[ClientNetwork(address)] = others > 0 ? others : nil
        }
    }

    private func delay(address: String, name: String, now: MonotonicTime) -> Delay {
        let (client, user) = (Subject.client(ClientNetwork(address)), Subject.user(named: name))
        let (ofClient, ofUser) = failures.withLock { failures in
            (Self.count(failures[client], now), Self.count(failures[user], now))
        }
        let count = max(ofClient, ofUser)
        guard count > 0 else { return Delay(wait: .zero, closes: false, isCounted: false) }
        let milliseconds = min(8_000, 125 << min(count, 6))
        // Others' failures for a name do not shut out whoever it belongs to.
        return Delay(
            wait: .milliseconds(milliseconds), closes: count >= Self.closesAfter, isCounted: ofClient > 0)
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
