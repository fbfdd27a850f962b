import DNSFakes
import EventLoop
import TestSupport
import Testing

/// The fakes as a program of their own, as scripts use them, and what their services share.
@Suite struct ControlTests {
    @Test func `the program prints where it listens and does what it is told by HTTP`() async throws {
        guard DNSDaemons.isInstalled("/usr/sbin/knotd") else { return }
        let process = try ChildProcess([try Products.path("dns-fakes")])
        let line = try await process.waitForLine(containing: "name_server", in: .standardOutput)
        let addresses = JSONValue(reading: Array(line.utf8))
        let control = try #require(addresses["control"].text)
        let port = try #require(addresses["name_server"].text.flatMap { SocketAddress($0)?.port })
        guard let other = try await DNSFakes.ifInstalled() else { return }
        let caller = try Caller(other)
        let json = [(name: "Content-Type", value: "application/json")]
        let zone = try await caller.send(
            "POST", control + "/zones", json,
            body:
                #"{"service":"route53","name":"example.com","records":"#
                + #"[{"name":"a.example.com","type":"TXT","values":["\"x\""]}]}"#
        )
        #expect(zone.status == 201 && zone.json["id"].text?.hasPrefix("Z") == true)
        let again = try await caller.send(
            "POST", control + "/zones", json, body: #"{"service":"clouddns","name":"example.com"}"#)
        #expect(again.status == 400 && again.text.contains("delegated already"))
        let bad = try await caller.send(
            "POST", control + "/zones", json,
            body:
                #"{"service":"route53","name":"b.test","records":"#
                + #"[{"name":"b.test","type":"TXT","values":["x"]}]}"#
        )
        #expect(bad.status == 400 && bad.text.contains("quotation marks"))
        let behaviour = try await caller.send(
            "PUT", control + "/behaviour/route53", json, body: #"{"refuse_next":1}"#)
        #expect(behaviour.json["refuse_next"] == 1)
        #expect(try await caller.send("POST", control + "/reset").status == 204)
        #expect(try await caller.send("GET", control + "/calls").json == [])
        process.kill(15)
        #expect(try await process.wait() == .code(0))
        try await Waiting.until("the end of the name server") { DNSDaemons.isFree(port) ? true : nil }
    }

    @Test func `help tells what can be told`() async throws {
        let help = try await ChildProcess.run([try Products.path("dns-fakes"), "--help"])
        #expect(help.contains("--name-server PORT") && help.contains("POST   /zones"))
    }

    @Test func `calls are kept without credentials`() async throws {
        guard let fakes = try await DNSFakes.ifInstalled() else { return }
        let ticket = try await fakes.createZone(ZoneOrder(.cloudflare, "example.com"))
        let token = try #require(try fakes.createCredential(CredentialOrder(.cloudflare))["token"].text)
        let caller = try Caller(fakes)
        _ = try await caller.cloudflare("GET", "/zones/\(ticket.id)?x=1", token: token)
        let call = try #require(fakes.calls.first)
        #expect(call.method == "GET" && call.target == "/client/v4/zones/\(ticket.id)?x=1")
        #expect(call.status == 200 && call.credential?.hasPrefix("token-") == true)
        #expect(!"\(fakes.calls)".contains(token))
    }

    @Test func `a zone that is not delegated is not served, and reset takes all away`() async throws {
        guard let fakes = try await DNSFakes.ifInstalled() else { return }
        let caller = try Caller(fakes)
        let text = ZoneOrder.Records("example.com.", "TXT", ["\"cloud\""])
        try await fakes.createZone(ZoneOrder(.cloudDNS, "example.com", [text]))
        var second = ZoneOrder(
            .route53, "example.com", [ZoneOrder.Records("example.com", "TXT", ["\"amazon\""])])
        second.delegated = false
        try await fakes.createZone(second)
        #expect(try await caller.texts("example.com") == ["cloud"])
        try await fakes.reset()
        try await fakes.createZone(ZoneOrder(.route53, "example.com"))
        #expect(try await caller.texts("example.com").isEmpty)
    }

    @Test func `records that a client has to leave alone look as they do at the services`() async throws {
        guard let fakes = try await DNSFakes.ifInstalled() else { return }
        let caller = try Caller(fakes)
        var owned = ZoneOrder.Records("a.test", "MX", ["5 route1.mx.test"])
        owned.readOnly = true
        let zone = try await fakes.createZone(ZoneOrder(.cloudflare, "a.test", [owned]))
        let token = try #require(try fakes.createCredential(CredentialOrder(.cloudflare))["token"].text)
        let path = "/zones/\(zone.id)/dns_records"
        let record = try await caller.cloudflare("GET", path, token: token).json["result"][0]
        #expect(record["meta"]["read_only"] == true && record["priority"] == 5)
        let id = record["id"].text ?? ""
        #expect(try await caller.cloudflare("DELETE", "\(path)/\(id)", token: token).status == 400)
        var routed = ZoneOrder.Records("b.test", "TXT", ["\"x\""])
        routed.weight = 1
        try await fakes.createZone(ZoneOrder(.cloudDNS, "b.test", [routed]))
        let account = try fakes.createCredential(CredentialOrder(.cloudDNS))["service_account"]
        let bearer = try #require(try await caller.token(account).json["access_token"].text)
        let sets = try await caller.cloudDNS("GET", "/b-test/rrsets?name=b.test.&type=TXT", token: bearer)
        #expect(sets.json["rrsets"][0]["routingPolicy"]["wrr"]["items"].elements.count == 1)
        #expect(sets.json["rrsets"][0]["rrdatas"] == [])
        var alias = ZoneOrder.Records("c.test", "A", [])
        alias.alias = "elb.test"
        let amazon = try await fakes.createZone(ZoneOrder(.route53, "c.test", [alias]))
        let keys = try fakes.createCredential(CredentialOrder(.route53))
        let listed = try await caller.route53("GET", "/hostedzone/\(amazon.id)/rrset", keys: keys)
        #expect(listed.text.contains("<AliasTarget>"))
    }

    @Test(arguments: ServiceKind.allCases)
    func `others change a set now, or just before the next change`(kind: ServiceKind) async throws {
        guard let fakes = try await DNSFakes.ifInstalled() else { return }
        let caller = try Caller(fakes)
        func records(_ values: String...) -> ZoneOrder.Records {
            ZoneOrder.Records("a.example.com", "TXT", values.map { "\"\($0)\"" }, ttl: 300)
        }
        let zone = try await fakes.createZone(ZoneOrder(kind, "example.com", [records("one")]))
        try await fakes.edit(ZoneEdit(kind, zone: zone.id, records("two", "three")))
        #expect(try await caller.texts("a.example.com").sorted() == ["three", "two"])
        try await fakes.edit(ZoneEdit(kind, zone: zone.id, records("late"), beforeNextChange: true))
        #expect(try await caller.texts("a.example.com").count == 2)
        if kind == .route53 {
            let keys = try fakes.createCredential(CredentialOrder(kind))
            let stale = ("DELETE", "a.example.com.", "TXT", 300, ["\"two\"", "\"three\""])
            #expect(try await caller.change(zone.id, [stale], keys: keys).text.contains("do not match"))
            #expect(try await caller.texts("a.example.com") == ["late"])
        }
    }

    @Test func `an answer is lost and what was asked is done, or the call fails and nothing is`() async throws
    {
        guard let fakes = try await DNSFakes.ifInstalled() else { return }
        let caller = try Caller(fakes)
        let zone = try await fakes.createZone(ZoneOrder(.route53, "example.com"))
        let keys = try fakes.createCredential(CredentialOrder(.route53))
        var behaviour = Behaviour()
        behaviour.failNext = 1
        behaviour.loseNext = 1
        fakes.setBehaviour(behaviour, of: .route53)
        let create = ("CREATE", "a.example.com.", "TXT", 300, ["\"x\""])
        #expect(try await caller.change(zone.id, [create], keys: keys).status == 500)
        #expect(try await caller.texts("a.example.com").isEmpty)
        #expect(try await caller.change(zone.id, [create], keys: keys).status == 500)
        #expect(try await caller.texts("a.example.com") == ["x"])
        #expect(try await caller.change(zone.id, [create], keys: keys).text.contains("already exists"))
    }

    @Test func `a protected set is left alone, and what Cloudflare stands before is not seen`() async throws {
        guard let fakes = try await DNSFakes.ifInstalled() else { return }
        let caller = try Caller(fakes)
        var protected = ZoneOrder.Records("p.a.test", "TXT", ["\"x\""])
        protected.isProtected = true
        let zone = try await fakes.createZone(ZoneOrder(.route53, "a.test", [protected]))
        let keys = try fakes.createCredential(CredentialOrder(.route53))
        let answer = try await caller.change(
            zone.id, [("DELETE", "p.a.test.", "TXT", 300, ["\"x\""])], keys: keys)
        #expect(answer.text.contains("is protected") && answer.text.contains("p.a.test."))
        let listed = try await caller.route53("GET", "/hostedzone/\(zone.id)/rrset", keys: keys)
        #expect(listed.text.contains("<Type>NS</Type>") && listed.text.contains("<Type>SOA</Type>"))
        var proxied = ZoneOrder.Records("w.b.test", "CNAME", ["p.a.test"])
        try await fakes.createZone(ZoneOrder(.cloudflare, "b.test", [proxied]))
        #expect(try await caller.texts("w.b.test") == ["x"])
        proxied.proxied = true
        proxied.name = "w.c.test"
        try await fakes.createZone(ZoneOrder(.cloudflare, "c.test", [proxied]))
        #expect(try await caller.texts("w.c.test").isEmpty)
    }

    @Test func `a mail host of preference 0 and an alias at the zone's name`() async throws {
        guard let fakes = try await DNSFakes.ifInstalled() else { return }
        let caller = try Caller(fakes)
        try await fakes.createZone(
            ZoneOrder(
                .cloudflare, "example.com",
                [
                    ZoneOrder.Records("example.com", "MX", ["0 mx.example.net"]),
                    ZoneOrder.Records("example.com", "CNAME", ["flattened.test"]),
                ]))
        let mail = try #require(try await caller.mailHosts("example.com"))
        #expect(mail.hosts.map(\.preference) == [0] && !mail.isNull)
    }
}
