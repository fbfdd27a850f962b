import EventLoop
import Postgres
import Schema

/// The schema of this program, embedded in it.
package enum Migrations {
    package static let embedded: [Migration] = {
        var count = 0
        guard let table = schema_migrations(&count) else { return [] }
        return UnsafeBufferPointer(start: table, count: count).map { entry in
            let bytes = UnsafeRawBufferPointer(start: entry.sql, count: entry.length)
            return Migration(name: String(cString: entry.name), sql: String(decoding: bytes, as: UTF8.self))
        }
    }()

    /// Brings the database up to date as its owner, and lets the running service's login take on its roles.
    ///
    /// - Returns: the names of what was applied.
    package static func run(
        owner: PostgresConfiguration, service: PostgresConfiguration, on loop: EventLoop
    ) async throws -> [String] {
        var role: String?
        if owner.url != service.url {
            role = try await loop.run {
                let connection = try await PostgresConnection.connect(service)
                defer { connection.close() }
                return try await connection.query("SELECT session_user::text AS name").first?["name"]
            }
        }
        return try await Migrator(embedded).run(owner, runtimeRole: role, on: loop)
    }
}
