import EventLoop

/// Makes one process of several the leader, by a session lock of PostgreSQL on a connection of its own.
///
/// It promises: at most one session holds the lock. A leader that loses its connection has lost the lead,
/// maybe before it notices; so what only a leader may write is written through `asLeader`, on the session
/// that holds the lock, where it fails together with it.
/// It fails with `PostgresError`; every failure of the session ends the lead.
///
/// Belongs to one loop. `@unchecked Sendable` because its state is touched there alone.
package final class LeaderElection: @unchecked Sendable {
    private let key: Int64
    private let configuration: PostgresConfiguration
    private let loop: EventLoop
    private var connection: PostgresConnection?
    private var holdsLock = false

    /// - Parameter key: the number of the lock, one for each office (`pg_try_advisory_lock`).
    package init(key: Int64, _ configuration: PostgresConfiguration, on loop: EventLoop) {
        self.key = key
        self.configuration = configuration
        self.loop = loop
    }

    /// Whether the lock is held, as far as is known without asking the server. On the loop.
    package var isLeader: Bool {
        guard holdsLock, let connection, connection.isUsable else { return false }
        return true
    }

    /// Tries to become leader, or proves with a round trip that we still are. Any loop.
    package func tryAcquire() async throws -> Bool {
        try await loop.run { [self] in
            if holdsLock, try await confirm() { return true }
            let connection = try await session()
            do {
                let row = try await connection.query("SELECT pg_try_advisory_lock(\(key)) AS held").first
                holdsLock = try row?["held", as: Bool.self] ?? false
            } catch {
                end()
                throw error
            }
            return holdsLock
        }
    }

    /// Runs `body` in a transaction on the session that holds the lock. Throws `connectionLost` when the lead
    /// is lost: then nothing of it was stored, unless the error is `commitUnknown`.
    @discardableResult
    package func asLeader<Value: Sendable>(
        _ scope: TenantScope, mode: TransactionMode = .readCommitted,
        _ body: @escaping @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await loop.run { [self] in
            guard isLeader, let connection else {
                end()
                throw PostgresError.connectionLost("the lead was lost")
            }
            do {
                return try await connection.transaction(as: scope, mode: mode, body)
            } catch {
                if !connection.isUsable { end() }
                throw error
            }
        }
    }

    /// Gives the lead up at once instead of when the server notices that we are gone. Any loop.
    package func resign() async {
        _ = try? await loop.run { [self] in end() }
    }

    private func confirm() async throws -> Bool {
        guard isLeader, let connection else {
            end()
            return false
        }
        do {
            try await connection.query("SELECT 1", timeout: .seconds(5))
            return true
        } catch {
            end()
            return false
        }
    }

    private func session() async throws -> PostgresConnection {
        if let connection, connection.isUsable { return connection }
        end()
        let fresh = try await PostgresConnection.connect(configuration)
        connection = fresh
        return fresh
    }

    private func end() {
        holdsLock = false
        connection?.close()
        connection = nil
    }
}
