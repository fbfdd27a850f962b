import Crypto
import FoundationEssentials
import TestSupport
import Testing

@testable import DNSProviders

@Suite struct CloudDNSTests {
    private static let zone = DNSZone(id: "my-zone", name: "d.example")
    private static let key = Task { try RSAPrivateKey.generate() }

    static func file(_ changes: [String: JSONValue] = [:]) async throws -> String {
        var file: [String: JSONValue] = [
            "type": "service_account", "client_email": "dns@my-project.iam.gserviceaccount.com",
            "private_key": .string(try await key.value.pemEncoded()), "private_key_id": "k1",
            "project_id": "my-project", "token_uri": "https://attacker.example/token",
        ]
        for (name, value) in changes { file[name] = value }
        return String(decoding: try JSONEncoder().encode(JSONValue.object(file)), as: UTF8.self)
    }

    private func client(_ server: ScriptedServer) async throws -> any DNSProvider {
        ProviderCredential.gcp(try ServiceAccount(json: try await Self.file(), project: nil))
            .provider(ProviderEndpoints(google: server.url, googleToken: server.url + "/token"), server.calls)
    }

    private static let token = ScriptedServer.Reply(
        body: #"{"access_token":"ya29.secret","expires_in":3599,"token_type":"Bearer"}"#)

    private static func error(_ status: Int, _ reason: String) -> ScriptedServer.Reply {
        .init(
            status: .init(status),
            body: #"{"error":{"code":\#(status),"message":"no","errors":[{"reason":"\#(reason)"}]}}"#)
    }

    @Test func `a signed claim is traded for a token, once`() async throws {
        let server = try await ScriptedServer(.gcp) { request, _ in
            if request.path == "/token" { return Self.token }
            let page = request.target.contains("pageToken=p%2F2") ? "" : #","nextPageToken":"p/2""#
            let zones =
                #"{"name":"z","dnsName":"D.example.","nameServers":["ns1."]},"#
                + #"{"name":"p","dnsName":"p.","visibility":"private"}"#
            return .init(body: #"{"managedZones":[\#(zones)]\#(page)}"#)
        }
        let provider = try await client(server)
        #expect(try await provider.zones().map(\.name) == ["d.example", "d.example"])
        _ = try await provider.zones()
        #expect(server.requests.count { $0.path == "/token" } == 1)
        #expect(server.requests.last?.headers["authorization"] == "Bearer ya29.secret")
        let form = try #require(server.requests.first).body
        let prefix = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
        #expect(form.hasPrefix(prefix))
        try await check(String(form.dropFirst(prefix.count)))
        await server.stop()
    }

    private func check(_ assertion: String) async throws {
        let parts = assertion.split(separator: ".").map { Base64.decodeURL(String($0)) ?? [] }
        let header = JSONValue(reading: try #require(parts.first))
        #expect(header == ["alg": "RS256", "typ": "JWT", "kid": "k1"])
        let claims = JSONValue(reading: parts[1])
        #expect(claims["iss"].text == "dns@my-project.iam.gserviceaccount.com")
        #expect(claims["aud"].text == "https://oauth2.googleapis.com/token")
        #expect(claims["scope"].text == "https://www.googleapis.com/auth/ndev.clouddns.readwrite")
        let issued = try #require(claims["iat"].integer)
        #expect(claims["exp"].integer == issued + 3600)
        let signed = assertion.split(separator: ".").dropLast().joined(separator: ".")
        #expect(try await Self.key.value.publicKey.verify(parts[2], of: signed))
    }

    @Test func `a token is asked for anew before it ends, and after it was refused`() async throws {
        let server = try await ScriptedServer(.gcp) { request, number in
            if request.path == "/token" { return Self.token }
            return number == 1 ? Self.error(401, "authError") : .init(body: "{}")
        }
        let provider = try await client(server)
        await #expect(throws: DNSProviderError.self) { try await provider.zones() }
        _ = try await provider.zones()
        await server.calls.clock.sleep(.seconds(3350))
        _ = try await provider.zones()
        #expect(server.requests.count { $0.path == "/token" } == 3)
        await server.stop()
    }

    @Test func `a key that Google refuses is named as such`() async throws {
        let server = try await ScriptedServer(.gcp) { _, _ in
            .init(
                status: 400, body: #"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#)
        }
        let provider = try await client(server)
        await #expect(
            throws: DNSProviderError.credentialsRefused(
                "Google does not take the key of this service account.")
        ) { try await provider.zones() }
        await server.stop()
    }

    @Test func `a change deletes the set as it was read and adds`() async throws {
        let server = try await ScriptedServer(.gcp) { request, _ in
            if request.path == "/token" { return Self.token }
            if request.method == "POST" { return .init(body: #"{"id":"42","status":"pending"}"#) }
            if request.path.hasSuffix("/changes/42") { return .init(body: #"{"id":"42","status":"done"}"#) }
            let set =
                #"{"name":"d.example.","type":"TXT","ttl":"60","rrdatas":["\"v=spf1\" \" -all\"","keep"]}"#
            return .init(body: #"{"rrsets":[\#(set)]}"#)
        }
        let provider = try await client(server)
        let sets = try await provider.recordSets(at: ["d.example"], in: Self.zone)
        #expect(sets.first?.contents.map(\.printed) == ["v=spf1 -all", "keep"])
        let plan = try PlanFixture.plan(sets)
        #expect(try await provider.apply(plan.changes, to: Self.zone) == true)
        let body = try #require(server.requests.first { $0.method == "POST" && $0.path != "/token" })
        #expect(body.path == "/dns/v1/projects/my-project/managedZones/my-zone/changes")
        #expect(
            body.json["deletions"] == [
                [
                    "name": "d.example.", "type": "TXT", "ttl": 60,
                    "rrdatas": [#""v=spf1" " -all""#, "keep"],
                ]
            ])
        let apex = try #require(body.json["additions"].elements.first { $0["name"].text == "d.example." })
        #expect(apex["rrdatas"] == [#""v=spf1 include:us.example -all""#, "keep"])
        #expect(apex["ttl"].integer == 60)
        let mx = try #require(body.json["additions"].elements.first { $0["type"].text == "MX" })
        #expect(mx["rrdatas"] == ["10 us.example."] && mx["ttl"].integer == 300)
        await server.stop()
    }

    @Test(arguments: [
        (412, "conditionNotMet", DNSProviderError.conflict("the records changed meanwhile")),
        (409, "alreadyExists", .conflict("the records changed meanwhile")),
        (403, "forbidden", .permissionMissing("dns.managedZones.list")),
        (404, "notFound", .notFound("Google has no such zone in this project.")),
        (400, "invalid", .unsupported("Google refused it: no")),
        (
            403, "accessNotConfigured",
            .permissionMissing("the Cloud DNS API (dns.googleapis.com), which the project has not enabled")
        ),
    ])
    func `errors say what to do next`(_ status: Int, _ reason: String, _ expected: DNSProviderError)
        async throws
    {
        let server = try await ScriptedServer(.gcp) { request, _ in
            request.path == "/token" ? Self.token : Self.error(status, reason)
        }
        let provider = try await client(server)
        await #expect(throws: expected) { try await provider.zones() }
        await server.stop()
    }

    @Test func `a rate that comes as 403 is waited for`() async throws {
        let server = try await ScriptedServer(.gcp) { request, number in
            if request.path == "/token" { return Self.token }
            return number == 1 ? Self.error(403, "rateLimitExceeded") : .init(body: "{}")
        }
        #expect(try await client(server).zones().isEmpty)
        #expect(server.pauses.count == 1)
        await server.stop()
    }

    @Test func `a routing policy locks a set`() async throws {
        let server = try await ScriptedServer(.gcp) { request, _ in
            if request.path == "/token" { return Self.token }
            return .init(
                body: #"{"rrsets":[{"name":"d.example.","type":"TXT","ttl":5,"routingPolicy":{"wrr":{}}}]}"#)
        }
        let sets = try await client(server).recordSets(at: ["d.example"], in: Self.zone)
        #expect(sets.first?.lockedReason == "the record has a routing policy")
        await server.stop()
    }

    @Test func `only keys of service accounts are taken`() async throws {
        let bad: [[String: JSONValue]] = [
            ["type": "external_account"], ["type": .null], ["client_email": "nobody"],
            ["private_key": "none"], ["project_id": "../x"], ["project_id": "Short"],
            ["private_key_id": "a\r\nb"], ["client_email": "a@b\r\nc"],
        ]
        for changes in bad {
            let json = try await Self.file(changes)
            #expect(throws: ProviderCredential.Problem.self) { try ServiceAccount(json: json, project: nil) }
        }
        let json = try await Self.file()
        #expect(
            try ServiceAccount(json: json, project: "example.com:other-project").project.hasSuffix(
                "other-project"))
        #expect(throws: ProviderCredential.Problem.self) { try ServiceAccount(json: "{", project: nil) }
    }

    @Test func `credentials that could end a header are refused, and none is printed`() throws {
        #expect(throws: ProviderCredential.Problem.self) {
            try ProviderCredential.cloudflare(checking: "token-token-token\r\nX: y")
        }
        #expect(throws: ProviderCredential.Problem.self) {
            try ProviderCredential.route53(
                checking: "AKIDEXAMPLE123456", secretKey: "secret secret secret", region: "us-east-1")
        }
        let credential = try ProviderCredential.cloudflare(checking: "token-token-token-toke9")
        #expect("\(credential) \(String(reflecting: credential))".contains("token-token") == false)
        #expect(credential.hint == "…oke9")
    }
}
