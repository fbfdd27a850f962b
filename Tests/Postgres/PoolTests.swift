import EventLoop
import FoundationEssentials
import TestSupport
import Testing

@testable import Postgres

@Suite struct PoolTests {
    private func pool(_ limits: PostgresPool.Limits) async throws -> PostgresPool {
        PostgresPool(try await Fixture.shared.value, limits: limits, on: Fixture.loop)
    }

    private func processID(_ pool: PostgresPool) async throws -> Int {
        try await pool.withConnection { $0.backendProcessID }
    }

    @Test func `a connection is used again`() async throws {
        let pool = try await pool(.init(maxConnections: 3))
        let first = try await processID(pool)
        #expect(try await processID(pool) == first)
        #expect(await pool.status() == .init(maxConnections: 3, leased: 0, idle: 1, waiting: 0, failure: nil))
        await pool.close()
    }

    @Test func `a body runs on the pool's loop from wherever it is called`() async throws {
        let pool = try await pool(.init(maxConnections: 2, acquireTimeout: .seconds(60)))
        let isOnLoop = try await Fixture.otherLoop.run {
            let inside = try await pool.withConnection { _ in Fixture.loop.isCurrent }
            return inside && Fixture.otherLoop.isCurrent
        }
        #expect(isOnLoop)
        await pool.close()
    }

    @Test func `no more connections are opened than allowed`() async throws {
        let pool = try await pool(.init(maxConnections: 2, acquireTimeout: .seconds(60)))
        let seen = Locked((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await pool.withConnection { connection in
                        seen.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                        try await connection.query("SELECT pg_sleep(0.002)")
                        seen.withLock { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(seen.withLock { $0.most } == 2)
        #expect(await pool.status().idle == 2)
        await pool.close()
    }

    @Test func `a full waiting list is refused at once`() async throws {
        let pool = try await pool(.init(maxConnections: 1, maxWaiters: 0))
        let error = try await postgresError {
            try await pool.withConnection { _ in try await pool.ping() }
        }
        #expect(error == .poolExhausted)
        #expect(error.isUnavailable)
        try await pool.ping()
        await pool.close()
    }

    @Test func `waiting too long is refused and leaves no trace in the line`() async throws {
        let pool = try await pool(.init(maxConnections: 1, acquireTimeout: .milliseconds(20)))
        let error = try await postgresError {
            try await pool.withConnection { _ in try await pool.ping() }
        }
        #expect(error == .poolExhausted)
        #expect(await pool.status().waiting == 0)
        try await pool.ping()
        await pool.close()
    }

    @Test func `whoever waits longest is served first`() async throws {
        let order = try await Fixture.loop.run {
            let queue = PermitQueue(permits: 1, maxWaiters: 10, loop: Fixture.loop)
            let order = Locked<[Int]>([])
            #expect(await queue.take(timeout: .seconds(10)))
            let shared = LoopBound(queue, on: Fixture.loop)
            let tasks = (0..<3).map { number in
                Fixture.loop.spawn {
                    guard await shared.value.take(timeout: .seconds(10)) else { return }
                    order.withLock { $0.append(number) }
                    shared.value.give()
                }
            }
            while queue.waiting < 3 { await Fixture.loop.sleep(.milliseconds(1)) }
            queue.give()
            for task in tasks { await task.value }
            #expect(queue.free == 1)
            return order.withLock { $0 }
        }
        #expect(order == [0, 1, 2])
    }

    @Test func `a connection left inside a transaction is not given to the next`() async throws {
        let pool = try await pool(.init(maxConnections: 1))
        let first = try await pool.withConnection { connection in
            try await connection.run(script: "BEGIN")
            return connection.backendProcessID
        }
        #expect(try await processID(pool) != first)
        await pool.close()
    }

    @Test func `a connection whose statement timed out is replaced`() async throws {
        let pool = try await pool(.init(maxConnections: 1))
        let first = try await processID(pool)
        let error = try await postgresError {
            try await pool.withConnection { connection in
                _ = try await connection.query("SELECT pg_sleep(30)", timeout: .milliseconds(20))
            }
        }
        #expect(error == .timedOut)
        #expect(try await processID(pool) != first)
        await pool.close()
    }

    @Test func `an idle connection that the server ended is noticed before its use`() async throws {
        let pool = try await pool(.init(maxConnections: 1))
        let first = try await processID(pool)
        try await Fixture.scratch { try await $0.query("SELECT pg_terminate_backend(\(first)::int, 5000)") }
        #expect(try await processID(pool) != first)
        await pool.close()
    }

    @Test func `a connection that nobody used for long is closed`() async throws {
        let pool = try await pool(.init(maxConnections: 2, idleTimeout: .milliseconds(10)))
        let process = try await processID(pool)
        try await Fixture.scratch { connection in
            var alive = 1
            while alive > 0 {
                await Fixture.loop.sleep(.milliseconds(5))
                alive = try await connection.query("SELECT FROM pg_stat_activity WHERE pid = \(process)")
                    .count
            }
        }
        #expect(await pool.status().idle == 0)
        await pool.close()
    }

    @Test func `a closed pool refuses and closes what comes back`() async throws {
        let pool = try await pool(.init(maxConnections: 2, acquireTimeout: .seconds(60)))
        try await pool.withConnection { _ in await pool.close() }
        #expect(await pool.status().idle == 0)
        let error = try await postgresError { try await pool.ping() }
        #expect(error == .unavailable("the pool is closed"))
    }

    @Test func `a database that is away is refused quickly until it is tried again`() async throws {
        let pool = PostgresPool(
            PostgresConfiguration(url: "host=/nonexistent"), limits: .init(reconnectPause: .seconds(60)),
            on: Fixture.loop)
        for _ in 0..<3 {
            let error = try await postgresError { try await pool.ping() }
            guard case .unavailable = error else { throw error }
        }
        #expect(await pool.status().failure != nil)
        await pool.close()
    }
}
