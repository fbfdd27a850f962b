import EventLoop

/// Brings a database to the schema of this program.
///
/// It promises: each migration is applied once, in the order of names, in a transaction of its own, by one
/// process at a time however many start at once; what is applied is remembered with its SHA-256.
/// It fails with `MigrationError` before it changes anything when program and database do not fit, and with
/// `PostgresError` when the database cannot be had.
package struct Migrator: Sendable {
    /// Any number will do that no other lock of the service uses: "dispmigr" in ASCII.
    static let lockKey: Int64 = 0x6469_7370_6D69_6772

    private let migrations: [Migration]

    /// - Parameter migrations: in any order; they are sorted by name.
    package init(_ migrations: [Migration]) {
        self.migrations = migrations.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Applies what is missing and gives the names of what it applied.
    ///
    /// - Parameters:
    ///   - configuration: a login that owns the database (or its schema `public`) and may create roles.
    ///   - runtimeRole: the login of the running service, which is made a member of the two roles that its
    ///     transactions take on. When nil, the login that migrates is made one.
    package func run(
        _ configuration: PostgresConfiguration, runtimeRole: String? = nil, on loop: EventLoop
    ) async throws -> [String] {
        try await loop.run {
            let connection = try await PostgresConnection.connect(
                configuration.unhurried(statementTimeout: .seconds(3600)))
            defer { connection.close() }
            // The lock is the session's: it goes when the connection does, whatever happens.
            try await connection.query("SELECT pg_advisory_lock(\(Self.lockKey))")
            try await connection.run(script: Self.table)
            let missing = try await missing(connection)
            for migration in missing { try await apply(migration, connection) }
            try await RuntimeGrant(role: runtimeRole).apply(connection)
            return missing.map(\.name)
        }
    }

    private static let table = SQL(
        unsafe: """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name       text        PRIMARY KEY,
                sha256     bytea       NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """)

    private func missing(_ connection: PostgresConnection) async throws -> [Migration] {
        var applied: [String: [UInt8]] = [:]
        for row in try await connection.query("SELECT name, sha256 FROM schema_migrations") {
            applied[try row["name"]] = try row["sha256", as: [UInt8].self]
        }
        let known = Set(migrations.map(\.name))
        let unknown = applied.keys.filter { !known.contains($0) }.sorted()
        guard unknown.isEmpty else { throw MigrationError.databaseIsNewer(names: unknown) }
        for migration in migrations {
            guard let checksum = applied[migration.name] else { continue }
            let row = try await connection.query(
                "SELECT sha256(\(Array(migration.sql.utf8))) = \(checksum) AS same"
            ).first
            guard let row, try row["same"] else { throw MigrationError.changed(name: migration.name) }
        }
        let missing = migrations.filter { applied[$0.name] == nil }
        let last = migrations.last { applied[$0.name] != nil }
        if let last, let early = missing.first(where: { $0.name < last.name }) {
            throw MigrationError.outOfOrder(name: early.name)
        }
        return missing
    }

    private func apply(_ migration: Migration, _ connection: PostgresConnection) async throws {
        do {
            try await connection.transaction(as: .login) { connection in
                try await connection.run(script: SQL(unsafe: migration.sql))
                try await connection.query(
                    """
                    INSERT INTO schema_migrations (name, sha256)
                    VALUES (\(migration.name), sha256(\(Array(migration.sql.utf8))))
                    """)
            }
        } catch let error as PostgresError where error.sqlState != nil {
            throw MigrationError.failed(name: migration.name, error)
        }
    }
}
