import DNSFakes
import TestSupport
import Testing

@Suite struct CloudflareTests {
    private struct Place: Sendable {
        let caller: Caller
        let token: String
        let zone: String

        func records(_ method: String, _ path: String = "", _ body: JSONValue? = nil) async throws
            -> Caller.Answer
        {
            try await caller.cloudflare(method, "/zones/\(zone)/dns_records\(path)", body, token: token)
        }
    }

    private func place(_ records: [ZoneOrder.Records] = []) async throws -> Place? {
        guard let fakes = try await DNSFakes.ifInstalled() else { return nil }
        let ticket = try await fakes.createZone(ZoneOrder(.cloudflare, "example.com", records))
        let token = try #require(try fakes.createCredential(CredentialOrder(.cloudflare))["token"].text)
        return Place(caller: try Caller(fakes), token: token, zone: ticket.id)
    }

    @Test func `a record that is created is served, and gone when it is deleted`() async throws {
        guard let place = try await place() else { return }
        let made = try await place.records(
            "POST", "", ["type": "TXT", "name": "a.example.com", "content": "\"one\" \"two\""])
        #expect(made.status == 200 && made.json["success"] == true)
        #expect(try await place.caller.texts("a.example.com") == ["onetwo"])
        let id = try #require(made.json["result"]["id"].text)
        #expect(try await place.records("DELETE", "/\(id)").status == 200)
        #expect(try await place.caller.texts("a.example.com").isEmpty)
        let again = try await place.records("DELETE", "/\(id)")
        #expect(again.status == 404 && again.code == 81044)
    }

    @Test(
        arguments: [
            (["type": "MX", "name": "example.com", "content": "mx.example.com"], 9100),
            (["type": "MX", "name": "example.com", "content": "192.0.2.1", "priority": 1], 9009),
            (["type": "A", "name": "example.com", "content": "1.2.3"], 9005),
            (["type": "TXT", "name": "example.org", "content": "x"], 9000),
            (["type": "TXT", "name": "notexample.com", "content": "x"], 9000),
            (["type": "TXT", "name": "@", "content": "x"], 9000),
            (["type": "TXT", "name": "example.com", "content": "x", "ttl": 59], 9021),
            (["type": "TXT", "name": "example.com", "content": "x", "proxied": true], 9004),
            (["type": "TXT", "name": "example.com", "content": "\"open"], nil),
            (["type": "TXT", "name": "example.com", "content": "\"a\\9\""], 9101),
            (["type": "TXT", "name": "example.com", "content": "x", "tags": ["a:b"]], 9300),
            (["type": "TXT", "name": "example.com", "content": "there"], 81058),
            (["type": "TXT", "name": "example.com", "content": "\"there\""], 81058),
            (["type": "TXT", "name": "alias.example.com", "content": "x"], 81054),
            (["type": "CNAME", "name": "text.example.com", "content": "x.test"], 81053),
            (["type": "SPF", "name": "example.com", "content": "v=spf1 -all"], 9999),
        ] as [(JSONValue, Int?)])
    func `a record that the service would refuse is refused`(body: JSONValue, code: Int?) async throws {
        let seeds = [
            ZoneOrder.Records("example.com", "TXT", ["\"there\""]),
            ZoneOrder.Records("alias.example.com", "CNAME", ["other.test"]),
            ZoneOrder.Records("text.example.com", "TXT", ["\"x\""]),
        ]
        guard let place = try await place(seeds) else { return }
        let answer = try await place.records("POST", "", body)
        #expect(answer.code == code && answer.status == (code == nil ? 200 : 400))
    }

    @Test func `a batch is done wholly or not at all, deletes first`() async throws {
        guard let place = try await place([ZoneOrder.Records("a.example.com", "TXT", ["\"x\""])]) else {
            return
        }
        let id = try #require(try await place.records("GET").json["result"][0]["id"].text)
        let alias: JSONValue = ["type": "CNAME", "name": "a.example.com", "content": "b.test"]
        let bad: JSONValue = ["type": "A", "name": "b.example.com", "content": "none"]
        let failed = try await place.records(
            "POST", "/batch", ["posts": [alias, bad], "deletes": [["id": .string(id)]]])
        #expect(failed.code == 9005)
        #expect(try await place.caller.texts("a.example.com") == ["x"])
        let done = try await place.records(
            "POST", "/batch", ["posts": [alias], "deletes": [["id": .string(id)]]])
        #expect(done.status == 200 && done.json["result"]["posts"].elements.count == 1)
        #expect(try await place.records("GET", "?type=TXT").json["result_info"]["total_count"] == 0)
    }

    @Test func `a change leaves what it does not name, a replacement does not`() async throws {
        guard let place = try await place() else { return }
        let body: JSONValue = ["type": "TXT", "name": "a.example.com", "content": "x", "comment": "ours"]
        let made = try await place.records("POST", "", body)
        let id = try #require(made.json["result"]["id"].text)
        let patched = try await place.records("PATCH", "/\(id)", ["content": "y"])
        #expect(patched.json["result"]["comment"] == "ours")
        #expect(patched.json["result"]["modified_on"] != made.json["result"]["modified_on"])
        let put = try await place.records(
            "PUT", "/\(id)", ["type": "TXT", "name": "a.example.com", "content": "z"])
        #expect(put.json["result"]["comment"] == .null)
        #expect(try await place.caller.texts("a.example.com") == ["z"])
        #expect(try await place.records("PATCH", "/\(id)", ["type": "A"]).code == 9106)
    }

    @Test func `calls beyond the budget are refused with when to come back`() async throws {
        guard let place = try await place() else { return }
        var behaviour = Behaviour()
        behaviour.budget = 2
        behaviour.retryAfterSeconds = 7
        place.caller.fakes.setBehaviour(behaviour, of: .cloudflare)
        #expect(try await place.records("GET").header("ratelimit")?.hasPrefix("\"default\";r=1;t=") == true)
        #expect(try await place.records("GET").status == 200)
        let refused = try await place.records("GET")
        #expect(refused.status == 429 && refused.header("retry-after") == "7")
        #expect(refused.header("ratelimit") == "\"default\";r=0;t=7")
    }

    @Test func `a token sees its own zones alone and does what it may`() async throws {
        guard let place = try await place() else { return }
        let fakes = place.caller.fakes
        let other = try await fakes.createZone(ZoneOrder(.cloudflare, "other.test"))
        let order = CredentialOrder(.cloudflare, permissions: ["zone:read", "dns:read"], zones: [other.id])
        let token = try #require(try fakes.createCredential(order)["token"].text)
        let listed = try await place.caller.cloudflare("GET", "/zones", token: token)
        #expect(listed.json["result"].elements.map { $0["name"] } == ["other.test"])
        let foreign = try await place.caller.cloudflare("GET", "/zones/\(place.zone)", token: token)
        #expect(foreign.status == 403 && foreign.code == 9109)
        let write = try await place.caller.cloudflare(
            "POST", "/zones/\(other.id)/dns_records", ["type": "TXT"], token: token)
        #expect(write.status == 403 && write.code == 10000)
        #expect(try await place.caller.cloudflare("GET", "/zones", token: "nobody").code == 1000)
        #expect(try await place.caller.cloudflare("GET", "/zones/nonsense", token: token).code == 7003)
        #expect(try await place.caller.cloudflare("GET", "/zones?per_page=51", token: token).status == 400)
        #expect(try await place.caller.cloudflare("GET", "/nothing", token: token).code == 7000)
    }

    @Test func `a change that takes time is read at once and served later`() async throws {
        guard let place = try await place() else { return }
        var behaviour = Behaviour()
        behaviour.delayMilliseconds = 3_600_000
        place.caller.fakes.setBehaviour(behaviour, of: .cloudflare)
        for text in ["first", "second"] {
            _ = try await place.records(
                "POST", "", ["type": "TXT", "name": "a.example.com", "content": .string(text)])
        }
        #expect(try await place.records("GET").json["result"].elements.count == 2)
        #expect(try await place.caller.texts("a.example.com").isEmpty)
        try await place.caller.fakes.propagate()
        #expect(try await place.caller.texts("a.example.com").sorted() == ["first", "second"])
    }
}
