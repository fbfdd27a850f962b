import EventLoop

/// Sessions that have finished a message and wait a short time for the next of their kind. Loop bound.
///
/// A session is lent to one task at a time: `take` removes it, `give` brings it back. It is closed when
/// nobody came for it in time, when it has carried its share of messages, or when there are too many.
package final class ConnectionPool {
    /// Sessions are alike when all of this is the same.
    package struct Key: Hashable, Sendable {
        package let lane: String
        package let policy: TLSPolicy
        package let localAddress: LocalAddresses

        /// The lane tells most keys apart already.
        package func hash(into hasher: inout Hasher) { hasher.combine(lane) }
    }

    package struct Settings: Sendable, Hashable {
        package var idleTimeout: Duration = .seconds(8)
        package var maxIdle = 1_000
        package var maxIdlePerKey = 100

        package init() {}
    }

    private struct Idle {
        let session: SMTPSession
        let serial: UInt64
    }

    /// The idle sessions of one key, in the order in which they were given back.
    private final class Shelf {
        let key: Key
        var idle: [Idle] = []

        init(_ key: Key) { self.key = key }
    }

    /// When the time of a session is over, if it lies on its shelf still.
    private struct Expiry {
        let deadline: MonotonicTime
        let shelf: Shelf
        let serial: UInt64
    }

    private let loop: EventLoop
    private let settings: Settings
    /// An empty one stays until the time of what was last on it is over.
    private var shelves: [Key: Shelf] = [:]
    /// In order of time: it is the same for all. Sessions that were taken are passed over when theirs comes,
    /// so taking one costs nothing here. What is before `firstExpiry` is over.
    private var expiries: [Expiry] = []
    private var firstExpiry = 0
    /// Runs as long as there are expiries.
    private var timer: TimerHandle?
    private var nextSerial: UInt64 = 0
    package private(set) var idleCount = 0

    package init(on loop: EventLoop, _ settings: Settings = Settings()) {
        self.loop = loop
        self.settings = settings
    }

    /// The session that was given back last, or nil.
    func take(_ key: Key) -> SMTPSession? {
        guard let last = shelves[key]?.idle.popLast() else { return nil }
        idleCount -= 1
        return last.session
    }

    /// Keeps the session for the next one, or says goodbye to it without making the caller wait.
    func give(_ session: SMTPSession, _ key: Key, maxMessages: Int) {
        guard session.takesMore, session.transactionCount < maxMessages, idleCount < settings.maxIdle,
            settings.maxIdlePerKey > 0
        else { return close(session) }
        let shelf = shelf(key)
        guard shelf.idle.count < settings.maxIdlePerKey else { return close(session) }
        nextSerial += 1
        shelf.idle.append(Idle(session: session, serial: nextSerial))
        idleCount += 1
        expiries.append(
            Expiry(
                deadline: loop.now.advanced(by: settings.idleTimeout), shelf: shelf, serial: nextSerial))
        if timer == nil { arm(settings.idleTimeout) }
    }

    private func shelf(_ key: Key) -> Shelf {
        if let known = shelves[key] { return known }
        let new = Shelf(key)
        shelves[key] = new
        return new
    }

    // MARK: Time

    private func arm(_ delay: Duration) {
        let bound = LoopBound(self, on: loop)
        timer = loop.after(delay) { bound.value.expire() }
    }

    /// Closes what nobody came for in time.
    private func expire() {
        timer = nil
        let now = loop.now
        while firstExpiry < expiries.count, expiries[firstExpiry].deadline <= now {
            end(expiries[firstExpiry])
            firstExpiry += 1
        }
        guard firstExpiry < expiries.count else {
            expiries.removeAll(keepingCapacity: true)
            firstExpiry = 0
            return
        }
        if firstExpiry > expiries.count / 2 {
            expiries.removeSubrange(..<firstExpiry)
            firstExpiry = 0
        }
        arm(expiries[firstExpiry].deadline - now)
    }

    private func end(_ expiry: Expiry) {
        let shelf = expiry.shelf
        if shelf.idle.first?.serial == expiry.serial {
            idleCount -= 1
            close(shelf.idle.removeFirst().session)
        }
        if shelf.idle.isEmpty, shelves[shelf.key] === shelf { shelves[shelf.key] = nil }
    }

    private func close(_ session: SMTPSession) {
        let bound = LoopBound(session, on: loop)
        loop.spawn { await bound.value.close() }
    }

    /// Says goodbye to all; for the end of the process.
    package func closeAll() async {
        let sessions = shelves.values.flatMap(\.idle)
        shelves = [:]
        expiries = []
        firstExpiry = 0
        timer?.cancel()
        timer = nil
        idleCount = 0
        for entry in sessions { await entry.session.close() }
    }
}
