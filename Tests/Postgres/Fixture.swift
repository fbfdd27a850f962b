import EventLoop
import FoundationEssentials
import Postgres
import Schema
import TestSupport
import Testing

/// What the tests of this folder share: one loop, and databases of the run's private server.
enum Fixture {
    static let loop: EventLoop = started("pg-tests")
    static let otherLoop: EventLoop = started("pg-other")

    private static func started(_ name: String) -> EventLoop {
        guard let loop = try? EventLoop(name: name) else { preconditionFailure("no descriptors for a loop") }
        loop.start()
        return loop
    }

    /// The embedded migrations.
    static let migrations: [Migration] = {
        var count = 0
        guard let table = schema_migrations(&count) else { return [] }
        return UnsafeBufferPointer(start: table, count: count).map { entry in
            let bytes = UnsafeRawBufferPointer(start: entry.sql, count: entry.length)
            return Migration(name: String(cString: entry.name), sql: String(decoding: bytes, as: UTF8.self))
        }
    }()

    /// A configuration for the superuser of a fresh, empty database.
    static func emptyDatabase() async throws -> PostgresConfiguration {
        PostgresConfiguration(url: try await TestPostgres.createDatabase(), applicationName: "dispatch-tests")
    }

    /// Runs `body` on the tests' loop with a connection of its own.
    @discardableResult
    static func connected<Value: Sendable>(
        _ configuration: PostgresConfiguration,
        _ body: @escaping @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await loop.run {
            let connection = try await PostgresConnection.connect(configuration)
            defer { connection.close() }
            return try await body(connection)
        }
    }

    /// As `connected`, in a database shared by tests that leave nothing behind.
    @discardableResult
    static func scratch<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await connected(try await shared.value, body)
    }

    static let shared = Task { try await emptyDatabase() }
}

/// A database with the whole schema and a login of the service that owns nothing, as in production.
struct MigratedDatabase: Sendable {
    let owner: PostgresConfiguration
    let service: PostgresConfiguration
    let serviceRole: String

    private static let template = Task { () throws -> String in
        let owner = try await Fixture.emptyDatabase()
        _ = try await Migrator(Fixture.migrations).run(owner, on: Fixture.loop)
        return try #require(owner.url.split(separator: " ").last?.split(separator: "=").last.map(String.init))
    }

    static func make() async throws -> MigratedDatabase {
        let url = try await TestPostgres.createDatabase(template: try await template.value)
        let owner = PostgresConfiguration(url: url, applicationName: "dispatch-tests")
        let role = "service_\(UUID().uuidString.prefix(8).lowercased())"
        try await Fixture.connected(owner) { connection in
            try await connection.query("CREATE ROLE \(identifier: role) LOGIN")
        }
        _ = try await Migrator(Fixture.migrations).run(owner, runtimeRole: role, on: Fixture.loop)
        return MigratedDatabase(
            owner: owner,
            service: PostgresConfiguration(url: "\(url) user=\(role)", applicationName: "dispatch-tests"),
            serviceRole: role)
    }

    func pool(_ limits: PostgresPool.Limits = PostgresPool.Limits()) -> PostgresPool {
        PostgresPool(service, limits: limits, on: Fixture.loop)
    }
}

/// Expects `body` to throw a `PostgresError` and gives it.
func postgresError(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> PostgresError {
    try #require(
        await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { try await body() },
        sourceLocation: sourceLocation)
}
