import EventLoop

/// A bounded number of connections, shared by every loop of the process and run on one of them.
///
/// It promises: a body has its connection alone; a connection that broke, or that a body left inside a
/// transaction, is dropped and made anew when the next is needed; a broken one that lay idle is noticed
/// before a body gets it. A caller on another loop hops to the pool's loop and back, so a body runs on the
/// pool's loop: it holds database work alone.
/// It fails with `PostgresError`: `unavailable` when the server is away, `poolExhausted` when all are in use.
/// Limits: `Limits`.
///
/// `@unchecked Sendable` because its state is touched on `loop` alone.
package final class PostgresPool: @unchecked Sendable {
    package struct Limits: Sendable {
        package var maxConnections: Int
        /// Tasks that may wait for a connection.
        package var maxWaiters: Int
        package var acquireTimeout: Duration
        /// An unused connection is closed after this.
        package var idleTimeout: Duration
        /// After a failed attempt to connect, callers are refused at once for this long.
        package var reconnectPause: Duration

        package init(
            maxConnections: Int = 10, maxWaiters: Int = 1000, acquireTimeout: Duration = .seconds(5),
            idleTimeout: Duration = .seconds(300), reconnectPause: Duration = .milliseconds(250)
        ) {
            self.maxConnections = max(1, maxConnections)
            self.maxWaiters = maxWaiters
            self.acquireTimeout = acquireTimeout
            self.idleTimeout = idleTimeout
            self.reconnectPause = reconnectPause
        }
    }

    /// Numbers for metrics and for the health page.
    package struct Status: Sendable, Equatable {
        package let maxConnections: Int
        package let leased: Int
        package let idle: Int
        package let waiting: Int
        /// Why the last attempt to connect failed; nil once one has succeeded.
        package let failure: String?
    }

    private struct Idle {
        let connection: PostgresConnection
        let since: MonotonicTime
    }

    package let loop: EventLoop
    package let configuration: PostgresConfiguration
    private let limits: Limits
    private let permits: PermitQueue
    private var idle: [Idle] = []
    private var failure: (reason: String, at: MonotonicTime)?
    private var reaper: TimerHandle?
    private var isClosed = false

    /// Connects when the first statement comes, so that a service starts without its database.
    package init(_ configuration: PostgresConfiguration, limits: Limits = Limits(), on loop: EventLoop) {
        self.configuration = configuration
        self.limits = limits
        self.loop = loop
        permits = PermitQueue(permits: limits.maxConnections, maxWaiters: limits.maxWaiters, loop: loop)
    }

    /// Runs `body` with a connection of the login role, outside any transaction.
    @discardableResult
    package func withConnection<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await loop.run { [self] in
            let connection = try await lease()
            do {
                let value = try await body(connection)
                release(connection)
                return value
            } catch {
                release(connection)
                throw error
            }
        }
    }

    package func status() async -> Status {
        let status = try? await loop.run { [self] in
            Status(
                maxConnections: limits.maxConnections, leased: limits.maxConnections - permits.free,
                idle: idle.count, waiting: permits.waiting, failure: failure?.reason)
        }
        return status
            ?? Status(maxConnections: limits.maxConnections, leased: 0, idle: 0, waiting: 0, failure: nil)
    }

    /// Proves with a round trip that the database answers.
    package func ping() async throws {
        _ = try await withConnection { try await $0.query("SELECT 1", timeout: .seconds(5)) }
    }

    /// Refuses new work, closes what is idle, and closes each leased connection when it comes back.
    package func close() async {
        _ = try? await loop.run { [self] in
            isClosed = true
            reaper?.cancel()
            permits.refuseAll()
            for entry in idle { entry.connection.close() }
            idle = []
        }
    }

    // MARK: On the pool's loop

    func lease() async throws(PostgresError) -> PostgresConnection {
        loop.preconditionIsCurrent()
        if isClosed { throw .unavailable("the pool is closed") }
        guard await permits.take(timeout: limits.acquireTimeout) else {
            throw isClosed ? .unavailable("the pool is closed") : .poolExhausted
        }
        while let entry = idle.popLast() {
            if entry.connection.isUsable { return entry.connection }
            entry.connection.close()
        }
        do throws(PostgresError) {
            return try await connect()
        } catch {
            permits.give()
            throw error
        }
    }

    func release(_ connection: PostgresConnection) {
        if isClosed || connection.isInTransaction || !connection.isUsable {
            connection.close()
        } else {
            connection.isFresh = false
            idle.append(Idle(connection: connection, since: loop.now))
            scheduleReaper()
        }
        permits.give()
    }

    private func connect() async throws(PostgresError) -> PostgresConnection {
        if let failure, MonotonicTime.now() - failure.at < limits.reconnectPause {
            throw .unavailable(failure.reason)
        }
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(configuration)
            failure = nil
            return connection
        } catch {
            failure = ("\(error)", MonotonicTime.now())
            throw error
        }
    }

    private func scheduleReaper() {
        guard reaper == nil else { return }
        reaper = loop.after(limits.idleTimeout) { [weak self] in self?.reap() }
    }

    /// The oldest come first, because the latest is always taken first.
    private func reap() {
        reaper = nil
        let now = MonotonicTime.now()
        while let oldest = idle.first, now - oldest.since >= limits.idleTimeout {
            idle.removeFirst().connection.close()
        }
        if !idle.isEmpty { scheduleReaper() }
    }
}
