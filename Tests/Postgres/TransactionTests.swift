import EventLoop
import FoundationEssentials
import Testing

@testable import Postgres

@Suite struct TransactionTests {
    private struct Stop: Error {}

    /// A table of the test's own in the shared database, and the number of its rows.
    private func table() async throws -> SQL {
        let name = "t_\(UUID().uuidString.lowercased())"
        let table: SQL = "\(identifier: name)"
        try await Fixture.scratch { try await $0.query("CREATE TABLE \(table) (id int PRIMARY KEY, n int)") }
        return table
    }

    private func count(_ table: SQL) async throws -> Int {
        try await Fixture.scratch { connection in
            let row = try #require(try await connection.query("SELECT count(*) AS n FROM \(table)").first)
            return try row["n"]
        }
    }

    private func pool() async throws -> PostgresPool {
        PostgresPool(try await Fixture.shared.value, limits: .init(maxConnections: 4), on: Fixture.loop)
    }

    @Test func `what a transaction wrote is there after it`() async throws {
        let table = try await table()
        let pool = try await pool()
        let value = try await pool.transaction(as: .login) { connection in
            try await connection.query("INSERT INTO \(table) VALUES (1, 1)")
            return "done"
        }
        #expect(value == "done")
        #expect(try await count(table) == 1)
    }

    @Test func `what a failed transaction wrote is gone`() async throws {
        let table = try await table()
        let pool = try await pool()
        await #expect(throws: Stop.self) {
            try await pool.transaction(as: .login) { connection in
                try await connection.query("INSERT INTO \(table) VALUES (1, 1)")
                throw Stop()
            }
        }
        #expect(try await count(table) == 0)
        #expect(await pool.status().idle == 1)
    }

    @Test func `a body that hides a failure cannot make it look stored`() async throws {
        let table = try await table()
        let pool = try await pool()
        let error = try await postgresError {
            try await pool.transaction(as: .login) { connection in
                try await connection.query("INSERT INTO \(table) VALUES (1, 1)")
                _ = try? await connection.query("INSERT INTO \(table) VALUES (1, 1)")
            }
        }
        #expect(error == .transactionAborted)
        #expect(try await count(table) == 0)
    }

    @Test func `a savepoint undoes its own part alone`() async throws {
        let table = try await table()
        let pool = try await pool()
        let refused = try await pool.transaction(as: .login) { connection in
            var refused = 0
            for id in [1, 2, 2, 3] {
                do {
                    try await connection.savepoint {
                        try await $0.query("INSERT INTO \(table) VALUES (\(id), 0)")
                    }
                } catch let error as PostgresError where error.sqlState == .uniqueViolation {
                    refused += 1
                }
            }
            return refused
        }
        #expect(refused == 1)
        #expect(try await count(table) == 3)
    }

    @Test func `a transaction inside a transaction is refused`() async throws {
        let pool = try await pool()
        let error = try await postgresError {
            try await pool.transaction(as: .login) { connection in
                try await connection.transaction(as: .login) { _ in }
            }
        }
        #expect(error == .misuse("a transaction is open already"))
    }

    @Test func `a read-only transaction cannot write`() async throws {
        let table = try await table()
        let pool = try await pool()
        let error = try await postgresError {
            try await pool.transaction(as: .login, mode: .repeatableReadOnly) { connection in
                _ = try await connection.query("INSERT INTO \(table) VALUES (1, 1)")
            }
        }
        #expect(error.sqlState == .readOnlyTransaction)
    }

    @Test func `a transaction that loses a race is run again`() async throws {
        let table = try await table()
        let pool = try await pool()
        try await pool.execute("INSERT INTO \(table) VALUES (1, 0)", as: .login)
        @Sendable func increment() async throws {
            try await pool.transaction(as: .login, mode: .serializable, attempts: 50) { connection in
                let row = try #require(
                    try await connection.query("SELECT n FROM \(table) WHERE id = 1").first)
                let next = try row["n", as: Int.self] + 1
                try await connection.query("UPDATE \(table) SET n = \(next) WHERE id = 1")
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { try await increment() } }
            try await group.waitForAll()
        }
        let row = try #require(try await pool.query("SELECT n FROM \(table)", as: .login).first)
        #expect(try row["n", as: Int.self] == 8)
    }

    @Test func `a deadlock ends with both transactions stored`() async throws {
        let table = try await table()
        let pool = try await pool()
        try await pool.execute("INSERT INTO \(table) VALUES (1, 0), (2, 0)", as: .login)
        @Sendable func touch(_ order: [Int]) async throws {
            try await pool.transaction(as: .login, attempts: 10) { connection in
                for id in order {
                    try await connection.query("UPDATE \(table) SET n = n + 1 WHERE id = \(id)")
                    try await connection.query("SELECT pg_sleep(0.02)")
                }
            }
        }
        async let forwards: Void = touch([1, 2])
        async let backwards: Void = touch([2, 1])
        _ = try await (forwards, backwards)
        let row = try #require(try await pool.query("SELECT sum(n) AS n FROM \(table)", as: .login).first)
        #expect(try row["n", as: Int.self] == 4)
    }

    @Test func `the number of attempts is kept`() async throws {
        let pool = try await pool()
        let attempts = Locked(0)
        let error = try await postgresError {
            try await pool.transaction(as: .login, attempts: 3) { connection in
                attempts.withLock { $0 += 1 }
                _ = try await connection.query(
                    "DO $$ BEGIN RAISE EXCEPTION '' USING ERRCODE = '40001'; END $$")
            }
        }
        #expect(error.sqlState == .serializationFailure)
        #expect(attempts.withLock { $0 } == 3)
    }

    @Test func `a session that ends during COMMIT leaves the outcome unknown`() async throws {
        let table = try await table()
        let pool = try await pool()
        // A deferred constraint makes the server work at COMMIT, and there it ends its own session.
        try await Fixture.scratch { connection in
            try await connection.run(
                script: """
                    CREATE OR REPLACE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN
                        PERFORM pg_terminate_backend(pg_backend_pid());
                        PERFORM pg_sleep(1);
                        RETURN NULL;
                    END $$
                    """)
            try await connection.query(
                """
                CREATE CONSTRAINT TRIGGER ends AFTER INSERT ON \(table) DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION end_session()
                """)
        }
        let error = try await postgresError {
            try await pool.transaction(as: .login) { connection in
                _ = try await connection.query("INSERT INTO \(table) VALUES (1, 1)")
            }
        }
        guard case .commitUnknown = error else { throw error }
        #expect(await pool.status().idle == 0)
    }
}
