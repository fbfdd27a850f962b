import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct DomainsTests {
    private func freshName() -> String { "d\(UUID().text.prefix(8)).example" }

    /// Publishes what the service asks for, or some of it.
    private func publish(_ records: JSONValue, on api: APIFixture, without left: Set<String> = []) {
        for record in records.elements where !left.contains(record["purpose"].text ?? "") {
            let (host, value) = (record["host"].text ?? "", record["value"].text ?? "")
            api.publish(record["record_type"].text == "MX" ? "MX \(host)" : host, .found([value]))
        }
    }

    @Test func `a domain asks for its records and is verified when they are seen`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let name = freshName()
        let created = try await api.call(
            "POST", made.path + "/domains", token: made.owner, json: #"{"domain":"\#(name.uppercased())"}"#)
        #expect(created.status == 201)
        #expect(created.data["domain"]["domain"].text == name)
        #expect(created.data["domain"]["verified"].bool == false)
        let records = created.data["dns_records"]
        #expect(
            records.elements.map { $0["host"].text } == [
                "_cybdispatch.\(name)", "dispatch._domainkey.\(name)", name, "_dmarc.\(name)",
                "dispatch.\(name)",
                "dispatch.\(name)",
            ])
        #expect(records[0]["value"].text?.hasPrefix("cyb-verify-") == true)
        #expect(records[1]["value"].text?.hasPrefix("v=DKIM1; k=rsa; p=MIIBIj") == true)
        #expect(records[2]["value"].text == "v=spf1 include:dispatch.example.com ~all")
        #expect(records[4]["value"].text == "10 dispatch.example.com")

        let verify = made.path + "/domains/\(try #require(created.data["domain"]["id"].text))/verify"
        let before = try await api.call("POST", verify, token: made.owner)
        #expect(before.data["verified"].bool == false)
        #expect(before.data["records"][0]["status"].text == "missing")

        publish(records, on: api, without: ["DKIM signing"])
        let half = try await api.call("POST", verify, token: made.owner)
        #expect(half.data["verified"].bool == false)
        #expect(half.data["records"][0]["status"].text == "ok")

        publish(records, on: api)
        let after = try await api.call("POST", verify, token: made.owner)
        #expect(after.data["verified"].bool == true)
        #expect(after.data["domain"]["status"].text == "verified")
        #expect(after.data["records"].elements.allSatisfy { $0["status"].text == "ok" })

        // A look-up that fails says nothing about a domain that is verified.
        api.publish("_cybdispatch.\(name)", .unreachable("timed out"))
        let failed = try await api.call("POST", verify, token: made.owner)
        #expect(failed.data["verified"].bool == true)
        #expect(failed.data["records"][0]["status"].text == "unreachable")
    }

    @Test func `a domain that the tenant has already is refused before a key is made`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let path = "/api/v1/dispatch/tenants/\(try await control.tenant(token))/domains"
        let body = #"{"domain":"\#(freshName())"}"#
        #expect(try await control.call("POST", path, token: token, json: body).status == 201)
        control.context.keyMaking.stop()
        let again = try await control.call("POST", path, token: token, json: body)
        #expect(again.status == 409 && again.code == "ALREADY_EXISTS")
        await control.stop()
    }

    @Test func `a tenant that asks for many keys at once waits by itself`() async throws {
        let (requests, tenant) = (KeyRequests(), TenantID(UUID()))
        func nested(_ depth: Int) async throws -> Int {
            guard depth > 0 else { return 0 }
            return try await requests.take(of: tenant) { try await nested(depth - 1) + 1 }
        }
        #expect(try await nested(KeyRequests.maxWaitingOfTenant) == KeyRequests.maxWaitingOfTenant)
        let error = await #expect(throws: APIError.self) {
            try await nested(KeyRequests.maxWaitingOfTenant + 1)
        }
        #expect(error?.status == 429)
        #expect(try await nested(1) == 1)
        let other = try await requests.take(of: TenantID(UUID())) { 1 }
        #expect(other == 1)
    }

    @Test func `a domain that another tenant has verified is a conflict`() async throws {
        let api = try await APIFixture.shared.value
        let (first, second) = (try await api.tenant(), try await api.tenant())
        let name = freshName()
        var conflicts: [JSONValue] = []
        for tenant in [first, second] {
            let created = try await api.call(
                "POST", tenant.path + "/domains", token: tenant.owner, json: #"{"domain":"\#(name)"}"#)
            publish(created.data["dns_records"], on: api)
            let id = try #require(created.data["domain"]["id"].text)
            conflicts.append(
                try await api.call("POST", tenant.path + "/domains/\(id)/verify", token: tenant.owner).data)
            if tenant.id == second.id {
                #expect(created.data["domain"]["selector"].text?.hasPrefix("dispatch-") == true)
            }
        }
        #expect(conflicts[0]["verified"].bool == true)
        #expect(conflicts[1]["verified"].bool == false)
        #expect(conflicts[1]["records"][0]["status"].text == "conflict")
    }

    @Test func `domains are listed with records, found and removed, by their tenant alone`() async throws {
        let api = try await APIFixture.shared.value
        let (mine, theirs) = (try await api.tenant(), try await api.tenant())
        let body = #"{"domain":"\#(freshName())"}"#
        let created = try await api.call("POST", mine.path + "/domains", token: mine.owner, json: body)
        #expect(
            try await api.call("POST", mine.path + "/domains", token: mine.owner, json: body).status == 409)
        let id = try #require(created.data["domain"]["id"].text)
        let list = try await api.call("GET", mine.path + "/domains", token: mine.owner)
        #expect(list.data[0]["dns_records"].elements.count == 6)
        for method in ["GET", "DELETE"] {
            #expect(
                try await api.call(method, theirs.path + "/domains/\(id)", token: theirs.owner).status == 404)
        }
        #expect(try await api.call("GET", mine.path + "/domains/\(id)", token: mine.owner).status == 200)
        #expect(try await api.call("DELETE", mine.path + "/domains/\(id)", token: mine.owner).status == 200)
        #expect(try await api.call("GET", mine.path + "/domains/\(id)", token: mine.owner).status == 404)
    }

    @Test(arguments: [
        "localhost", "a..b", "exa mple.com", "192.0.2.1", "mail.dispatch.example.com", "-x.example", "",
    ])
    func `what is no domain is refused`(_ name: String) async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let answer = try await api.call(
            "POST", made.path + "/domains", token: made.owner, json: #"{"domain":"\#(name)"}"#)
        #expect(answer.status == 400 && answer.field == "domain")
    }

    @Test func `operators vouch for a domain and say why`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let boss = try await api.person(isOperator: true).token
        let created = try await api.call(
            "POST", made.path + "/domains", token: made.owner, json: #"{"domain":"bücher-\#(freshName())"}"#)
        #expect(created.data["domain"]["domain"].text?.hasPrefix("xn--") == true)
        let id = try #require(created.data["domain"]["id"].text)
        let path = "/api/v1/admin/tenants/\(made.id)/domains/\(id)/override"
        #expect(try await api.call("POST", path, token: made.owner, json: #"{"reason":"x"}"#).status == 403)
        let vouched = try await api.call("POST", path, token: boss, json: #"{"reason":"local tests"}"#)
        #expect(vouched.data["domain"]["verified"].bool == true)
        #expect(vouched.data["domain"]["override_reason"].text == "local tests")
    }

    @Test func `a verified domain whose records go is at risk, then lost`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let created = try await api.call(
            "POST", made.path + "/domains", token: made.owner, json: #"{"domain":"\#(freshName())"}"#)
        let records = created.data["dns_records"]
        let path = made.path + "/domains/\(try #require(created.data["domain"]["id"].text))"
        publish(records, on: api)
        _ = try await api.call("POST", path + "/verify", token: made.owner)
        let domains = Domains(api.context, Authenticator(api.context))
        let tenant = try #require(TenantID(text: made.id)).uuid
        func nextDay(after change: SQL = "") async throws -> String? {
            try await api.context.pool.execute(
                "UPDATE domains SET next_check_at = now() \(change) WHERE tenant_id = \(tenant)", as: .system)
            _ = try await domains.recheckDue()
            return try await api.call("GET", path, token: made.owner).data["domain"]["status"].text
        }
        let ownership = try #require(records[0]["host"].text)
        api.publish(ownership, .unreachable("timed out"))
        #expect(try await nextDay() == "verified")
        api.publish(ownership, .missing)
        #expect(try await nextDay() == "verified")
        #expect(try await nextDay() == "at_risk")
        #expect(try await nextDay(after: ", missing_since = now() - interval '80 hours'") == "lost")
    }
}
