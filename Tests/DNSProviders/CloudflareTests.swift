import Service
import TestSupport
import Testing

@testable import DNSProviders

@Suite struct CloudflareTests {
    private static let id = String(repeating: "a", count: 32)
    private static let zone = DNSZone(id: id, name: "d.example")

    private func client(_ server: ScriptedServer) -> any DNSProvider {
        ProviderCredential.cloudflare(token: Secret("token-token-token-token"))
            .provider(ProviderEndpoints(cloudflare: server.url + "/client/v4"), server.calls)
    }

    private static func ok(_ result: String, pages: Int = 1) -> ScriptedServer.Reply {
        .init(
            body: #"{"success":true,"errors":[],"messages":[],"result":\#(result),"#
                + #""result_info":{"page":1,"per_page":50,"total_count":1,"total_pages":\#(pages)}}"#
        )
    }

    private static func failed(_ status: Int, _ code: Int) -> ScriptedServer.Reply {
        .init(
            status: .init(status),
            body:
                #"{"success":false,"result":null,"errors":[{"code":\#(code),"message":"no"}],"messages":[]}"#)
    }

    private static func record(_ id: String, _ content: String, _ more: String = "") -> String {
        #"{"id":"\#(id)","type":"TXT","name":"d.example","content":"\#(content)","ttl":1,"#
            + #""modified_on":"2026-01-01T00:00:00Z","meta":{}\#(more)}"#
    }

    @Test func `zones are listed page by page with the token`() async throws {
        let server = try await ScriptedServer(.cloudflare) { request, number in
            let zone =
                #"{"id":"\#(Self.id)","name":"Z\#(number).example","status":"active","#
                + #""name_servers":["B.","a."]}"#
            return Self.ok("[\(zone)]", pages: 2)
        }
        let zones = try await client(server).zones()
        #expect(zones.map(\.name) == ["z0.example", "z1.example"])
        #expect(zones.first?.nameServers == ["a", "b"])
        #expect(
            server.requests.map(\.target) == [
                "/client/v4/zones?per_page=50&page=1", "/client/v4/zones?per_page=50&page=2",
            ])
        #expect(server.requests.first?.headers["authorization"] == "Bearer token-token-token-token")
        await server.stop()
    }

    @Test func `a zone that is not active says why`() async throws {
        let server = try await ScriptedServer(.cloudflare) { _, _ in
            Self.ok(#"{"id":"\#(Self.id)","name":"d.example","status":"pending"}"#)
        }
        #expect(try await client(server).zone(Self.id).inactiveReason == "its status is pending")
        await #expect(throws: DNSProviderError.notFound("Cloudflare has no such zone.")) {
            try await client(server).zone("../accounts")
        }
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test func `texts are read in both spellings and what Cloudflare manages is locked`() async throws {
        let server = try await ScriptedServer(.cloudflare) { request, _ in
            guard request.target.contains("name=d.example&") else { return Self.ok("[]") }
            let mx =
                #"{"id":"m","type":"MX","name":"d.example","content":"mx.d.example","priority":0,"ttl":1,"#
                + #""meta":{"read_only":true}}"#
            return Self.ok(
                "[\(Self.record("1", "v=spf1 -all")),\(Self.record("2", #"\"a\" \"b\""#)),\(mx)]")
        }
        let sets = try await client(server).recordSets(at: ["D.example.", "x.d.example"], in: Self.zone)
        #expect(sets.map(\.key.type) == ["TXT", "MX"])
        #expect(sets.first?.contents.map(\.printed) == ["v=spf1 -all", "ab"])
        #expect(sets.last?.contents == [.mx(preference: 0, host: "mx.d.example")])
        #expect(sets.last?.lockedReason != nil)
        await server.stop()
    }

    @Test func `a change reads again, then touches by id in one batch`() async throws {
        let server = try await ScriptedServer(.cloudflare) { request, _ in
            if request.method == "POST" { return Self.ok("{}") }
            guard request.target.contains("name=d.example&") else { return Self.ok("[]") }
            return Self.ok("[\(Self.record("1", "v=spf1 -all")),\(Self.record("2", "keep"))]")
        }
        let provider = client(server)
        let sets = try await provider.recordSets(at: ["d.example"], in: Self.zone)
        let plan = try PlanFixture.plan(sets)
        #expect(try await provider.apply(plan.changes, to: Self.zone) == nil)
        let batch = try #require(server.requests.last { $0.method == "POST" })
        #expect(batch.path == "/client/v4/zones/\(Self.id)/dns_records/batch")
        #expect(batch.json["patches"].elements.count == 1)
        #expect(batch.json["patches"][0]["id"].text == "1")
        #expect(
            batch.json["patches"][0]["content"].text == #""v=spf1 include:us.example -all""#)
        #expect(batch.json["deletes"].elements.isEmpty)
        let posts = batch.json["posts"].elements
        #expect(posts.count == 5)
        #expect(posts.allSatisfy { $0["proxied"].bool == false && $0["ttl"].integer == 1 })
        let mx = try #require(posts.first { $0["type"].text == "MX" })
        #expect(mx["priority"].integer == 10 && mx["content"].text == "us.example")
        let key = try #require(posts.first { $0["name"].text == "dispatch._domainkey.d.example" })
        #expect(key["content"].text?.contains("\" \"") == true)
        await server.stop()
    }

    @Test func `a priority of zero is written`() throws {
        let change = try #require(
            RecordSetChange(
                key: RecordKey("d.example", "MX"), before: nil,
                after: RecordSet(
                    RecordKey("d.example", "MX"), values: [RecordValue(.mx(preference: 0, host: ""))])))
        let post = try #require(try CloudflareBatch([change]).posts.first)
        #expect(post.priority == 0 && post.content == ".")
    }

    @Test func `what changed since it was read is a conflict and nothing is written`() async throws {
        let server = try await ScriptedServer(.cloudflare) { request, number in
            if request.method == "POST" { return Self.ok("{}") }
            guard request.target.contains("name=d.example&") else { return Self.ok("[]") }
            let text = number == 0 ? "v=spf1 -all" : "v=spf1 mx -all"
            return Self.ok("[\(Self.record("1", text))]")
        }
        let provider = client(server)
        let plan = try PlanFixture.plan(
            try await provider.recordSets(at: ["d.example"], in: Self.zone),
            PlanFixture.setup(dmarc: .skip))
        await #expect(throws: DNSProviderError.conflict("TXT d.example changed meanwhile")) {
            try await provider.apply(plan.changes, to: Self.zone)
        }
        #expect(!server.requests.contains { $0.method == "POST" })
        await server.stop()
    }

    @Test(arguments: [81057, 81058])
    func `a record that is there already is success`(_ code: Int) async throws {
        let server = try await ScriptedServer(.cloudflare) { request, number in
            if request.method == "POST" { return Self.failed(400, code) }
            return Self.ok(number == 0 ? "[]" : "[\(Self.record("9", PlanFixture.spf))]")
        }
        let set = RecordSet(RecordKey("d.example", "TXT"), values: [RecordValue(.text(PlanFixture.spf))])
        let change = try #require(RecordSetChange(key: set.key, before: nil, after: set))
        #expect(try await client(server).apply([change], to: Self.zone) == nil)
        #expect(server.requests.count == 3)
        await server.stop()
    }

    @Test(arguments: [
        (400, 6003, DNSProviderError.credentialsRefused("Cloudflare does not take this token.")),
        (401, 10000, .credentialsRefused("Cloudflare does not take this token.")),
        (403, 10000, .permissionMissing("Zone:Zone:Read")), (403, 9109, .permissionMissing("Zone:Zone:Read")),
        (404, 7003, .notFound("Cloudflare has no such zone.")),
        (400, 9000, .unsupported("Cloudflare refused it: no (9000)")),
    ])
    func `errors say what to do next`(_ status: Int, _ code: Int, _ expected: DNSProviderError) async throws {
        let server = try await ScriptedServer(.cloudflare) { _, _ in Self.failed(status, code) }
        await #expect(throws: expected) { try await client(server).zones() }
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test func `a cause inside an error chain counts`() async throws {
        let server = try await ScriptedServer(.cloudflare) { _, _ in
            .init(
                status: 400,
                body:
                    #"{"success":false,"errors":[{"code":1004,"message":"x","error_chain":[{"code":6003}]}]}"#
            )
        }
        await #expect(throws: DNSProviderError.credentialsRefused("Cloudflare does not take this token.")) {
            try await client(server).zones()
        }
        await server.stop()
    }

    @Test func `a throttled call waits as long as it is told`() async throws {
        let server = try await ScriptedServer(.cloudflare) { _, number in
            number == 0 ? .init(status: 429, headers: [("Retry-After", "7")]) : Self.ok("[]")
        }
        #expect(try await client(server).zones().isEmpty)
        #expect(server.pauses == [.seconds(7)])
        await server.stop()
    }

    @Test func `a wait that no user has is told in place of waited`() async throws {
        let server = try await ScriptedServer(.cloudflare) { _, _ in
            .init(status: 429, headers: [("Retry-After", "300")])
        }
        await #expect(throws: DNSProviderError.throttled(retryAfterSeconds: 300)) {
            try await client(server).zones()
        }
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test func `calls stop before the customer's own quota is used up`() async throws {
        let server = try await ScriptedServer(.cloudflare) { _, _ in
            var reply = Self.ok("[]")
            reply.headers = [("Ratelimit", #""default";r=3;t=12"#)]
            return reply
        }
        let provider = client(server)
        _ = try await provider.zones()
        _ = try await provider.zones()
        #expect(server.pauses == [.seconds(12)])
        await server.stop()
    }

    @Test func `reading is tried again after a failure, a change is not`() async throws {
        let server = try await ScriptedServer(.cloudflare) { request, number in
            number == 0 || request.method == "POST" ? .init(status: 502) : Self.ok("[]")
        }
        #expect(try await client(server).zones().isEmpty)
        let set = RecordSet(RecordKey("d.example", "TXT"), values: [RecordValue(.text("x"))])
        let change = try #require(RecordSetChange(key: set.key, before: nil, after: set))
        await #expect(throws: DNSProviderError.temporary("the provider answered 502")) {
            try await client(server).apply([change], to: Self.zone)
        }
        #expect(server.requests.count { $0.method == "POST" } == 1)
        await server.stop()
    }
}
