import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// A domain's own host of tracking links.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct TrackingHostTests {
    private struct Claimed {
        let api: APIFixture
        let tenant: (id: String, path: String, owner: String)
        let name: String
        let path: String

        init() async throws {
            api = try await APIFixture.shared.value
            tenant = try await api.tenant()
            name = "d\(UUID().text.prefix(8)).example"
            let created = try await api.call(
                "POST", tenant.path + "/domains", token: tenant.owner, json: #"{"domain":"\#(name)"}"#)
            path = tenant.path + "/domains/\(try #require(created.data["domain"]["id"].text))"
            for record in created.data["dns_records"].elements where record["record_type"].text == "TXT" {
                api.publish(record["host"].text ?? "", .found([record["value"].text ?? ""]))
            }
        }

        func call(_ method: String, _ rest: String = "", json: String? = nil) async throws
            -> APIFixture.Answer
        {
            try await api.call(method, path + rest, token: tenant.owner, json: json)
        }

        func set(_ host: String) async throws -> APIFixture.Answer {
            try await call("PUT", json: #"{"tracking_host":"\#(host)"}"#)
        }

        /// Has the daily check done now; `change` makes time pass.
        func nextDay(after change: SQL = "") async throws -> Bool? {
            let uuid = try #require(TenantID(text: tenant.id)).uuid
            try await api.context.pool.execute(
                "UPDATE domains SET next_check_at = now() \(change) WHERE tenant_id = \(uuid)", as: .system)
            _ = try await Domains(api.context, Authenticator(api.context)).recheckDue()
            return try await call("GET").data["domain"]["tracking_live"].bool
        }

        /// The host that nodes are told of.
        func published() async throws -> String? {
            let tenant = try #require(TenantID(text: tenant.id))
            let chunk = try await api.context.pool.transaction(as: .system, mode: .readOnly) {
                try await TenantsChunkBuilder(
                    masterSeal: api.context.masterSeal, clusterSeal: api.context.masterSeal,
                    log: api.context.log
                ).build(bucket: String(tenant.description.suffix(2)), $0)
            }
            return chunk.tenants.first { $0.id == tenant }?.domains.first?.trackingHost
        }
    }

    @Test func `the host is asked for by a CNAME, used once it is seen, and no part of being verified`()
        async throws
    {
        let claim = try await Claimed()
        let set = try await claim.set("Track.\(claim.name)")
        #expect(set.status == 200)
        #expect(set.data["domain"]["tracking_host"].text == "track.\(claim.name)")
        let record = try #require(set.data["dns_records"].elements.last)
        #expect(record["record_type"].text == "CNAME" && record["host"].text == "track.\(claim.name)")
        #expect(record["value"].text == "dispatch.example.com")

        let verified = try await claim.call("POST", "/verify").data
        #expect(verified["verified"].bool == true)
        #expect(verified["records"].elements.last?["status"].text == "missing")
        #expect(verified["domain"]["tracking_live"].bool == false)
        #expect(try await claim.published() == nil)

        claim.api.publish("CNAME track.\(claim.name)", .found(["Dispatch.example.com."]))
        let seen = try await claim.call("POST", "/verify").data
        #expect(seen["records"].elements.last?["status"].text == "ok")
        #expect(seen["domain"]["tracking_live"].bool == true)
        #expect(try await claim.published() == "track.\(claim.name)")

        let gone = try await claim.call("PUT", json: #"{"tracking_host":null}"#)
        #expect(gone.data["domain"]["tracking_host"] == .null)
        #expect(gone.data["dns_records"].elements.allSatisfy { $0["record_type"].text != "CNAME" })
        #expect(try await claim.published() == nil)
    }

    @Test func `a host whose record goes missing is used for three days more`() async throws {
        let claim = try await Claimed()
        _ = try await claim.set("track.\(claim.name)")
        let name = "CNAME track.\(claim.name)"
        claim.api.publish(name, .found(["dispatch.example.com"]))
        #expect(try await claim.nextDay() == true)
        claim.api.publish(name, .unreachable("no server answered"))
        #expect(try await claim.nextDay() == true)
        claim.api.publish(name, .found(["elsewhere.example"]))
        #expect(try await claim.nextDay() == true)
        let day: SQL = ", tracking_missing_since = now() - interval '24 hours'"
        #expect(try await claim.nextDay(after: day) == true)
        let days: SQL = ", tracking_missing_since = now() - interval '73 hours'"
        #expect(try await claim.nextDay(after: days) == false)
        #expect(try await claim.published() == nil)
        #expect(try await claim.call("GET").data["domain"]["verified"].bool == true)
        claim.api.publish(name, .found(["dispatch.example.com"]))
        #expect(try await claim.nextDay() == true)
        #expect(try await claim.published() == "track.\(claim.name)")
    }

    @Test func `where no alias may stand the addresses of the target do`() async throws {
        let claim = try await Claimed()
        _ = try await claim.set(claim.name)
        claim.api.publish("A dispatch.example.com", .found(["192.0.2.1", "2001:db8::1"]))
        claim.api.publish("A \(claim.name)", .found(["192.0.2.1", "198.51.100.7"]))
        #expect(try await claim.nextDay() == false)
        claim.api.publish("A \(claim.name)", .found(["192.0.2.1"]))
        #expect(try await claim.nextDay() == true)
    }

    @Test(arguments: [
        "track.other.example", "x", "", "a b.{domain}", "https://track.{domain}", "dispatch.{domain}",
        "_track.{domain}", "track.{domain}:443", "{domain}.evil.example", "evil{domain}",
    ])
    func `a host that is none of the domain is refused, and nothing changes`(text: String) async throws {
        let claim = try await Claimed()
        let answer = try await claim.set(text.replacing("{domain}", with: claim.name))
        #expect(answer.status == 400 && answer.field == "tracking_host", "\(text)")
        #expect(try await claim.call("GET").data["domain"]["tracking_host"] == .null)
    }

    @Test func `a change that says nothing is refused, and so is another tenant's domain`() async throws {
        let claim = try await Claimed()
        #expect(try await claim.call("PUT", json: "{}").status == 400)
        #expect(try await claim.call("PUT", json: #"{"tracking_hosts":"x"}"#).status == 400)
        let other = try await claim.api.tenant()
        let id = try #require(claim.path.split(separator: "/").last)
        let foreign = try await claim.api.call(
            "PUT", other.path + "/domains/\(id)", token: other.owner,
            json: #"{"tracking_host":"track.\#(claim.name)"}"#)
        #expect(foreign.status == 404)
    }
}
