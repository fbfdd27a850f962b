import FoundationEssentials
import Testing

@testable import Postgres

/// What nodes must learn of raises its chunk's revision with the change itself, and nothing else does.
@Suite struct ChunkRevisionTests {
    private struct World: Sendable {
        let pool: PostgresPool
        let tenant = UUID()

        init() async throws {
            pool = try await MigratedDatabase.make().pool()
            for table in [
                "tenants", "api_keys", "credentials", "domains", "webhooks", "suppressions", "templates",
                "master_templates",
            ] {
                try await pool.execute(try #require(TenantRows.insert(table, tenant: tenant)), as: .system)
            }
        }

        func revisions() async throws -> [String: Int] {
            var revisions: [String: Int] = [:]
            for row in try await pool.query("SELECT name, revision FROM chunk_revisions", as: .system) {
                revisions[try row["name"]] = try row["revision", as: Int.self]
            }
            return revisions
        }

        /// The chunks whose revision `statement` raised.
        func changed(by statement: SQL, as scope: TenantScope = .system) async throws -> Set<String> {
            let before = try await revisions()
            try await pool.execute(statement, as: scope)
            return Set(try await revisions().filter { before[$0.key] != $0.value }.keys)
        }

        var bucket: String { String(tenant.uuidString.lowercased().suffix(2)) }
        var tenantChunk: Set<String> { ["tenants/\(bucket)"] }
        var suppressionChunk: Set<String> { ["suppressions/\(bucket)"] }
    }

    @Test func `what a node decides by raises the tenant's chunk`() async throws {
        let world = try await World()
        let changes: [SQL] = [
            "UPDATE tenants SET status = 'suspended'", "UPDATE tenants SET overage_enabled = true",
            "UPDATE tenants SET plan_code = 'growth'", "UPDATE api_keys SET revoked_at = now()",
            "UPDATE api_keys SET scopes = '{emails:send}'",
            "UPDATE api_keys SET allowed_cidrs = '{10.0.0.0/8}'",
            "UPDATE credentials SET revoked_at = now()",
            "UPDATE domains SET status = 'verified', verified_at = now()",
            "UPDATE domains SET selector = 'other'", "UPDATE webhooks SET disabled_at = now()",
            "UPDATE webhooks SET events = '{bounced}'", "DELETE FROM webhooks", "DELETE FROM domains",
            "DELETE FROM credentials", "DELETE FROM api_keys",
            "INSERT INTO memberships (tenant_id, subject, role) SELECT id, 's', 'owner' FROM tenants",
            "UPDATE templates SET subject = 'other'", "UPDATE templates SET slug = 'other'",
            "DELETE FROM templates", "UPDATE master_templates SET html_body = 'x {{content}}'",
            "DELETE FROM master_templates",
        ]
        for change in changes {
            #expect(try await world.changed(by: change) == world.tenantChunk, "\(change.text)")
        }
        await world.pool.close()
    }

    @Test func `how mail leaves raises the global chunk, unless nothing changes`() async throws {
        let world = try await World()
        try await world.pool.execute("INSERT INTO nodes (name) VALUES ('n1')", as: .system)
        let changes: [SQL] = [
            "INSERT INTO shaping_providers (id, position, hosts) VALUES ('p', 1, '{*.example.com}')",
            "UPDATE shaping_providers SET position = 2", "DELETE FROM shaping_providers",
            "INSERT INTO warm_up_plans (id, groups) VALUES ('w', '[]')",
            """
            INSERT INTO egress_sources (id, node, hello_name) SELECT 's', number, 's.example.com' FROM nodes
            """,
            "UPDATE egress_sources SET ipv4 = '192.0.2.1'", "INSERT INTO egress_pools (id) VALUES ('a')",
            "INSERT INTO egress_pool_members (pool, source, ordinal, weight) VALUES ('a', 's', 1, 1)",
            "UPDATE egress_pool_members SET weight = 2",
        ]
        for change in changes {
            #expect(try await world.changed(by: change) == ["global"], "\(change.text)")
        }
        for change: SQL in ["UPDATE egress_sources SET ipv4 = ipv4", "DELETE FROM shaping_rules"] {
            #expect(try await world.changed(by: change) == [], "\(change.text)")
        }
        #expect(
            try await world.changed(by: "UPDATE plans SET bulk_pool = 'a'")
                == world.tenantChunk.union(["global"]))
        let used = try await postgresError {
            try await world.pool.execute("DELETE FROM egress_pools", as: .system)
        }
        #expect(used.sqlState == .foreignKeyViolation)
        await world.pool.close()
    }

    @Test func `what concerns no node raises nothing`() async throws {
        let world = try await World()
        let changes: [SQL] = [
            "UPDATE api_keys SET last_used_at = now(), name = 'new'",
            "UPDATE credentials SET last_used_at = now()",
            "UPDATE domains SET checks = '[1]', checked_at = now(), recent_misses = 1",
            "UPDATE tenants SET status = status, updated_at = now()",
            "UPDATE suppressions SET reason = 'x' WHERE false",
            "INSERT INTO users (email, password_hash) VALUES ('a@example.test', 'x')",
            "UPDATE cluster_keys SET retired_at = now() WHERE false", "DELETE FROM cluster_keys WHERE false",
            "UPDATE signing_keys SET retired_at = now() WHERE false", "DELETE FROM signing_keys WHERE false",
            "UPDATE cluster_settings SET value = '1' WHERE false",
        ]
        for change in changes {
            #expect(try await world.changed(by: change).isEmpty, "\(change.text)")
        }
        await world.pool.close()
    }

    @Test func `a tenant's own request raises its chunk too`() async throws {
        let world = try await World()
        let change: SQL = """
            INSERT INTO suppressions (tenant_id, address, source)
            VALUES (\(world.tenant), 'x@example.test', 'manual')
            """
        #expect(try await world.changed(by: change, as: .tenant(world.tenant)) == world.suppressionChunk)
        let key = try #require(TenantRows.insert("webhooks", tenant: world.tenant))
        #expect(try await world.changed(by: key, as: .tenant(world.tenant)) == world.tenantChunk)
        await world.pool.close()
    }

    @Test func `an import of many addresses raises each chunk once`() async throws {
        let world = try await World()
        let before = try await world.revisions()
        try await world.pool.execute(
            """
            INSERT INTO suppressions (tenant_id, address, source)
            SELECT \(world.tenant), 'a' || g || '@example.test', 'manual' FROM generate_series(1, 5000) AS g
            """, as: .system)
        let name = "suppressions/\(world.bucket)"
        #expect(try await world.revisions()[name] == (before[name] ?? 0) + 1)
        #expect(try await world.changed(by: "DELETE FROM suppressions") == world.suppressionChunk)
        await world.pool.close()
    }

    @Test func `a plan raises the chunks of its tenants`() async throws {
        let world = try await World()
        #expect(
            try await world.changed(by: "UPDATE plans SET rate_per_minute = 61 WHERE code = 'free'")
                == world.tenantChunk.union(["global"]))
        #expect(
            try await world.changed(by: "UPDATE plans SET rate_per_minute = 61 WHERE code = 'growth'") == [
                "global"
            ])
        #expect(try await world.changed(by: "UPDATE plans SET rate_per_minute = rate_per_minute").isEmpty)
        await world.pool.close()
    }

    @Test func `nodes, settings and keys of the cluster raise the global chunk`() async throws {
        let world = try await World()
        let changes: [SQL] = [
            "INSERT INTO nodes (name) VALUES ('n1')",
            "UPDATE nodes SET base_urls = '{https://n1.example.test}'",
            "INSERT INTO cluster_settings VALUES ('host', '\"x\"')",
            "INSERT INTO cluster_keys (key_id, key_sealed) VALUES ('k1', 'x')",
            """
            INSERT INTO signing_keys (cluster_id, key_id, private_sealed)
            VALUES (gen_random_uuid(), 'k', 'x')
            """,
        ]
        for change in changes {
            #expect(try await world.changed(by: change) == ["global"], "\(change.text)")
        }
        let unchanged: [SQL] = [
            "UPDATE nodes SET last_seen_at = now(), held_version = 3",
            "INSERT INTO cluster_settings VALUES ('host', '\"y\"') ON CONFLICT DO NOTHING",
            "UPDATE cluster_settings SET value = value, updated_at = now()",
            "UPDATE cluster_keys SET retired_at = NULL", "UPDATE signing_keys SET retired_at = NULL",
        ]
        for change in unchanged {
            #expect(try await world.changed(by: change).isEmpty, "\(change.text)")
        }
        let later: [SQL] = [
            "UPDATE cluster_settings SET value = '\"y\"'", "UPDATE cluster_keys SET retired_at = now()",
            "UPDATE signing_keys SET retired_at = now()", "DELETE FROM cluster_keys",
        ]
        for change in later {
            #expect(try await world.changed(by: change) == ["global"], "\(change.text)")
        }
        await world.pool.close()
    }

    @Test func `a change that is undone raises nothing and tells nobody`() async throws {
        let world = try await World()
        let before = try await world.revisions()
        let database = world.pool.configuration
        try await Fixture.connected(database) { listener in
            try await listener.listen(to: "dispatch_changes")
            await #expect(throws: CancellationError.self) {
                try await world.pool.transaction(as: .system) { connection in
                    try await connection.query("UPDATE tenants SET status = 'blocked'")
                    throw CancellationError()
                }
            }
            #expect(try await listener.nextNotification(timeout: .milliseconds(20)) == nil)
            try await world.pool.execute("UPDATE tenants SET status = 'suspended'", as: .system)
            let notification = try await listener.nextNotification(timeout: .seconds(30))
            #expect(notification?.payload == "tenants/\(world.bucket)")
        }
        var expected = before
        expected["tenants/\(world.bucket)", default: 0] += 1
        #expect(try await world.revisions() == expected)
        await world.pool.close()
    }

    @Test func `a lower snapshot version is refused`() async throws {
        let world = try await World()
        @Sendable func publish(_ version: Int) async throws {
            try await world.pool.execute(
                """
                INSERT INTO snapshot_versions (version, manifest, signature, key_id, expires_at)
                VALUES (\(version), 'm', 's', 'k', now())
                """, as: .system)
        }
        try await publish(1)
        try await publish(5)
        for version in [4, 5] {
            let error = try await postgresError { try await publish(version) }
            #expect(error.violates("snapshot_versions_rising"))
        }
        await world.pool.close()
    }

    @Test func `a chunk is stored under the hash of its bytes alone`() async throws {
        let world = try await World()
        try await world.pool.execute(
            "INSERT INTO snapshot_chunks (name, sha256, bytes) VALUES ('global', sha256('x'), 'x')",
            as: .system)
        let error = try await postgresError {
            try await world.pool.execute(
                "INSERT INTO snapshot_chunks (name, sha256, bytes) VALUES ('global', sha256('y'), 'x')",
                as: .system)
        }
        #expect(error.violates("snapshot_chunks_hash_of_bytes"))
        await world.pool.close()
    }
}
