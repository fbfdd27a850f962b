import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

/// `dispatch audit`
@Suite(.enabled(if: TestPostgres.isInstalled)) struct AuditCommandTests {
    @Test func `entries are listed by every filter, newest first, as many as are asked for`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let (tenant, other) = (try await control.tenant(token), try await control.tenant(token))
        // More than a page of the API.
        try await control.asOwner(
            """
            INSERT INTO audit_log (tenant_id, at, actor_kind, actor, action, record_kind, record_id, detail)
            SELECT \(tenant.uuid), now() - make_interval(hours => n), 'user', 'u' || n % 2, 'domain.created',
                'domain', 'd' || n, jsonb_build_object('domain', 'n' || n || '.example')
            FROM generate_series(1, 150) AS n
            """)
        let tool = try OperatorTool(control, token: token)
        let newest = try await tool.run(
            "audit", "--tenant", tenant.description, "--action", "domain.created", "--limit", "2")
        #expect(newest.exit == .code(0))
        #expect(newest.rows.first == ["AT", "TENANT", "ACTOR", "ACTION", "RECORD", "FROM", "DETAIL"])
        #expect(
            newest.rows.dropFirst().map { Array($0.dropFirst()) } == [
                [tenant.description, "user:u1", "domain.created", "domain:d1", "domain=n1.example"],
                [tenant.description, "user:u0", "domain.created", "domain:d2", "domain=n2.example"],
            ])
        let soon = Date(timeIntervalSinceNow: -9_000).formatted(Date.ISO8601FormatStyle())
        for (filters, count) in [
            (["--action", "domain.created"], 50), (["--action", "domain.created", "--limit", "1000"], 150),
            (["--actor", "u1", "--limit", "120"], 75), (["--record", "d150"], 1), (["--record", "x"], 0),
            (["--tenant", other.description, "--action", "domain.created"], 0),
            (["--tenant", "service", "--actor", "u1"], 0),
            (["--action", "domain.created", "--since", soon], 2),
            (["--action", "domain.created", "--until", soon, "--limit", "200"], 148),
        ] {
            let found = try await tool.run("audit", filters)
            #expect(found.rows.count == count + 1, "\(filters): \(found.errors)")
        }
        let json = try await tool.run("audit", "--record", "d150", "--json")
        #expect(
            JSONValue(reading: Array(json.output.utf8))["data"][0]["detail"] == ["domain": "n150.example"])
        await control.stop()
    }

    @Test func `wrong words are refused, and what the service refuses is told`() async throws {
        let control = try await ServiceFixture.make()
        let tool = try OperatorTool(control, token: try await control.operatorToken())
        for words in [
            ["all"], ["--limit", "0"], ["--limit", "x"], ["--who", "me"], ["--actor", "a", "--actor", "b"],
        ] {
            #expect(try await tool.run("audit", words).exit == .code(64), "\(words)")
        }
        let odd = try await tool.run("audit", "--since", "yesterday")
        #expect(odd.exit == .code(1) && odd.errors.contains("since"))
        let nobody = try OperatorTool(control, token: "none")
        #expect(try await nobody.run("audit").exit == .code(1))
        await control.stop()
    }
}
