import FoundationEssentials
import TestSupport
import Testing

@testable import Postgres

@Suite struct MigratorTests {
    private let first = Migration(
        name: "0001_first.sql", sql: "CREATE TABLE one (a int); CREATE TABLE two (a int);")
    private let second = Migration(name: "0002_second.sql", sql: "ALTER TABLE one ADD COLUMN b int")

    private func migrate(_ migrations: [Migration], _ database: PostgresConfiguration) async throws
        -> [String]
    {
        try await Migrator(migrations).run(database, on: Fixture.loop)
    }

    private func columns(_ database: PostgresConfiguration) async throws -> Int {
        try await Fixture.connected(database) { connection in
            try await connection.query(
                "SELECT FROM information_schema.columns WHERE table_name IN ('one', 'two')"
            ).count
        }
    }

    @Test func `what is missing is applied in the order of names, once`() async throws {
        let database = try await Fixture.emptyDatabase()
        #expect(try await migrate([second, first], database) == [first.name, second.name])
        #expect(try await migrate([first, second], database) == [])
        #expect(try await columns(database) == 3)
    }

    @Test func `several processes that start at once apply it once`() async throws {
        let database = try await Fixture.emptyDatabase()
        let migrations = [first, second]
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<6 { group.addTask { try await migrate(migrations, database) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == [first.name, second.name])
    }

    @Test func `a migration that was changed is refused by name and changes nothing`() async throws {
        let database = try await Fixture.emptyDatabase()
        _ = try await migrate([first], database)
        let changed = Migration(name: first.name, sql: first.sql + " ")
        await #expect(throws: MigrationError.changed(name: first.name)) {
            try await migrate([changed, second], database)
        }
        #expect(try await columns(database) == 2)
    }

    @Test func `a database that is newer than the program is refused`() async throws {
        let database = try await Fixture.emptyDatabase()
        _ = try await migrate([first, second], database)
        await #expect(throws: MigrationError.databaseIsNewer(names: [second.name])) {
            try await migrate([first], database)
        }
    }

    @Test func `a migration that comes too late is refused`() async throws {
        let database = try await Fixture.emptyDatabase()
        _ = try await migrate([second, first].filter { $0 == first }, database)
        let early = Migration(name: "0000_early.sql", sql: "SELECT 1")
        await #expect(throws: MigrationError.outOfOrder(name: early.name)) {
            try await migrate([early, first], database)
        }
    }

    @Test func `a migration that fails leaves nothing behind and can be tried again`() async throws {
        let database = try await Fixture.emptyDatabase()
        let broken = Migration(name: second.name, sql: "ALTER TABLE one ADD COLUMN b int; SELECT nonsense")
        let error = await #expect(throws: MigrationError.self) {
            try await migrate([first, broken], database)
        }
        guard case .failed(second.name, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.sqlState == .undefinedColumn)
        #expect(try await columns(database) == 2)
        #expect(try await migrate([first, second], database) == [second.name])
    }

    @Test func `the embedded migrations are the files of the folder, in order`() throws {
        let folder = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(folder)/ControlPlane/Schema"
        let names = try Files.names(in: path).filter { $0.hasSuffix(".sql") }
        #expect(Fixture.migrations.map(\.name) == names)
        for migration in Fixture.migrations {
            let text = try Files.text("\(path)/\(migration.name)")
            #expect(migration.sql == text)
        }
        let numbers = names.compactMap { Int($0.prefix(4)) }
        #expect(numbers.count == names.count)
        #expect(numbers == Set(numbers).sorted(), "a number is there twice")
    }

    @Test func `the schema is applied once by many at once, in several databases of one server`() async throws
    {
        let databases = [try await Fixture.emptyDatabase(), try await Fixture.emptyDatabase()]
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
            for database in databases + databases {
                group.addTask { try await migrate(Fixture.migrations, database).count }
            }
            return try await group.reduce(0, +)
        }
        #expect(applied == 2 * Fixture.migrations.count)
    }

    @Test func `an owner that is no superuser can migrate and the service can work`() async throws {
        let database = try await Fixture.emptyDatabase()
        let name = "owner_\(UUID().uuidString.prefix(8).lowercased())"
        let service = "service_\(UUID().uuidString.prefix(8).lowercased())"
        try await Fixture.connected(database) { connection in
            try await connection.query("CREATE ROLE \(identifier: name) LOGIN CREATEROLE NOSUPERUSER")
            try await connection.query("CREATE ROLE \(identifier: service) LOGIN")
            let row = try #require(try await connection.query("SELECT current_database() AS name").first)
            try await connection.query(
                "ALTER DATABASE \(identifier: try row["name"]) OWNER TO \(identifier: name)")
        }
        let owner = PostgresConfiguration(url: "\(database.url) user=\(name)")
        let applied = try await Migrator(Fixture.migrations).run(
            owner, runtimeRole: service, on: Fixture.loop)
        #expect(applied.count == Fixture.migrations.count)
        let pool = PostgresPool(
            PostgresConfiguration(url: "\(database.url) user=\(service)"), on: Fixture.loop)
        let rows = try await pool.query("SELECT ensure_day_partitions(5) AS made", as: .system)
        #expect(try rows.first?["made", as: Int.self] == 10)
        try await pool.query("SELECT drop_expired_partitions()", as: .system)
        await pool.close()
    }
}
