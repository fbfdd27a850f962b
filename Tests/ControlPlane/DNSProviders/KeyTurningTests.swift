import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// Keys that take turns by themselves where a provider is connected. One after the other: a run does what is
/// due for all domains of the database.
@Suite(.serialized) struct KeyTurningTests {
    /// On the loop that the clients of providers live on.
    private func turnKeys(_ api: APIFixture, maxAgeDays: Int? = nil) async throws {
        let authenticator = Authenticator(api.context)
        let turning = KeyTurning(
            context: api.context, domains: Domains(api.context, authenticator),
            setups: DNSSetupRoutes(api.context, authenticator, api.dnsAccounts), maxAgeDays: maxAgeDays)
        try await api.loop.run { try await turning.run() }
    }

    private func domain(_ setup: DNSSetupFixture) async throws -> JSONValue {
        let path = "\(setup.tenant.path)/domains/\(setup.domainID)"
        return try await setup.api.call("GET", path, token: setup.tenant.owner).data["domain"]
    }

    /// Has the domain looked at as if its time had come.
    private func look(_ setup: DNSSetupFixture) async throws {
        let id = try #require(UUID(uuidString: setup.domainID))
        let context = setup.api.context
        try await context.pool.execute(
            "UPDATE domains SET next_check_at = '-infinity' WHERE id = \(id)", as: .system)
        _ = try await Domains(context, Authenticator(context)).recheckDue(limit: 1)
    }

    @Test func `a key that was asked for is published, seen and signs, and nothing else is written`()
        async throws
    {
        let setup = try await DNSSetupFixture.make()
        #expect(try await setup.setUp().data["verified"].bool == true)
        let path = "\(setup.tenant.path)/domains/\(setup.domainID)/dkim/rotate"
        let made = try await setup.api.call("POST", path, token: setup.tenant.owner)
        let next = try #require(made.data["domain"]["next_selector"].text)
        setup.api.cloudflare.change(setup.zone) { zone in zone.records.removeAll { $0.type == "MX" } }
        let before = setup.contents

        try await turnKeys(setup.api)
        let added = Set(setup.contents).subtracting(before)
        #expect(added.count == 1 && added.first?.contains("\(next)._domainkey.@") == true, "\(added)")
        #expect(Set(before).isSubset(of: setup.contents))
        try await look(setup)
        let after = try await domain(setup)
        #expect(after["selector"].text == next && after["old_selector"].text == "dispatch")
        // There is nothing to do any more.
        let settled = setup.contents
        try await turnKeys(setup.api)
        #expect(setup.contents == settled)
        #expect(try await setup.auditActions().contains("domain.key_changed"))
    }

    @Test func `a key that has signed for long gets a successor, one without a provider does not`()
        async throws
    {
        let setup = try await DNSSetupFixture.make()
        #expect(try await setup.setUp().data["verified"].bool == true)
        let lone = try await DNSSetupFixture.make()
        for name in [setup.domain, lone.domain] {
            try await setup.api.context.pool.query(
                """
                WITH gone AS (DELETE FROM used_selectors WHERE domain = \(name) RETURNING domain)
                SELECT count(*) FROM gone
                """, as: .system)
            try await setup.api.context.pool.execute(
                """
                INSERT INTO used_selectors (domain, selector, used_at)
                VALUES (\(name), 'dispatch', now() - interval '181 days')
                """, as: .system)
        }
        try await turnKeys(setup.api, maxAgeDays: 190)
        #expect(try await domain(setup)["next_selector"] == .null)
        try await turnKeys(setup.api, maxAgeDays: 180)
        let next = try #require(try await domain(setup)["next_selector"].text)
        #expect(setup.contents.contains { $0.contains("\(next)._domainkey.@") })
        #expect(try await domain(lone)["next_selector"] == .null)
    }

    @Test func `when the account is gone the key waits, and others are not held up`() async throws {
        let gone = try await DNSSetupFixture.make()
        let setup = try await DNSSetupFixture.make()
        var next: [String] = []
        for fixture in [gone, setup] {
            #expect(try await fixture.setUp().data["verified"].bool == true)
            let path = "\(fixture.tenant.path)/domains/\(fixture.domainID)/dkim/rotate"
            let made = try await fixture.api.call("POST", path, token: fixture.tenant.owner)
            next.append(try #require(made.data["domain"]["next_selector"].text))
        }
        let removed = try await gone.api.call(
            "DELETE", "/api/v1/user/dns-providers/\(gone.provider)", token: gone.tenant.owner)
        #expect(removed.status == 200)
        try await turnKeys(setup.api)
        #expect(!gone.contents.contains { $0.contains(next[0]) })
        #expect(setup.contents.contains { $0.contains(next[1]) })
    }
}
