import DNSFakes
import DNSProviders
import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

/// The whole way, with a strict double of each provider and a real name server behind it: connect, plan,
/// apply while others interfere, prove, undo.
@Suite struct DNSFakesTests {
    private let domain = "d\(UUID().text.prefix(8)).test"

    private func service(_ fakes: DNSFakes) async throws -> ServiceFixture {
        let addresses = fakes.addresses
        return try await ServiceFixture.make([
            "DISPATCH_DNS_CLOUDFLARE_URL": addresses.cloudflare,
            "DISPATCH_DNS_ROUTE53_URL": addresses.route53,
            "DISPATCH_DNS_GOOGLE_URL": addresses.clouddns,
            "DISPATCH_DNS_GOOGLE_TOKEN_URL": addresses.clouddns + "/token",
            "DISPATCH_NAME_SERVERS": addresses.nameServer,
            "DISPATCH_AUTHORITATIVE_PORT": String(addresses.nameServer.split(separator: ":").last ?? ""),
            "DISPATCH_EGRESS_ALLOWED": "127.0.0.0/8",
        ])
    }

    private func body(_ kind: ServiceKind, _ credential: JSONValue) throws -> String {
        var body: [String: JSONValue] = ["label": "Mine"]
        switch kind {
        case .cloudflare:
            body["provider"] = "cloudflare"
            body["token"] = credential["token"]
        case .route53:
            body["provider"] = "route53"
            body["access_key"] = credential["access_key_id"]
            body["secret_key"] = credential["secret_access_key"]
            body["region"] = "eu-central-1"
        case .cloudDNS:
            body["provider"] = "gcp"
            body["project_id"] = "fake-project"
            let file = credential["service_account"]
            let text = try file.text ?? String(decoding: JSONEncoder().encode(file), as: UTF8.self)
            body["service_account_json"] = .string(text)
        }
        return String(decoding: try JSONEncoder().encode(JSONValue.object(body)), as: UTF8.self)
    }

    /// As upkeep does, but now. On the loop that the clients live on.
    private func turnKeys(_ control: ServiceFixture, _ fakes: DNSFakes) async throws {
        let context = control.context
        let clients = try await LoopClients(on: [context.loop])
        let addresses = fakes.addresses
        let accounts = DNSAccounts(
            ProviderEndpoints(
                cloudflare: addresses.cloudflare, route53: addresses.route53, google: addresses.clouddns,
                googleToken: addresses.clouddns + "/token"), clients: clients)
        let authenticator = Authenticator(context)
        let turning = KeyTurning(
            context: context, domains: Domains(context, authenticator),
            setups: DNSSetupRoutes(context, authenticator, accounts), maxAgeDays: nil)
        try await context.loop.run { try await turning.run() }
    }

    @Test(arguments: ServiceKind.allCases)
    func `keys take turns in the zone, and the record of the former one goes when its time is over`(
        _ kind: ServiceKind
    ) async throws {
        guard let fakes = try await DNSFakes.ifInstalled() else { return }
        let zone = try await fakes.createZone(
            ZoneOrder(kind, domain, [.init(domain, "TXT", [#""v=spf1 mx -all""#], ttl: 300)]))
        let control = try await service(fakes)
        let token = try await control.operatorToken()
        let tenant = try await control.tenant(token)
        let path = "/api/v1/dispatch/tenants/\(tenant)/domains"
        let created = try await control.call("POST", path, token: token, json: #"{"domain":"\#(domain)"}"#)
        let claimed = "\(path)/\(try #require(created.data["domain"]["id"].text))"
        let connected = try await control.call(
            "POST", "/api/v1/user/dns-providers", token: token,
            json: try body(kind, try fakes.createCredential(CredentialOrder(kind))))
        let provider = try #require(connected.data["id"].text)
        let made = try await control.call(
            "POST", "\(claimed)/dns-setup", token: token,
            json: #"{"provider_id":"\#(provider)","zone_id":"\#(zone.id)"}"#)
        #expect(made.data["verified"].bool == true, "\(made.body)")
        #expect(try await control.call("POST", "\(claimed)/dkim/rotate", token: token).status == 200)
        func keys() async -> [Bool] {
            let selectors = [
                "dispatch",
                try? await control.call("GET", claimed, token: token)
                    .data["domain"]["selector"].text,
            ]
            var found: [Bool] = []
            for selector in selectors.compactMap(\.self) {
                if case .found = await control.context.dns("\(selector)._domainkey.\(domain)") {
                    found.append(true)
                } else {
                    found.append(false)
                }
            }
            return found
        }
        try await turnKeys(control, fakes)
        #expect(try await control.call("POST", "\(claimed)/verify", token: token).status == 200)
        #expect(await keys() == [true, true])
        // Somebody writes a record between the look and the change, and an answer is lost.
        try await control.asOwner("UPDATE domains SET old_until = now() - interval '1 second'")
        try await fakes.edit(
            ZoneEdit(
                kind, zone: zone.id, .init("other.\(domain)", "TXT", [#""between""#], ttl: 300),
                beforeNextChange: true))
        var behaviour = Behaviour()
        behaviour.loseNext = 1
        fakes.setBehaviour(behaviour, of: kind)
        try await turnKeys(control, fakes)
        fakes.setBehaviour(Behaviour(), of: kind)
        try await turnKeys(control, fakes)
        #expect(await keys() == [false, true])
        #expect(await control.context.dns("other.\(domain)") == .found(["between"]))
        let after = try await control.call("GET", claimed, token: token).data["domain"]
        #expect(after["old_selector"] == .null && after["verified"].bool == true)
        await control.stop()
    }

    @Test(arguments: ServiceKind.allCases)
    func `a domain is set up and undone while others write and answers are lost`(_ kind: ServiceKind)
        async throws
    {
        guard let fakes = try await DNSFakes.ifInstalled() else { return }
        let zone = try await fakes.createZone(
            ZoneOrder(
                kind, domain,
                [
                    .init(domain, "TXT", [#""v=spf1 mx -all""#, #""MS=1""#], ttl: 300),
                    .init("_dmarc.\(domain)", "TXT", [#""v=DMARC1; p=reject; pct=50""#], ttl: 300),
                ]))
        let control = try await service(fakes)
        let token = try await control.operatorToken()
        let tenant = try await control.tenant(token)
        let path = "/api/v1/dispatch/tenants/\(tenant)/domains"
        let created = try await control.call("POST", path, token: token, json: #"{"domain":"\#(domain)"}"#)
        let claimed = "\(path)/\(try #require(created.data["domain"]["id"].text))"
        let setup = "\(claimed)/dns-setup"
        let host = #"{"tracking_host":"track.\#(domain)"}"#
        #expect(try await control.call("PUT", claimed, token: token, json: host).status == 200)
        let connected = try await control.call(
            "POST", "/api/v1/user/dns-providers", token: token,
            json: try body(kind, try fakes.createCredential(CredentialOrder(kind))))
        #expect(connected.status == 201, "\(connected.body)")
        let provider = try #require(connected.data["id"].text)
        let request =
            #"{"provider_id":"\#(provider)","zone_id":"\#(zone.id)","dmarc_action":"update","#
            + #""dmarc_rua_email":"r@\#(domain)"}"#
        let plan = try await control.call("POST", setup + "?dry_run=true", token: token, json: request)
        #expect(plan.status == 200, "\(plan.body)")

        let between = [#""v=spf1 mx -all""#, #""MS=1""#, #""between""#]
        try await fakes.edit(
            ZoneEdit(kind, zone: zone.id, .init(domain, "TXT", between, ttl: 300), beforeNextChange: true))
        var behaviour = Behaviour()
        behaviour.refuseNext = 2
        behaviour.pendingPolls = 1
        fakes.setBehaviour(behaviour, of: kind)
        let made = try await control.call("POST", setup, token: token, json: request)
        #expect(made.status == 200, "\(made.body)")
        for record in made.data["records"].elements {
            #expect(record["proof"]["status"].text == "ok", "\(record)")
        }
        #expect(made.data["verified"].bool == true)
        #expect(made.data.record("tracking")["action"].text == "create")
        let seen = try await control.call("GET", claimed, token: token).data["domain"]
        #expect(seen["tracking_live"].bool == true)
        let apex = Set(made.data.record("spf")["after"].elements.compactMap(\.text))
        #expect(apex == ["v=spf1 mx include:dispatch.example.com -all", "MS=1", "between"])
        #expect(
            made.data.record("dmarc")["after"] == [
                .string("v=DMARC1; p=reject; pct=50; rua=mailto:r@\(domain)")
            ])

        behaviour = Behaviour()
        behaviour.loseNext = 1
        fakes.setBehaviour(behaviour, of: kind)
        let undo = "\(setup)/\(try #require(made.data["undo_id"].text))/undo"
        let undone = try await control.call("POST", undo, token: token)
        #expect(undone.status == 200, "\(undone.body)")
        fakes.setBehaviour(Behaviour(), of: kind)
        let after = try await control.call("POST", setup + "?dry_run=true", token: token, json: request)
        for record in after.data["records"].elements {
            var before = Set(
                plan.data.record(record["purpose"].text ?? "")["before"].elements.compactMap(\.text))
            if record["purpose"].text == "spf" { before.insert("between") }
            #expect(Set(record["before"].elements.compactMap(\.text)) == before)
        }
        await control.stop()
    }
}
