import EventLoop

extension PostgresPool {
    /// Runs `body` inside one transaction with the rights of `scope`; see `PostgresConnection.transaction`.
    ///
    /// - Parameter attempts: how often the transaction is run at most when it loses against another one
    ///   (deadlock, serialization failure). The body runs anew each time, so it holds database work alone.
    @discardableResult
    package func transaction<Value: Sendable>(
        as scope: TenantScope, mode: TransactionMode = .readCommitted, attempts: Int = 3,
        _ body: @escaping @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await loop.run { [self] in
            var attempt = 1
            while true {
                do {
                    return try await once(scope, mode, body)
                } catch let error as PostgresError where error.isRetryable && attempt < attempts {
                    await loop.sleep(.milliseconds(5 * attempt))
                    attempt += 1
                }
            }
        }
    }

    /// One statement in a transaction of its own.
    @discardableResult
    package func query(_ sql: SQL, as scope: TenantScope) async throws -> PostgresRows {
        try await transaction(as: scope) { try await $0.query(sql) }
    }

    /// One statement in a transaction of its own; gives the number of rows that it changed.
    @discardableResult
    package func execute(_ sql: SQL, as scope: TenantScope) async throws -> Int {
        try await query(sql, as: scope).affected
    }

    private func once<Value: Sendable>(
        _ scope: TenantScope, _ mode: TransactionMode,
        _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await opened(scope, mode)
        defer { release(connection) }
        let value: Value
        do {
            value = try await body(connection)
        } catch {
            await connection.rollback()
            throw error
        }
        try await connection.commit()
        return value
    }

    /// A connection inside a fresh transaction. One that turns out to be broken at BEGIN has done nothing
    /// yet, so the next is tried: after a restart of the server every idle one may be broken.
    private func opened(_ scope: TenantScope, _ mode: TransactionMode) async throws(PostgresError)
        -> PostgresConnection
    {
        while true {
            let connection = try await lease()
            let wasFresh = connection.isFresh
            do throws(PostgresError) {
                try await connection.begin(scope, mode)
                return connection
            } catch .connectionLost(let reason) {
                release(connection)
                if wasFresh { throw .unavailable(reason) }
            } catch {
                release(connection)
                throw error
            }
        }
    }
}
