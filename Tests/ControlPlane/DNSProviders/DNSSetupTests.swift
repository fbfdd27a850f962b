import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct DNSSetupTests {
    private static let ours = [
        "MX dispatch.@ 10 dispatch.example.com", "TXT @ v=spf1 include:dispatch.example.com ~all",
        "TXT _dmarc.@ v=DMARC1; p=none", "TXT dispatch.@ v=spf1 include:dispatch.example.com ~all",
    ]

    @Test func `a dry run answers the plan and changes nothing`() async throws {
        let setup = try await DNSSetupFixture.make(texts: [("", "v=spf1 mx -all"), ("", "MS=1")])
        let before = setup.contents
        let answer = try await setup.setUp(query: "?dry_run=true")
        #expect(answer.status == 200)
        #expect(answer.data["dry_run"].bool == true && answer.data["undo_id"] == .null)
        let spf = answer.data.record("spf")
        #expect(spf["action"].text == "update")
        #expect(spf["before"] == ["v=spf1 mx -all", "MS=1"])
        #expect(spf["after"] == ["v=spf1 mx include:dispatch.example.com -all", "MS=1"])
        #expect(spf["why"].text?.isEmpty == false)
        #expect(answer.data["records"].elements.count == 6)
        #expect(setup.contents == before)
        #expect(try await setup.setUp(query: "?dry_run=maybe").field == "dry_run")
    }

    @Test func `records are set up, seen, and the domain is verified`() async throws {
        let setup = try await DNSSetupFixture.make(texts: [("", "MS=1"), ("www", "kept")])
        let answer = try await setup.setUp()
        #expect(answer.status == 200, "\(answer.body)")
        #expect(answer.data["records"].elements.allSatisfy { $0["proof"]["status"].text == "ok" })
        #expect(answer.data["verified"].bool == true)
        #expect(answer.data["warnings"] == [])
        #expect(Set(setup.contents).isSuperset(of: Self.ours + ["TXT @ MS=1", "TXT www.@ kept"]))
        #expect(setup.contents.count == 8)
        let list = try await setup.api.call("GET", setup.path, token: setup.tenant.owner)
        #expect(list.data.elements.count == 1)
        #expect(list.data[0]["undo_id"] == answer.data["undo_id"] && list.data[0]["state"].text == "applied")
        #expect(list.data[0]["records"].elements.count == 6)
        let again = try await setup.setUp()
        #expect(again.data["records"].elements.allSatisfy { $0["action"].text == "none" })
        #expect(again.data["undo_id"] == .null)
        #expect(try await setup.auditActions().suffix(2) == ["domain.dns_set_up", "domain.verified"])
    }

    @Test func `an undo gives back what was there and keeps what came later`() async throws {
        let setup = try await DNSSetupFixture.make(texts: [("", "v=spf1 mx -all"), ("", "MS=1")])
        let before = setup.contents
        let undoID = try await setup.setUp().data["undo_id"].text
        setup.api.cloudflare.change(setup.zone) { zone in
            zone.records.append(
                .init(id: "later", type: "TXT", name: zone.name, content: "\"came later\"", priority: nil))
        }
        let undone = try await setup.undo(undoID)
        #expect(undone.status == 200, "\(undone.body)")
        #expect(undone.data["records"].elements.count == 6)
        #expect(setup.contents == (before + ["TXT @ came later"]).sorted())
        #expect(try await setup.undo(undoID).code == "ALREADY_UNDONE")
        #expect(try await setup.auditActions().last == "domain.dns_undone")
    }

    @Test func `a zone that holds something else is not undone at all`() async throws {
        let setup = try await DNSSetupFixture.make()
        let undoID = try await setup.setUp().data["undo_id"].text
        setup.api.cloudflare.change(setup.zone) { zone in
            guard let index = zone.records.firstIndex(where: { $0.name.hasPrefix("_dmarc") }) else { return }
            zone.records[index].content = "\"v=DMARC1; p=reject\""
            zone.records[index].revision += 1
        }
        let before = setup.contents
        let refused = try await setup.undo(undoID)
        #expect(refused.status == 409 && refused.code == "DNS_RECORDS_CHANGED")
        #expect(refused.body["error"]["message"].text?.contains("_dmarc") == true)
        #expect(setup.contents == before)
        #expect(try await setup.undo(undoID).code == "DNS_RECORDS_CHANGED")
    }

    @Test func `what somebody adds in between stays`() async throws {
        let setup = try await DNSSetupFixture.make(texts: [("", "v=spf1 mx -all")])
        setup.api.cloudflare.disturb(setup.zone, .addition("came between", at: setup.domain))
        let answer = try await setup.setUp()
        #expect(answer.status == 200, "\(answer.body)")
        #expect(setup.contents.contains("TXT @ came between"))
        #expect(setup.contents.contains("TXT @ v=spf1 mx include:dispatch.example.com -all"))
        let undone = try await setup.undo(answer.data["undo_id"].text)
        #expect(undone.status == 200)
        #expect(setup.contents == ["TXT @ came between", "TXT @ v=spf1 mx -all"])
    }

    @Test func `an answer that was lost on the way counts as the success that it was`() async throws {
        let setup = try await DNSSetupFixture.make()
        setup.api.cloudflare.disturb(setup.zone, .lostAnswer)
        let answer = try await setup.setUp()
        #expect(answer.status == 200, "\(answer.body)")
        #expect(setup.contents.count == 6)
        setup.api.cloudflare.disturb(setup.zone, .lostAnswer)
        let undone = try await setup.undo(answer.data["undo_id"].text)
        #expect(undone.status == 200 && setup.contents.isEmpty, "\(undone.body)")
    }

    @Test func `a provider that refuses changes nothing and is told`() async throws {
        let setup = try await DNSSetupFixture.make()
        setup.api.cloudflare.disturb(setup.zone, .refusal(403))
        let answer = try await setup.setUp()
        #expect(answer.status == 400 && answer.code == "DNS_PERMISSION_MISSING")
        #expect(answer.body["error"]["message"].text?.contains("Zone:DNS:Edit") == true)
        #expect(setup.contents.isEmpty)
        #expect(try await setup.setUp().status == 200)
    }

    @Test func `a zone that the world is not led to is refused`() async throws {
        let setup = try await DNSSetupFixture.make()
        setup.api.publish("NS \(setup.domain)", .found(["ns.elsewhere.example"]))
        let elsewhere = try await setup.setUp()
        #expect(elsewhere.status == 409 && elsewhere.code == "ZONE_NOT_DELEGATED")
        setup.api.publish("NS \(setup.domain)", .found(["a.ns.example", "ns.elsewhere.example"]))
        let partly = try await setup.setUp(query: "?dry_run=true")
        #expect(partly.data["warnings"].elements.count == 1)
        setup.api.publish("NS \(setup.domain)", .found(["ns1.\(setup.domain)"]))
        #expect(try await setup.setUp(query: "?dry_run=true").code == "ZONE_NOT_DELEGATED")
        setup.api.cloudflare.change(setup.zone) { zone in
            zone.records = [
                .init(id: "ns", type: "NS", name: zone.name, content: "NS1.\(zone.name).", priority: nil)
            ]
        }
        let named = try await setup.setUp(query: "?dry_run=true")
        #expect(named.status == 200 && named.data["warnings"].elements.count == 1, "\(named.body)")
        setup.api.cloudflare.change(setup.zone) { $0.records = [] }
        setup.api.publish("NS \(setup.domain)", nil)
        setup.api.publish("NS example", .found(["a.ns.example", "b.ns.example"]))
        #expect(try await setup.setUp().code == "ZONE_NOT_DELEGATED")
        setup.api.cloudflare.change(setup.zone) { $0.status = "pending" }
        #expect(try await setup.setUp().code == "ZONE_NOT_DELEGATED")
        #expect(setup.contents.isEmpty)
    }

    @Test func `a policy that is inherited is not weakened`() async throws {
        let setup = try await DNSSetupFixture.make()
        let parent = "p\(UUID().text.prefix(8)).example"
        let zone = setup.api.cloudflare.zone(parent, token: setup.token)
        setup.api.publish("_dmarc.\(parent)", .found(["v=DMARC1; p=none; sp=reject"]))
        let created = try await setup.api.call(
            "POST", setup.tenant.path + "/domains", token: setup.tenant.owner,
            json: #"{"domain":"mail.\#(parent)"}"#)
        let path = "\(setup.tenant.path)/domains/\(try #require(created.data["domain"]["id"].text))/dns-setup"
        let answer = try await setup.setUp(query: "?dry_run=true", zone: zone, path: path)
        #expect(answer.data.record("dmarc")["action"].text == "none", "\(answer.body)")
        #expect(answer.data.record("dmarc")["why"].text?.contains(parent) == true)
        setup.api.publish("_dmarc.\(parent)", .unreachable("timed out"))
        let unknown = try await setup.setUp(query: "?dry_run=true", zone: zone, path: path)
        #expect(unknown.data.record("dmarc")["action"].text == "manual")
    }

    @Test func `look-ups are counted before an include is added`() async throws {
        let terms = (1...9).map { "a:h\($0).example" }.joined(separator: " ")
        let setup = try await DNSSetupFixture.make(texts: [("", "v=spf1 \(terms) mx -all")])
        let full = try await setup.setUp(query: "?dry_run=true")
        #expect(full.data.record("spf")["action"].text == "manual")
        #expect(full.data.record("spf")["why"].text?.contains("11 look-ups") == true)
        #expect(full.data.record("return_path_spf")["action"].text == "create")
    }

    @Test func `the name of a zone is not believed`() async throws {
        let setup = try await DNSSetupFixture.make()
        let other = setup.api.cloudflare.zone("other-\(setup.domain)", token: setup.token)
        let answer = try await setup.setUp(#","zone_name":"\#(setup.domain)""#, zone: other)
        #expect(answer.status == 400 && answer.code == "ZONE_MISMATCH" && answer.field == "zone_id")
        #expect(try await setup.setUp(zone: String(repeating: "f", count: 32)).code == "DNS_ZONE_NOT_FOUND")
        #expect(try await setup.setUp(zone: "../user").code == "DNS_ZONE_NOT_FOUND")
    }

    @Test func `nobody sets up with the account, the domain or the undo of another`() async throws {
        let (mine, theirs) = (try await DNSSetupFixture.make(), try await DNSSetupFixture.make())
        let undoID = try await theirs.setUp().data["undo_id"].text
        #expect(try await mine.setUp(provider: theirs.provider).code == "DNS_PROVIDER_NOT_FOUND")
        let foreign = try await mine.setUp(path: "\(mine.tenant.path)/domains/\(theirs.domainID)/dns-setup")
        #expect(foreign.code == "DOMAIN_NOT_FOUND")
        #expect(try await mine.undo(undoID).code == "DNS_CHANGE_NOT_FOUND")
        let admin = try await theirs.api.person()
        _ = try await theirs.api.call(
            "POST", theirs.tenant.path + "/members", token: theirs.tenant.owner,
            json: #"{"subject":"\#(admin.subject)","role":"admin"}"#)
        #expect(try await theirs.undo(undoID, as: admin.token).code == "DNS_PROVIDER_NOT_FOUND")
        #expect(try await theirs.undo(undoID).status == 200)
    }

    @Test func `one change of a zone goes on at a time, and a dead one does not close it`() async throws {
        let setup = try await DNSSetupFixture.make()
        let undoID = try #require(
            try await setup.setUp().data["undo_id"].text.flatMap { UUID(uuidString: $0) })
        let pool = setup.api.context.pool
        try await pool.execute(
            "UPDATE dns_changes SET state = 'undoing', changed_at = now() WHERE id = \(undoID)", as: .system)
        setup.api.cloudflare.change(setup.zone) { $0.records.removeAll() }
        let busy = try await setup.setUp()
        #expect(busy.status == 409 && busy.code == "DNS_ZONE_BUSY" && busy.headers["retry-after"] != nil)
        #expect(try await setup.undo(undoID.text).code == "DNS_ZONE_BUSY")
        try await pool.execute(
            "UPDATE dns_changes SET changed_at = now() - interval '11 minutes' WHERE id = \(undoID)",
            as: .system)
        #expect(try await setup.setUp().status == 200)
    }

    @Test(arguments: [
        (#","spf_action":"merge""#, "spf_action"), (#","dmarc_action":"x""#, "dmarc_action"),
        (#","dmarc_rua_email":"nobody""#, "dmarc_rua_email"),
        (#","dmarc_rua_email":"a@b.example\r\nx""#, "dmarc_rua_email"), (#","spf":"append""#, "spf"),
    ])
    func `what cannot be asked for is refused by its field`(_ more: String, _ field: String) async throws {
        let setup = try await DNSSetupFixture.make()
        let answer = try await setup.setUp(more)
        #expect(answer.status == 400 && answer.field == field, "\(answer.body)")
    }

    @Test func `the caller's wishes are followed`() async throws {
        let setup = try await DNSSetupFixture.make(texts: [
            ("", "v=spf1 mx -all"), ("_dmarc", "v=DMARC1; p=reject; pct=50"),
        ])
        let answer = try await setup.setUp(
            #","spf_action":"skip","dmarc_action":"update","dmarc_rua_email":"r@reports.example""#)
        #expect(answer.data.record("spf")["action"].text == "skip")
        #expect(
            answer.data.record("dmarc")["after"] == [
                "v=DMARC1; p=reject; pct=50; rua=mailto:r@reports.example"
            ])
        #expect(answer.data["warnings"].elements.contains { $0.text?.contains("_report._dmarc") == true })
        #expect(setup.contents.contains("TXT @ v=spf1 mx -all"))
    }

    @Test func `a key that is to take over is published beside the one that signs`() async throws {
        let setup = try await DNSSetupFixture.make()
        _ = try await setup.setUp()
        let rotated = try await setup.api.call(
            "POST", "\(setup.tenant.path)/domains/\(setup.domainID)/dkim/rotate", token: setup.tenant.owner)
        #expect(rotated.status < 300, "\(rotated.body)")
        let answer = try await setup.setUp()
        #expect(answer.data.record("dkim")["action"].text == "none", "\(answer.body)")
        #expect(answer.data.record("next_dkim")["action"].text == "create")
        #expect(answer.data.record("next_dkim")["proof"]["status"].text == "ok")
        #expect(setup.contents.count { $0.contains("_domainkey") } == 2)
    }
}
