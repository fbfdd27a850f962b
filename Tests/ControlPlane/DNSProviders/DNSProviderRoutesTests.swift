import FoundationEssentials
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct DNSProviderRoutesTests {
    private let path = "/api/v1/user/dns-providers"

    @Test func `a provider is tried, kept sealed and never shown again`() async throws {
        let api = try await APIFixture.shared.value
        let user = try await api.person()
        let token = "token-\(UUID().text)"
        let zone = api.cloudflare.zone("z\(UUID().text.prefix(8)).example", token: token)
        let made = try await api.call(
            "POST", path, token: user.token,
            json: #"{"provider":"cloudflare","label":" Mine ","token":"\#(token)"}"#)
        #expect(made.status == 201)
        #expect(made.data["label"].text == "Mine")
        #expect(made.data["hint"].text == "…\(token.suffix(4))")
        let id = try #require(made.data["id"].text)
        let list = try await api.call("GET", path, token: user.token)
        #expect(list.data.elements.count == 1)
        #expect(list.data[0].names == ["id", "provider", "label", "hint", "created_at"])
        let rows = try await api.context.pool.query(
            "SELECT sealed FROM dns_providers WHERE subject = \(user.subject)", as: .system)
        let sealed = try #require(rows.first)["sealed", as: [UInt8].self]
        #expect(!String(decoding: sealed, as: UTF8.self).contains(token))
        let zones = try await api.call("GET", "\(path)/\(id)/zones", token: user.token)
        #expect(zones.data.elements.map { $0["id"].text } == [zone])
        #expect(zones.data[0].names == ["id", "name"])
        #expect(try await api.call("DELETE", "\(path)/\(id)", token: user.token).status == 200)
        #expect(try await api.call("DELETE", "\(path)/\(id)", token: user.token).status == 404)
        #expect(try await api.call("GET", path, token: user.token).data.elements.isEmpty)
    }

    @Test func `a user's providers are nobody else's`() async throws {
        let setup = try await DNSSetupFixture.make()
        let other = try await setup.api.person().token
        #expect(try await setup.api.call("GET", path, token: other).data.elements.isEmpty)
        for (method, rest) in [("GET", "/zones"), ("DELETE", "")] {
            let answer = try await setup.api.call(method, "\(path)/\(setup.provider)\(rest)", token: other)
            #expect(answer.status == 404 && answer.code == "DNS_PROVIDER_NOT_FOUND")
        }
        let operators = try await setup.api.person(isOperator: true).token
        #expect(
            try await setup.api.call("GET", "\(path)/\(setup.provider)/zones", token: operators).status == 404
        )
        #expect(try await setup.api.call("GET", path).status == 401)
    }

    @Test func `keys have no providers`() async throws {
        let setup = try await DNSSetupFixture.make()
        let key = try await setup.api.call(
            "POST", setup.tenant.path + "/api-keys", token: setup.tenant.owner,
            json: #"{"name":"all","scopes":["*"]}"#)
        let token = try #require(key.data["key"].text)
        #expect(try await setup.api.call("GET", path, token: token).code == "USER_REQUIRED")
        #expect(try await setup.setUp(as: token).code == "FORBIDDEN")
        #expect(try await setup.undo(UUID().text, as: token).code == "FORBIDDEN")
    }

    @Test func `a token that the provider refuses is not kept, and what it lacks is named`() async throws {
        let api = try await APIFixture.shared.value
        let user = try await api.person()
        let answer = try await api.call(
            "POST", path, token: user.token,
            json: #"{"provider":"cloudflare","label":"x","token":"token-token-token-nobody"}"#)
        #expect(answer.status == 400 && answer.code == "DNS_PERMISSION_MISSING")
        #expect(answer.body["error"]["message"].text?.contains("Zone:Zone:Read") == true)
        #expect(try await api.call("GET", path, token: user.token).data.elements.isEmpty)
    }

    @Test(arguments: [
        (#"{"provider":"bind","label":"x","token":"t"}"#, "provider"),
        (#"{"provider":"cloudflare","label":" ","token":"t"}"#, "label"),
        (#"{"provider":"cloudflare","label":"x"}"#, "token"),
        (#"{"provider":"cloudflare","label":"x","token":"short"}"#, "token"),
        (#"{"provider":"cloudflare","label":"x","token":"token-token-token-\r\nX"}"#, "token"),
        (#"{"provider":"cloudflare","label":"x","token":"token-token-token-token","region":"a"}"#, "region"),
        (#"{"provider":"route53","label":"x","access_key":"a"}"#, "access_key"),
        (#"{"provider":"route53","label":"x","access_key":"AKIAIOSFODNN7EXAMPLE"}"#, "secret_key"),
        (#"{"provider":"gcp","label":"x","service_account_json":"{}"}"#, "service_account_json"),
        (#"{"provider":"cloudflare","label":"x","tokn":"y"}"#, "tokn"),
    ])
    func `what is no credential is refused by its field`(_ body: String, _ field: String) async throws {
        let api = try await APIFixture.shared.value
        let answer = try await api.call("POST", path, token: try await api.person().token, json: body)
        #expect(answer.status == 400 && answer.field == field, "\(answer.body)")
    }

    @Test func `a sealed credential opens in its own row alone`() async throws {
        let setup = try await DNSSetupFixture.make()
        let other = try await DNSSetupFixture.make()
        let (mine, theirs) = try (
            #require(UUID(uuidString: setup.provider)), #require(UUID(uuidString: other.provider))
        )
        try await setup.api.context.pool.execute(
            """
            UPDATE dns_providers SET sealed = (SELECT sealed FROM dns_providers WHERE id = \(theirs))
            WHERE id = \(mine)
            """, as: .system)
        let rows = try await setup.api.context.pool.query(
            "SELECT \(DNSAccountRow.columns) FROM dns_providers WHERE id = \(mine)", as: .system)
        let row = try DNSAccountRow(try #require(rows.first))
        #expect(throws: (any Error).self) { try row.credential(setup.api.context.masterSeal) }
    }
}
