import FoundationEssentials
import Testing

@testable import Postgres

/// No tenant sees or touches a row of another, in any table that the catalogue has.
///
/// The tables are read from the catalogue, so one that a later migration adds is covered by being there.
@Suite struct TenantIsolationTests {
    private struct Table: Sendable {
        let name: String
        /// The column that holds the tenant.
        let column: String
        let rights: [String]

        var sql: SQL { "\(identifier: name)" }
        var tenant: SQL { "\(identifier: column)" }
        func allows(_ right: String) -> Bool { rights.contains(right) }
    }

    /// A migrated database in which every tenant-owned table has one row of tenant A and one of tenant B.
    private struct World: Sendable {
        let database: MigratedDatabase
        let pool: PostgresPool
        let tables: [Table]
        let a = UUID()
        let b = UUID()

        init() async throws {
            database = try await MigratedDatabase.make()
            pool = database.pool()
            tables = try await Fixture.connected(database.owner) { connection in
                try await World.tenantTables(connection)
            }
            let first = tables.sorted { $0.name == "tenants" && $1.name != "tenants" }
            for tenant in [a, b] {
                for table in first {
                    let statement = try #require(
                        TenantRows.insert(table.name, tenant: tenant),
                        "no row for table \(table.name) in TenantRows")
                    try await pool.execute(statement, as: .system)
                }
            }
        }

        private static func tenantTables(_ connection: PostgresConnection) async throws -> [Table] {
            try await connection.query(
                """
                SELECT c.relname AS name,
                       array(SELECT p::text FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p
                             WHERE has_table_privilege('dispatch_tenant', c.oid, p)) AS rights
                FROM pg_class c
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                  AND NOT c.relispartition
                  AND (c.relname = 'tenants' OR EXISTS (
                      SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'))
                ORDER BY 1
                """
            ).map { row in
                let name = try row["name", as: String.self]
                return Table(
                    name: name, column: name == "tenants" ? "id" : "tenant_id", rights: try row["rights"])
            }
        }
    }

    private static func refused(_ error: PostgresError) -> Bool { error.sqlState == .insufficientPrivilege }

    @Test func `every tenant-owned table is known and has rows of both tenants`() async throws {
        let world = try await World()
        #expect(world.tables.count >= 15)
        for table in world.tables {
            let row = try #require(
                try await world.pool.query(
                    "SELECT count(DISTINCT \(table.tenant)) AS n FROM \(table.sql)", as: .system
                ).first)
            #expect(try row["n", as: Int.self] == 2, "\(table.name)")
        }
        await world.pool.close()
    }

    @Test func `a tenant reads its own rows alone`() async throws {
        let world = try await World()
        for table in world.tables where table.allows("SELECT") {
            for (mine, other) in [(world.a, world.b), (world.b, world.a)] {
                let rows = try await world.pool.query(
                    "SELECT \(table.tenant) AS t FROM \(table.sql)", as: .tenant(mine))
                #expect(try rows.map { try $0["t", as: UUID.self] } == [mine], "\(table.name)")
                let others = try await world.pool.query(
                    "SELECT FROM \(table.sql) WHERE \(table.tenant) = \(other)", as: .tenant(mine))
                #expect(others.isEmpty, "\(table.name)")
            }
        }
        await world.pool.close()
    }

    @Test func `without a tenant nothing is seen or changed`() async throws {
        let world = try await World()
        for table in world.tables {
            try await world.pool.withConnection { connection in
                try await connection.transaction(as: .login) { connection in
                    try await connection.run(script: "SET LOCAL ROLE dispatch_tenant")
                    if table.allows("SELECT") {
                        #expect(
                            try await connection.query("SELECT FROM \(table.sql)").isEmpty, "\(table.name)")
                    }
                    if table.allows("DELETE") {
                        #expect(
                            try await connection.execute("DELETE FROM \(table.sql)") == 0, "\(table.name)")
                    }
                }
            }
        }
        await world.pool.close()
    }

    @Test func `a tenant cannot insert a row for another`() async throws {
        let world = try await World()
        let stranger = UUID()
        for table in world.tables {
            let statement = try #require(TenantRows.insert(table.name, tenant: stranger))
            let error = try await postgresError {
                try await world.pool.execute(statement, as: .tenant(world.a))
            }
            #expect(Self.refused(error), "\(table.name): \(error)")
        }
        await world.pool.close()
    }

    @Test func `a tenant cannot change, take or give away a row of another`() async throws {
        let world = try await World()
        for table in world.tables {
            let column: SQL = table.name == "tenants" ? "name" : table.tenant
            do {
                let changed = try await world.pool.execute(
                    "UPDATE \(table.sql) SET \(column) = \(column) WHERE \(table.tenant) = \(world.b)",
                    as: .tenant(world.a))
                #expect(changed == 0, "\(table.name)")
            } catch let error as PostgresError {
                #expect(Self.refused(error), "\(table.name): \(error)")
            }
            let given = try await postgresError {
                try await world.pool.execute(
                    "UPDATE \(table.sql) SET \(table.tenant) = \(world.b)", as: .tenant(world.a))
            }
            #expect(Self.refused(given), "\(table.name): \(given)")
        }
        await world.pool.close()
    }

    @Test func `a tenant cannot delete a row of another`() async throws {
        let world = try await World()
        for table in world.tables {
            do {
                let deleted = try await world.pool.execute(
                    "DELETE FROM \(table.sql) WHERE \(table.tenant) = \(world.b)", as: .tenant(world.a))
                #expect(deleted == 0, "\(table.name)")
            } catch let error as PostgresError {
                #expect(Self.refused(error), "\(table.name): \(error)")
            }
        }
        await world.pool.close()
    }

    @Test func `a tenant of one transaction is forgotten in the next of the same session`() async throws {
        let world = try await World()
        try await world.pool.withConnection { connection in
            for (tenant, expected) in [(world.a, world.a), (world.b, world.b), (world.a, world.a)] {
                // The same statement, prepared from the second time on.
                let row = try await connection.transaction(as: .tenant(tenant)) {
                    try #require(try await $0.query("SELECT id FROM tenants").first)
                }
                #expect(try row["id", as: UUID.self] == expected)
            }
            let all = try await connection.transaction(as: .system) {
                try await $0.query("SELECT id FROM tenants")
            }
            #expect(all.count == 2)
            try await connection.transaction(as: .login) { connection in
                let row = try #require(
                    try await connection.query("SELECT current_user::text AS who, current_tenant() AS tenant")
                        .first)
                #expect(try row["who", as: String.self] == world.database.serviceRole)
                #expect(try row["tenant", as: UUID?.self] == nil)
            }
        }
        await world.pool.close()
    }

    @Test func `a failed transaction leaves no role behind`() async throws {
        let world = try await World()
        try await world.pool.withConnection { connection in
            _ = try await postgresError {
                _ = try await connection.transaction(as: .tenant(world.a)) {
                    try await $0.query("SELECT 1/0")
                }
            }
            let error = try await postgresError { try await connection.query("SELECT FROM tenants") }
            #expect(Self.refused(error))
        }
        await world.pool.close()
    }

    @Test func `the service's login sees nothing before it takes on a role`() async throws {
        let world = try await World()
        for table in world.tables {
            let error = try await postgresError {
                try await world.pool.query("SELECT FROM \(table.sql)", as: .login)
            }
            #expect(Self.refused(error), "\(table.name)")
        }
        await world.pool.close()
    }

    @Test func `a partition cannot be read past its table`() async throws {
        let world = try await World()
        let partitions = try await Fixture.connected(world.database.owner) { connection in
            try await connection.query(
                """
                SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relispartition
                """)
        }
        #expect(partitions.count >= 20)
        for row in partitions {
            let name = try row["name", as: String.self]
            #expect(try row["forced", as: Bool.self], "\(name)")
            for scope in [TenantScope.tenant(world.a), .system] {
                let error = try await postgresError {
                    try await world.pool.query("SELECT FROM \(identifier: name)", as: scope)
                }
                #expect(Self.refused(error), "\(name)")
            }
        }
        await world.pool.close()
    }
}

/// What the catalogue says of the tables, for all of them at once.
@Suite struct CatalogueTests {
    private func names(_ statement: SQL) async throws -> [String] {
        let database = try await MigratedDatabase.make()
        return try await Fixture.connected(database.owner) { connection in
            try await connection.query(statement).map { try $0["name", as: String.self] }
        }
    }

    @Test func `row-level security is forced on every table with a tenant`() async throws {
        #expect(
            try await names(
                """
                SELECT c.relname AS name FROM pg_class c
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                  AND (c.relname = 'tenants' OR EXISTS (
                      SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'))
                  AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
                """) == [])
    }

    @Test func `the tenant comes first in every primary key`() async throws {
        #expect(
            try await names(
                """
                SELECT c.relname AS name FROM pg_class c
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                  AND NOT EXISTS (SELECT FROM pg_index i
                                  WHERE i.indrelid = c.oid AND i.indisprimary AND i.indkey[0] = a.attnum)
                """) == [])
    }

    @Test func `the roles of the service own nothing and cannot pass by row-level security`() async throws {
        #expect(
            try await names(
                """
                SELECT c.relname AS name FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
                WHERE r.rolname IN ('dispatch_tenant', 'dispatch_system') OR r.rolname LIKE 'service_%'
                UNION ALL
                SELECT p.proname FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
                WHERE r.rolname IN ('dispatch_tenant', 'dispatch_system') OR r.rolname LIKE 'service_%'
                UNION ALL
                SELECT rolname FROM pg_roles
                WHERE (rolname IN ('dispatch_tenant', 'dispatch_system')
                       AND (rolcanlogin OR rolinherit IS NULL))
                   OR ((rolname IN ('dispatch_tenant', 'dispatch_system') OR rolname LIKE 'service_%')
                       AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb))
                """) == [])
    }

    @Test func `the service works on every table and nobody may empty or alter one`() async throws {
        #expect(
            try await names(
                """
                SELECT c.relname AS name FROM pg_class c
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                  AND NOT c.relispartition AND c.relname <> 'schema_migrations'
                  AND (NOT has_table_privilege('dispatch_system', c.oid, 'SELECT')
                    OR has_table_privilege('dispatch_system', c.oid, 'TRUNCATE, TRIGGER, REFERENCES')
                    OR has_table_privilege('dispatch_tenant', c.oid, 'TRUNCATE, TRIGGER, REFERENCES'))
                """) == [])
    }

    @Test func `a tenant's request has no right on a table without a tenant but to read the plans`()
        async throws
    {
        #expect(
            try await names(
                """
                SELECT c.relname AS name FROM pg_class c
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
                  AND c.relname <> 'tenants' AND NOT c.relispartition
                  AND NOT EXISTS (
                      SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
                  AND has_table_privilege('dispatch_tenant', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
                  AND c.relkind <> 'S'
                """) == ["plans"])
    }

    @Test func `a function with the owner's rights has a fixed search path and is not for everybody`()
        async throws
    {
        #expect(
            try await names(
                """
                SELECT p.proname AS name FROM pg_proc p
                WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
                  AND (has_function_privilege('dispatch_tenant', p.oid, 'EXECUTE')
                    OR NOT coalesce(
                        array_to_string(p.proconfig, ',') LIKE 'search_path=public, pg_temp%', false))
                """) == [])
    }

    @Test func `events and the audit log cannot be rewritten`() async throws {
        #expect(
            try await names(
                """
                SELECT t || ' ' || r AS name
                FROM unnest(ARRAY['events', 'audit_log', 'webhook_attempts']) t,
                     unnest(ARRAY['dispatch_tenant', 'dispatch_system']) r
                WHERE has_any_column_privilege(r, t, 'UPDATE')
                """) == [])
    }
}
