import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

/// A tenant with a domain whose zone lies at the stub of Cloudflare, and its owner's account there.
struct DNSSetupFixture {
    let api: APIFixture
    let tenant: (id: String, path: String, owner: String)
    let domain: String
    let domainID: String
    let zone: String
    let token: String
    let provider: String

    static func make(texts: [(name: String, text: String)] = []) async throws -> DNSSetupFixture {
        let api = try await APIFixture.shared.value
        let tenant = try await api.tenant()
        let domain = "d\(UUID().text.prefix(8)).example"
        let created = try await api.call(
            "POST", tenant.path + "/domains", token: tenant.owner, json: #"{"domain":"\#(domain)"}"#)
        let token = "token-\(UUID().text)"
        let zone = api.cloudflare.zone(
            domain, token: token,
            texts: texts.map { ($0.name.isEmpty ? domain : "\($0.name).\(domain)", $0.text) })
        api.publish("dispatch.example.com", .found(["v=spf1 ip4:192.0.2.1 -all"]))
        return DNSSetupFixture(
            api: api, tenant: tenant, domain: domain,
            domainID: try #require(created.data["domain"]["id"].text),
            zone: zone, token: token, provider: try await Self.connect(api, token, tenant.owner))
    }

    static func connect(_ api: APIFixture, _ token: String, _ user: String) async throws -> String {
        let answer = try await api.call(
            "POST", "/api/v1/user/dns-providers", token: user,
            json: #"{"provider":"cloudflare","label":"Mine","token":"\#(token)"}"#)
        #expect(answer.status == 201)
        return try #require(answer.data["id"].text)
    }

    var path: String { "\(tenant.path)/domains/\(domainID)/dns-setup" }

    func setUp(
        _ more: String = "", query: String = "", as user: String? = nil, provider other: String? = nil,
        zone otherZone: String? = nil, path otherPath: String? = nil
    ) async throws -> APIFixture.Answer {
        try await api.call(
            "POST", (otherPath ?? path) + query, token: user ?? tenant.owner,
            json: #"{"provider_id":"\#(other ?? provider)","zone_id":"\#(otherZone ?? zone)"\#(more)}"#)
    }

    func undo(_ id: String?, as user: String? = nil) async throws -> APIFixture.Answer {
        try await api.call("POST", "\(path)/\(id ?? "none")/undo", token: user ?? tenant.owner)
    }

    /// The contents of the zone without the domain's name in them.
    var contents: [String] { api.cloudflare.contents(zone).map { $0.replacing(domain, with: "@") } }

    func auditActions() async throws -> [String] {
        let id = try #require(UUID(uuidString: tenant.id))
        let rows = try await api.context.pool.query(
            "SELECT action FROM audit_log WHERE tenant_id = \(id) ORDER BY id", as: .system)
        return try rows.map { try $0["action"] }
    }
}

extension JSONValue {
    /// The record of a purpose in the answer of a set-up.
    func record(_ purpose: String) -> JSONValue {
        self["records"].elements.first { $0["purpose"].text == purpose } ?? .null
    }
}
