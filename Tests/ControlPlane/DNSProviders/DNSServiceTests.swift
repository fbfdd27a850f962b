import EventLoop
import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

/// The whole service, with the provider where its settings say.
@Suite struct DNSServiceTests {
    @Test func `a provider is reached where the operator says, and its zones are listed`() async throws {
        let loop = try EventLoop(name: "cloudflare")
        loop.start()
        let stub = try CloudflareStub(on: loop) { _, _ in }
        let control = try await ServiceFixture.make(["DISPATCH_DNS_CLOUDFLARE_URL": stub.url + "/"])
        let token = try await control.operatorToken()
        let secret = "token-\(UUID().text)"
        let zone = stub.zone("d.example", token: secret)
        let path = "/api/v1/user/dns-providers"
        let made = try await control.call(
            "POST", path, token: token, json: #"{"provider":"cloudflare","label":"x","token":"\#(secret)"}"#)
        #expect(made.status == 201, "\(made.body)")
        let id = try #require(made.data["id"].text)
        let zones = try await control.call("GET", "\(path)/\(id)/zones", token: token)
        #expect(zones.data[0]["id"].text == zone && zones.data[0]["name"].text == "d.example")
        #expect(
            try await control.count("SELECT count(*) AS n FROM audit_log WHERE action LIKE 'dns_provider.%'")
                == 1)
        await control.stop()
    }
}
