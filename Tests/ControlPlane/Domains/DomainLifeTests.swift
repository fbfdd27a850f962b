import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// What happens to a domain after it was claimed: proofs that are none, recovery, keys that take turns.
@Suite struct DomainLifeTests {
    /// A domain of a new tenant that was just claimed.
    private struct Claimed {
        let api: APIFixture
        let tenant: (id: String, path: String, owner: String)
        let name: String
        let path: String
        let records: JSONValue

        init(_ name: String = "d\(UUID().text.prefix(8)).example") async throws {
            api = try await APIFixture.shared.value
            tenant = try await api.tenant()
            self.name = name
            let created = try await api.call(
                "POST", tenant.path + "/domains", token: tenant.owner, json: #"{"domain":"\#(name)"}"#)
            records = created.data["dns_records"]
            path = tenant.path + "/domains/\(try #require(created.data["domain"]["id"].text))"
        }

        var uuid: UUID { get throws { try #require(TenantID(text: tenant.id)).uuid } }

        func publish(_ records: JSONValue) {
            for record in records.elements where record["record_type"].text == "TXT" {
                api.publish(record["host"].text ?? "", .found([record["value"].text ?? ""]))
            }
        }

        func call(_ method: String, _ rest: String = "") async throws -> APIFixture.Answer {
            try await api.call(method, path + rest, token: tenant.owner)
        }

        func subscribe(_ events: String) async throws {
            let body = #"{"url":"https://hooks.example/x","events":[\#(events)]}"#
            let made = try await api.call(
                "POST", tenant.path + "/webhooks", token: tenant.owner, json: body)
            #expect(made.status == 201)
        }

        /// The events that wait for a node to tell of them, oldest first.
        func notices() async throws -> [String] {
            let rows = try await api.context.pool.query(
                "SELECT event FROM notices WHERE tenant_id = \(try uuid) ORDER BY created_at", as: .system)
            return try rows.map { try $0["event"] }
        }

        /// Has the daily check done now; `change` makes time pass.
        func nextDay(after change: SQL = "") async throws -> String? {
            try await api.context.pool.execute(
                "UPDATE domains SET next_check_at = now() \(change) WHERE tenant_id = \(try uuid)",
                as: .system)
            let domains = Domains(api.context, Authenticator(api.context))
            _ = try await domains.recheckDue()
            return try await call("GET").data["domain"]["status"].text
        }
    }

    @Test func `what only a wildcard answers proves nothing`() async throws {
        let claim = try await Claimed()
        claim.publish(claim.records)
        let ownership = claim.records[0]
        claim.api.publish(try #require(ownership["host"].text), nil)
        claim.api.publish("*.\(claim.name)", .found([try #require(ownership["value"].text)]))
        let answer = try await claim.call("POST", "/verify").data
        #expect(answer["verified"].bool == false)
        #expect(answer["records"][0]["status"].text == "mismatch")
        #expect(answer["records"][0]["reason"].text?.contains("wildcard") == true)
    }

    @Test func `each turn in a domain's life is told once to those who asked`() async throws {
        let claim = try await Claimed()
        try await claim.subscribe(
            #""domain.verified","domain.at_risk","domain.lost","domain.recovered""#)
        claim.publish(claim.records)
        #expect(try await claim.nextDay() == "verified")
        #expect(try await claim.nextDay() == "verified")
        let ownership = try #require(claim.records[0]["host"].text)
        claim.api.publish(ownership, .missing)
        #expect(try await claim.nextDay() == "verified")
        #expect(try await claim.nextDay() == "at_risk")
        let longAgo: SQL = ", missing_since = now() - interval '80 hours'"
        #expect(try await claim.nextDay(after: longAgo) == "lost")
        #expect(try await claim.nextDay() == "lost")
        claim.publish(claim.records)
        #expect(try await claim.nextDay() == "verified")
        #expect(
            try await claim.notices()
                == ["domain.verified", "domain.at_risk", "domain.lost", "domain.recovered"])
    }

    @Test func `a tenant that asked for nothing is told nothing`() async throws {
        let claim = try await Claimed()
        try await claim.subscribe(#""delivered""#)
        claim.publish(claim.records)
        #expect(try await claim.call("POST", "/verify").data["verified"].bool == true)
        #expect(try await claim.notices().isEmpty)
    }

    @Test func `a new key signs when it is seen, and the old record is needed for a week more`() async throws
    {
        let claim = try await Claimed()
        #expect(try await claim.call("POST", "/dkim/rotate").code == "DOMAIN_NOT_VERIFIED")
        claim.publish(claim.records)
        _ = try await claim.call("POST", "/verify")

        let made = try await claim.call("POST", "/dkim/rotate")
        let next = try #require(made.data["domain"]["next_selector"].text)
        #expect(made.data["domain"]["selector"].text == "dispatch" && next != "dispatch")
        #expect(made.data["dns_records"].elements.count == 7)
        #expect(try await claim.call("POST", "/dkim/rotate").code == "ROTATION_PENDING")
        let early = try await claim.call("POST", "/verify").data["domain"]
        #expect(early["selector"].text == "dispatch" && early["verified"].bool == true)

        claim.publish(made.data["dns_records"])
        let seen = try await claim.call("POST", "/verify").data["domain"]
        #expect(seen["selector"].text == next && seen["next_selector"] == .null)
        #expect(seen["old_selector"].text == "dispatch")
        #expect(try await claim.call("GET").data["dns_records"].elements.count == 7)

        try await claim.api.context.pool.execute(
            "UPDATE domains SET old_until = now() WHERE tenant_id = \(try claim.uuid)", as: .system)
        try await Domains(claim.api.context, Authenticator(claim.api.context)).forgetOldKeys()
        let later = try await claim.call("GET").data
        #expect(later["domain"]["old_selector"] == .null && later["dns_records"].elements.count == 6)
    }

    @Test func `a new key that was not seen can be given up`() async throws {
        let claim = try await Claimed()
        claim.publish(claim.records)
        _ = try await claim.call("POST", "/verify")
        let made = try await claim.call("POST", "/dkim/rotate")
        #expect(try await claim.call("DELETE", "/dkim/rotate").data["domain"]["next_selector"] == .null)
        claim.publish(made.data["dns_records"])
        #expect(try await claim.call("POST", "/verify").data["domain"]["selector"].text == "dispatch")
    }

    @Test func `a domain that is claimed again gets a token and a selector that nobody had`() async throws {
        let first = try await Claimed()
        #expect(try await first.call("DELETE").status == 200)
        let second = try await Claimed(first.name)
        #expect(second.records[0]["value"] != first.records[0]["value"])
        #expect(second.records[1]["host"] != first.records[1]["host"])
        first.publish(first.records)
        #expect(try await second.call("POST", "/verify").data["verified"].bool == false)
    }
}
