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

    /// A domain whose new key signs, with the old one's time over.
    private func turned() async throws -> (setup: DNSSetupFixture, id: UUID) {
        let setup = try await DNSSetupFixture.make()
        #expect(try await setup.setUp().data["verified"].bool == true)
        let path = "\(setup.tenant.path)/domains/\(setup.domainID)/dkim/rotate"
        #expect(try await setup.api.call("POST", path, token: setup.tenant.owner).status == 200)
        try await turnKeys(setup.api)
        try await look(setup)
        // Before its time nothing is taken away.
        let before = setup.contents
        try await turnKeys(setup.api)
        #expect(setup.contents == before)
        #expect(try await domain(setup)["old_selector"].text == "dispatch")
        let id = try #require(UUID(uuidString: setup.domainID))
        try await age(id, days: 0, setup.api)
        return (setup, id)
    }

    private func age(_ domain: UUID, days: Int32, _ api: APIFixture) async throws {
        try await api.context.pool.execute(
            """
            UPDATE domains SET old_until = now() - interval '1 second' - make_interval(days => \(days))
            WHERE id = \(domain)
            """, as: .system)
    }

    private func isOld(_ record: String) -> Bool { record.contains("dispatch._domainkey.@") }

    @Test func `the record of a key whose time is over is taken away, it alone, and can be brought back`()
        async throws
    {
        let (setup, _) = try await turned()
        let before = setup.contents
        #expect(before.count(where: isOld) == 1)
        // The key waits for it.
        try await Domains(setup.api.context, Authenticator(setup.api.context)).forgetOldKeys()
        #expect(try await domain(setup)["old_selector"].text == "dispatch")

        try await turnKeys(setup.api)
        #expect(Set(setup.contents) == Set(before.filter { !isOld($0) }))
        let after = try await domain(setup)
        #expect(after["old_selector"] == .null && after["verified"].bool == true)
        let list = try await setup.api.call("GET", setup.path, token: setup.tenant.owner).data
        #expect(list[0]["state"].text == "applied")
        #expect(try await setup.undo(list[0]["undo_id"].text).status == 200)
        #expect(Set(setup.contents) == Set(before))
        // What somebody has brought back is his.
        try await turnKeys(setup.api)
        #expect(Set(setup.contents) == Set(before))
    }

    @Test func `what else stands at the name of an old key stays`() async throws {
        let (setup, _) = try await turned()
        setup.api.cloudflare.change(setup.zone) { zone in
            for index in zone.records.indices where zone.records[index].name.hasPrefix("dispatch._domainkey.")
            {
                zone.records[index].content = "\"v=DKIM1; k=rsa; p=AAAA\""
            }
        }
        let before = setup.contents
        try await turnKeys(setup.api)
        #expect(setup.contents == before)
        #expect(try await domain(setup)["old_selector"] == .null)
    }

    @Test func `when the account is gone the old record is asked for no longer than a week`() async throws {
        let (setup, id) = try await turned()
        let removed = try await setup.api.call(
            "DELETE", "/api/v1/user/dns-providers/\(setup.provider)", token: setup.tenant.owner)
        #expect(removed.status == 200)
        let before = setup.contents
        let domains = Domains(setup.api.context, Authenticator(setup.api.context))
        for (days, isKept) in [(Int32(6), true), (7, false)] {
            try await age(id, days: days, setup.api)
            try await turnKeys(setup.api)
            try await domains.forgetOldKeys()
            let isThere = try await domain(setup)["old_selector"].text != nil
            #expect(isThere == isKept)
        }
        #expect(setup.contents == before)
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
