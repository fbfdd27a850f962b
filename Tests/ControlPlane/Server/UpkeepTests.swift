import DNSProviders
import FoundationEssentials
import HTTPClient
import NodeProtocol
import Postgres
import Service
import TestSupport
import Testing

@testable import ControlPlane

/// What is deleted when its time is over, and what is not.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct UpkeepTests {
    private func expire(_ control: ServiceFixture, auditDays: Int?) async throws {
        let context = control.context
        let authenticator = Authenticator(context)
        let domains = Domains(context, authenticator)
        let accounts = DNSAccounts(ProviderEndpoints()) { _ throws(HTTPClientError) in
            throw .closed
        } clock: {
            nil
        }
        let keys = KeyTurning(
            context: context, domains: domains, setups: DNSSetupRoutes(context, authenticator, accounts),
            maxAgeDays: nil)
        try await Upkeep(
            context: context, domains: domains, keys: keys, auditDays: auditDays, stopping: StopFlag()
        ).expire()
    }

    @Test func `hours in which nobody opened for long are forgotten, one by one`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        let story = Story(tenant: tenant, node: node.number)
        try await control.asOwner(
            """
            INSERT INTO open_hours (tenant_id, address, hour, opens, last_opened)
            SELECT \(tenant.uuid), 'alice@example.org', n, 5, current_date - 401 + n % 2
            FROM generate_series(0, 23) AS n
            """)
        // Whoever opens again keeps what is known of that hour.
        let hour: Int64 = 3_600_000
        let opened = story.event(
            .opened, to: "alice@example.org", after: (story.start / (24 * hour) + 1) * 24 * hour - story.start
        )
        #expect(try await node.report([(1, story.accepted()), (2, EventRecord(opened))]).status == 200)
        try await expire(control, auditDays: nil)
        let kept = try await control.context.pool.query(
            "SELECT hour, opens FROM open_hours ORDER BY hour", as: .system
        ).map { row in [try row["hour", as: Int.self], try row["opens", as: Int.self]] }
        #expect(kept == [[0, 6]] + stride(from: 1, to: 24, by: 2).map { [$0, 5] })
        await node.stop()
        await control.stop()
    }

    @Test func `the audit log and what was changed in DNS expire as the operator says`() async throws {
        let control = try await ServiceFixture.make()
        let tenant = try await control.tenant(try await control.operatorToken())
        try await control.asOwner(
            """
            INSERT INTO audit_log (tenant_id, at, actor_kind, actor, action)
            SELECT \(tenant.uuid), now() - make_interval(days => n), 'user', 'u', 'old.entry'
            FROM unnest(ARRAY[10, 29, 31, 99, 101, 500]) AS n
            """)
        let domain = UUID()
        try await control.asOwner(
            """
            INSERT INTO domains (tenant_id, id, domain, status, ownership_token, selector,
                dkim_private_sealed, dkim_public)
            VALUES (\(tenant.uuid), \(domain), 'kept.example', 'pending', 't', 'dispatch', '', '')
            """)
        for (id, name, state, age) in [
            (domain, "kept.example", "applied", 500), (domain, "kept.example", "unknown", 500),
            (domain, "kept.example", "undone", 101), (domain, "kept.example", "failed", 99),
            (UUID(), "gone.example", "applied", 101), (UUID(), "gone.example", "applied", 99),
            (UUID(), "gone.example", "applying", 101),
        ] {
            try await control.asOwner(
                """
                INSERT INTO dns_changes (tenant_id, domain_id, domain, subject, provider_id, kind, zone_id,
                    zone_name, state, changes, created_at, changed_at)
                VALUES (\(tenant.uuid), \(id), \(name), 's', gen_random_uuid(), 'cloudflare', 'z', 'example',
                    \(state), '[]', now() - make_interval(days => \(Int32(age))),
                    now() - make_interval(days => \(Int32(age))))
                """)
        }
        let entries: SQL = "SELECT count(*) AS n FROM audit_log WHERE action = 'old.entry'"
        let changes: SQL = "SELECT count(*) AS n FROM dns_changes"
        for (days, entriesLeft, changesLeft) in [(nil, 6, 7), (100, 4, 5), (5, 2, 3)] as [(Int?, Int, Int)] {
            try await expire(control, auditDays: days)
            // Not even a setting of five days reaches the last thirty.
            #expect(try await control.count(entries) == entriesLeft)
            #expect(try await control.count(changes) == changesLeft)
        }
        await control.stop()
    }

    @Test func `no history is deleted unless the operator says so`() {
        var reader = SettingsReader(environment: [:], program: "control-plane")
        #expect(ControlSettings(reading: &reader).auditDays == 0)
    }

    @Test func `the setting is 0 or at least 30 days`() throws {
        for (days, isRight) in [("0", true), ("29", false), ("30", true), ("400", true), ("x", false)] {
            var reader = SettingsReader(
                environment: [
                    "DISPATCH_AUDIT_DAYS": days, "DISPATCH_DATABASE_URL": "postgresql://x",
                    "DISPATCH_MASTER_KEY": String(repeating: "A", count: 43) + "=",
                ], program: "control-plane")
            let settings = ControlSettings(reading: &reader)
            #expect(((try? reader.finish()) != nil) == isRight, "\(days)")
            if isRight { #expect(String(settings.auditDays) == days) }
        }
    }
}
