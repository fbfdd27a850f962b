import FoundationEssentials
import Testing

@testable import Postgres

/// The rules that tables keep by themselves.
@Suite struct SchemaTests {
    private func add(_ table: String, _ tenant: UUID, to pool: PostgresPool) async throws {
        try await pool.execute(try #require(TenantRows.insert(table, tenant: tenant)), as: .system)
    }

    @Test func `a fresh database has the plans of a new installation`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let rows = try await pool.query(
            "SELECT code FROM plans WHERE is_listed ORDER BY position", as: .tenant(UUID()))
        #expect(
            try rows.map { try $0["code", as: String.self] } == ["free", "starter", "growth", "unlimited"])
        await pool.close()
    }

    @Test func `two spellings of one address are one account`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        @Sendable func add(_ email: String) async throws {
            try await pool.execute(
                "INSERT INTO users (email, password_hash) VALUES (\(email), 'x')", as: .system)
        }
        try await add("Ann@Example.test")
        let error = try await postgresError { try await add("ann@example.TEST") }
        #expect(error.violates("users_email_key"))
        await pool.close()
    }

    @Test func `several tenants may claim a domain and one of them has it`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let tenants = [UUID(), UUID()]
        for tenant in tenants {
            try await add("tenants", tenant, to: pool)
            try await add("domains", tenant, to: pool)
        }
        @Sendable func set(_ status: String, _ tenant: UUID) async throws {
            try await pool.execute(
                "UPDATE domains SET status = \(status), verified_at = now()", as: .tenant(tenant))
        }
        try await set("verified", tenants[0])
        let taken = try await postgresError { try await set("verified", tenants[1]) }
        #expect(taken.violates("domains_verified_key"))
        try await set("at_risk", tenants[0])
        let still = try await postgresError { try await set("verified", tenants[1]) }
        #expect(still.violates("domains_verified_key"))
        try await set("lost", tenants[0])
        try await set("verified", tenants[1])
        await pool.close()
    }

    @Test func `an override says who, why and when`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let tenant = UUID()
        try await add("tenants", tenant, to: pool)
        try await add("domains", tenant, to: pool)
        let error = try await postgresError {
            try await pool.execute("UPDATE domains SET override_by = 'someone'", as: .system)
        }
        #expect(error.violates("domains_override_complete"))
        await pool.close()
    }

    @Test func `a tenant cannot lift its own suspension or change its plan`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let tenant = UUID()
        try await add("tenants", tenant, to: pool)
        for change: SQL in ["status = 'active'", "plan_code = 'unlimited'", "body_public_key = ''"] {
            let error = try await postgresError {
                try await pool.execute("UPDATE tenants SET \(change)", as: .tenant(tenant))
            }
            #expect(error.sqlState == .insufficientPrivilege)
        }
        #expect(try await pool.execute("UPDATE tenants SET overage_enabled = true", as: .tenant(tenant)) == 1)
        await pool.close()
    }

    @Test func `a webhook takes known events alone`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let tenant = UUID()
        try await add("tenants", tenant, to: pool)
        try await add("webhooks", tenant, to: pool)
        for events in [["delivered", "exploded"], []] {
            let error = try await postgresError {
                try await pool.execute("UPDATE webhooks SET events = \(events)", as: .tenant(tenant))
            }
            #expect(error.sqlState == .checkViolation)
        }
        await pool.close()
    }

    @Test func `the cursor of a node's reports never goes back`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        try await pool.execute("INSERT INTO nodes (name) VALUES ('n1')", as: .system)
        try await pool.execute(
            "INSERT INTO node_cursors (node, last_seq) SELECT number, 10 FROM nodes", as: .system)
        let error = try await postgresError {
            try await pool.execute("UPDATE node_cursors SET last_seq = 3", as: .system)
        }
        #expect(error.sqlState == .checkViolation)
        await pool.close()
    }

    @Test func `a node's number is never given twice and the node is not active without its keys`()
        async throws
    {
        let pool = try await MigratedDatabase.make().pool()
        try await pool.execute("INSERT INTO nodes (name) VALUES ('a'), ('b')", as: .system)
        try await pool.execute("DELETE FROM nodes WHERE name = 'b'", as: .system)
        let row = try #require(
            try await pool.query("INSERT INTO nodes (name) VALUES ('c') RETURNING number", as: .system).first)
        #expect(try row["number", as: Int.self] == 3)
        let error = try await postgresError {
            try await pool.execute("UPDATE nodes SET state = 'active'", as: .system)
        }
        #expect(error.violates("nodes_keys_once_joined"))
        await pool.close()
    }

    @Test func `a deleted tenant takes its settings along`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let tenant = UUID()
        let tables = [
            "tenants", "memberships", "api_keys", "credentials", "domains", "suppressions", "webhooks",
            "templates", "template_versions", "master_templates",
        ]
        for table in tables { try await add(table, tenant, to: pool) }
        #expect(try await pool.execute("DELETE FROM tenants", as: .system) == 1)
        for table in tables {
            #expect(try await pool.query("SELECT FROM \(identifier: table)", as: .system).isEmpty, "\(table)")
        }
        await pool.close()
    }
}
