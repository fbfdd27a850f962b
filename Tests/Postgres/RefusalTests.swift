import FoundationEssentials
import Testing

@testable import Postgres

/// What the server refuses, and what never reaches it.
@Suite struct RefusalTests {
    private static let hostile = [
        "'; DROP TABLE victims; --", "$1", "\\'; SELECT 1; --", "a' OR '1'='1", "\u{2019} OR 1=1", "/* */",
        "%27",
        "x'); DELETE FROM victims; --", "\u{FEFF}'", "E'\\047'", "$$ DROP TABLE victims $$",
    ]

    @Test func `a hostile value is stored letter by letter and does nothing else`() async throws {
        try await Fixture.scratch { connection in
            try await connection.run(
                script: "CREATE TEMP TABLE victims (value text, list text[], body jsonb)")
            for value in Self.hostile {
                try await connection.query(
                    "INSERT INTO victims VALUES (\(value), \([value, value]), \(try JSON([value])))")
                let row = try #require(
                    try await connection.query(
                        "SELECT value, list, body->>0 AS body FROM victims WHERE value = \(value)"
                    ).first)
                #expect(try row["value", as: String.self] == value)
                #expect(try row["list", as: [String].self] == [value, value])
                #expect(try row["body", as: String.self] == value)
            }
            let row = try #require(try await connection.query("SELECT count(*) AS n FROM victims").first)
            #expect(try row["n", as: Int.self] == Self.hostile.count)
        }
    }

    @Test func `a statement with values holds one command alone`() async throws {
        let error = try await postgresError {
            _ = try await Fixture.scratch { try await $0.query("SELECT \(1); SELECT 2") }
        }
        #expect(error.sqlState == .syntaxError)
    }

    @Test func `text with a zero byte is refused before it is sent`() async throws {
        try await Fixture.scratch { connection in
            let error = try await postgresError {
                try await connection.query("SELECT \(1), \("admin\0x")::text")
            }
            #expect(error == .invalidParameter(position: 2, reason: "text holds a zero byte"))
            let inArray = try await postgresError { try await connection.query("SELECT \(["a\0"])") }
            guard case .invalidParameter(1, _) = inArray else { throw inArray }
            _ = try await connection.query("SELECT 1")
        }
    }

    @Test func `a date that is no time is refused before it is sent`() async throws {
        let error = try await postgresError {
            _ = try await Fixture.scratch {
                try await $0.query("SELECT \(Date(timeIntervalSinceReferenceDate: .infinity))")
            }
        }
        #expect(error == .invalidParameter(position: 1, reason: "date is out of range"))
    }

    @Test func `violations carry their condition and constraint`() async throws {
        try await Fixture.scratch { connection in
            try await connection.run(
                script: """
                    CREATE TEMP TABLE parents (id int PRIMARY KEY);
                    CREATE TEMP TABLE children (
                        email text CONSTRAINT children_email_key UNIQUE,
                        age int CONSTRAINT children_age CHECK (age > 0),
                        parent int CONSTRAINT children_parent REFERENCES parents, name text NOT NULL);
                    INSERT INTO children VALUES ('taken@example.test', 1, NULL, 'n');
                    """)
            let unique = try await postgresError {
                try await connection.query(
                    "INSERT INTO children VALUES (\("taken@example.test"), 1, NULL, 'n')")
            }
            #expect(unique.sqlState == .uniqueViolation)
            #expect(unique.violates("children_email_key"))
            #expect(!unique.description.contains("taken"))
            let check = try await postgresError {
                try await connection.query("INSERT INTO children VALUES ('x', \(-17), NULL, 'n')")
            }
            #expect(check.sqlState == .checkViolation)
            #expect(check.constraint == "children_age")
            #expect(!check.description.contains("17"))
            let foreign = try await postgresError {
                try await connection.query("INSERT INTO children VALUES ('x', 1, \(4711), 'n')")
            }
            #expect(foreign.sqlState == .foreignKeyViolation)
            #expect(!foreign.description.contains("4711"))
            let null = try await postgresError {
                try await connection.query("INSERT INTO children VALUES ('x')")
            }
            #expect(null.sqlState == .notNullViolation)
            _ = try await connection.query("SELECT 1")
        }
    }

    @Test(arguments: ["uuid", "inet", "integer", "timestamptz", "jsonb"])
    func `a value that does not parse is not quoted in the error`(_ type: String) async throws {
        let error = try await postgresError {
            try await Fixture.scratch { connection in
                let cast = SQL(unsafe: type)
                try await connection.query("SELECT \("hunter2")::\(cast)")
            }
        }
        #expect(error.sqlState?.conditionClass == "22")
        #expect(!error.description.contains("hunter2"))
    }

    @Test func `a statement that takes too long ends and leaves the session whole`() async throws {
        let configuration = try await Fixture.shared.value
        let hasty = PostgresConfiguration(url: configuration.url, statementTimeout: .milliseconds(50))
        try await Fixture.connected(hasty) { connection in
            let error = try await postgresError { try await connection.query("SELECT pg_sleep(30)") }
            #expect(error == .timedOut)
            #expect(error.isUnavailable)
            _ = try await connection.query("SELECT 1")
        }
    }

    @Test func `a server that goes silent costs the session, not the caller`() async throws {
        try await Fixture.scratch { connection in
            let error = try await postgresError {
                try await connection.query("SELECT pg_sleep(30)", timeout: .milliseconds(50))
            }
            #expect(error == .timedOut)
            #expect(!connection.isUsable)
            let next = try await postgresError { try await connection.query("SELECT 1") }
            guard case .connectionLost = next else { throw next }
        }
    }

    @Test func `a connection takes one statement at a time`() async throws {
        try await Fixture.scratch { connection in
            @Sendable func attempt() async -> PostgresError? {
                do {
                    try await connection.query("SELECT pg_sleep(0.01)")
                    return nil
                } catch {
                    return error
                }
            }
            async let first = attempt()
            async let second = attempt()
            let refusals = await [first, second].compactMap { $0 }
            #expect(refusals == [.misuse("another statement is under way")])
        }
    }

    @Test func `a session that was ended by the server says so`() async throws {
        try await Fixture.scratch { connection in
            let pid = connection.backendProcessID
            try await Fixture.connected(try await Fixture.shared.value) { other in
                try await other.query("SELECT pg_terminate_backend(\(pid)::int, 5000)")
            }
            #expect(!connection.isUsable)
            let error = try await postgresError { try await connection.query("SELECT 1") }
            guard case .connectionLost = error else { throw error }
        }
    }

    @Test func `a server that is not there is unavailable`() async throws {
        for url in [
            "host=/nonexistent dbname=x", "host=127.0.0.1 port=1 dbname=x", "host=nowhere.invalid",
            "nonsense=1",
        ] {
            let error = try await postgresError {
                try await Fixture.connected(PostgresConfiguration(url: url)) { _ in }
            }
            guard case .unavailable = error else { throw error }
            #expect(error.isUnavailable)
        }
    }

    @Test func `a password never shows`() {
        let configuration = PostgresConfiguration(url: "postgresql://u:hunter2@h/d")
        #expect(!"\(configuration)".contains("hunter2"))
    }
}
