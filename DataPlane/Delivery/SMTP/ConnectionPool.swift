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
        let timer: TimerHandle
    }

    private let loop: EventLoop
    private let settings: Settings
    private var idle: [Key: [Idle]] = [:]
    private var nextSerial: UInt64 = 0
    package private(set) var idleCount = 0

    package init(on loop: EventLoop, _ settings: Settings = Settings()) {
        self.loop = loop
        self.settings = settings
    }

    /// The session that was given back last, or nil.
    func take(_ key: Key) -> SMTPSession? {
        guard let last = idle[key]?.popLast() else { return nil }
        if idle[key]?.isEmpty == true { idle[key] = nil }
        last.timer.cancel()
        idleCount -= 1
        return last.session
    }

    /// Keeps the session for the next one, or says goodbye to it without making the caller wait.
    func give(_ session: SMTPSession, _ key: Key, maxMessages: Int) {
        guard session.takesMore, session.transactionCount < maxMessages, idleCount < settings.maxIdle,
            idle[key, default: []].count < settings.maxIdlePerKey
        else {
            close(session)
            return
        }
        nextSerial += 1
        let serial = nextSerial
        let bound = LoopBound(self, on: loop)
        let timer = loop.after(settings.idleTimeout) { bound.value.expire(key, serial) }
        idle[key, default: []].append(Idle(session: session, serial: serial, timer: timer))
        idleCount += 1
    }

    private func expire(_ key: Key, _ serial: UInt64) {
        guard let place = idle[key]?.firstIndex(where: { $0.serial == serial }),
            let expired = idle[key]?.remove(at: place)
        else { return }
        if idle[key]?.isEmpty == true { idle[key] = nil }
        idleCount -= 1
        close(expired.session)
    }

    private func close(_ session: SMTPSession) {
        let bound = LoopBound(session, on: loop)
        loop.spawn { await bound.value.close() }
    }

    /// Says goodbye to all; for the end of the process.
    package func closeAll() async {
        let sessions = idle.values.joined()
        idle = [:]
        idleCount = 0
        for entry in sessions {
            entry.timer.cancel()
            await entry.session.close()
        }
    }
}
