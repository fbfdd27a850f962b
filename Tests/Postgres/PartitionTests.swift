import FoundationEssentials
import Testing

@testable import Postgres

@Suite struct PartitionTests {
    /// The id of a message accepted at `date`.
    private func message(at date: Date) throws -> UUID {
        let milliseconds = String(Int(date.timeIntervalSince1970 * 1000), radix: 16)
        let digits = String(repeating: "0", count: 12 - milliseconds.count) + milliseconds
        let tail = UUID().uuidString.suffix(12)
        return try #require(UUID(uuidString: "\(digits.prefix(8))-\(digits.suffix(4))-7000-8000-\(tail)"))
    }

    private func insert(_ id: UUID, _ tenant: UUID, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            INSERT INTO emails (tenant_id, accepted_at, id, node, expires_at)
            VALUES (\(tenant), message_accepted_at(\(id)), \(id), 1, now())
            """, as: .system)
    }

    private func home(of id: UUID, _ pool: PostgresPool) async throws -> String? {
        try await pool.query(
            "SELECT tableoid::regclass::text AS home FROM emails WHERE id = \(id)", as: .system
        )
        .first?["home", as: String.self]
    }

    @Test func `the time of a message is read from its id`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        for seconds in [0, 1_774_778_400.123, 4_000_000_000.999] {
            let date = Date(timeIntervalSince1970: seconds)
            let row = try #require(
                try await pool.query(
                    "SELECT message_accepted_at(\(try message(at: date))) AS at", as: .system
                ).first)
            #expect(abs(try row["at", as: Date.self].timeIntervalSince(date)) < 0.001)
        }
        let wrong = try await postgresError {
            try await pool.execute(
                """
                INSERT INTO emails (tenant_id, accepted_at, id, node, expires_at)
                VALUES (\(UUID()), now(), \(try message(at: Date(timeIntervalSince1970: 1))), 1, now())
                """, as: .system)
        }
        #expect(wrong.violates("emails_accepted_at_of_id"))
        await pool.close()
    }

    @Test func `a message of today lies in the partition of today`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let id = try message(at: Date())
        try await insert(id, UUID(), pool)
        #expect(try await home(of: id, pool)?.hasPrefix("emails_p") == true)
        await pool.close()
    }

    @Test func `a message is found by its id in one partition`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let plan = try await pool.query(
            """
            EXPLAIN SELECT FROM emails WHERE tenant_id = \(UUID())
                AND accepted_at = message_accepted_at(\(try message(at: Date())))
            """, as: .system
        ).map { try $0["QUERY PLAN", as: String.self] }.joined(separator: "\n")
        #expect(plan.contains("Index") && !plan.contains("Append"), "\(plan)")
        await pool.close()
    }

    @Test func `rows without a partition wait in the net and move out of it`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let tenant = UUID()
        let soon = try message(at: Date().addingTimeInterval(5 * 86_400))
        let far = try message(at: Date().addingTimeInterval(300 * 86_400))
        try await insert(soon, tenant, pool)
        try await insert(far, tenant, pool)
        #expect(try await home(of: soon, pool) == "emails_default")
        let row = try #require(
            try await pool.query("SELECT ensure_day_partitions(6) AS made", as: .system).first)
        #expect(try row["made", as: Int.self] == 15)
        #expect(try await home(of: soon, pool)?.hasPrefix("emails_p") == true)
        #expect(try await home(of: far, pool) == "emails_default")
        #expect(try await pool.query("SELECT FROM emails", as: .tenant(tenant)).count == 2)
        let again = try #require(
            try await pool.query("SELECT ensure_day_partitions(6) AS made", as: .system).first)
        #expect(try again["made", as: Int.self] == 0)
        await pool.close()
    }

    @Test func `what is older than every plan keeps is dropped and the rest stays`() async throws {
        let database = try await MigratedDatabase.make()
        let pool = database.pool()
        // The longest retention of the plans is 90 days.
        let days = [0: true, -89: true, -90: true, -93: false]
        var ids: [(UUID, Bool)] = []
        for (day, isKept) in days {
            let date = Date().addingTimeInterval(Double(day) * 86_400)
            try await Fixture.connected(database.owner) { connection in
                try await connection.query(
                    "SELECT create_day_partition('emails', (\(date) AT TIME ZONE 'UTC')::date)")
            }
            let id = try message(at: date)
            try await insert(id, UUID(), pool)
            ids.append((id, isKept))
        }
        let stray = try message(at: Date().addingTimeInterval(-200 * 86_400))
        try await insert(stray, UUID(), pool)
        let row = try #require(
            try await pool.query("SELECT drop_expired_partitions() AS dropped", as: .system).first)
        #expect(try row["dropped", as: Int.self] == 1)
        for (id, isKept) in ids { #expect((try await home(of: id, pool) != nil) == isKept) }
        #expect(try await home(of: stray, pool) == nil)
        await pool.close()
    }

    @Test func `a day on which something was scheduled far ahead is kept`() async throws {
        let database = try await MigratedDatabase.make()
        let pool = database.pool()
        let old = Date().addingTimeInterval(-500 * 86_400)
        for day in [old, old.addingTimeInterval(-86_400)] {
            for table in ["emails", "events"] {
                try await Fixture.connected(database.owner) { connection in
                    try await connection.query(
                        """
                        SELECT create_day_partition(\(table)::regclass, (\(day) AT TIME ZONE 'UTC')::date)
                        """)
                }
            }
        }
        let (scheduled, gone) = (try message(at: old), try message(at: old.addingTimeInterval(-86_400)))
        for id in [scheduled, gone] { try await insert(id, UUID(), pool) }
        try await pool.execute(
            "UPDATE emails SET expires_at = now() + interval '1 hour' WHERE id = \(scheduled)", as: .system)
        let row = try #require(
            try await pool.query("SELECT drop_expired_partitions() AS dropped", as: .system).first)
        #expect(try row["dropped", as: Int.self] == 2)
        #expect(try await home(of: scheduled, pool) != nil)
        #expect(try await home(of: gone, pool) == nil)
        await pool.close()
    }

    @Test func `many processes may tend the partitions at once, and none but the service`() async throws {
        let pool = try await MigratedDatabase.make().pool()
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    let rows = try await pool.query("SELECT ensure_day_partitions(10) AS made", as: .system)
                    return try rows.first?["made", as: Int.self] ?? -1
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(made == 35)
        let error = try await postgresError {
            try await pool.query("SELECT drop_expired_partitions()", as: .tenant(UUID()))
        }
        #expect(error.sqlState == .insufficientPrivilege)
        await pool.close()
    }
}
