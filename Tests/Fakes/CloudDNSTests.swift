import DNSFakes
import TestSupport
import Testing

@Suite struct CloudDNSTests {
    private struct Place: Sendable {
        let caller: Caller
        let account: JSONValue
        let token: String

        func change(additions: [JSONValue] = [], deletions: [JSONValue] = []) async throws -> Caller.Answer {
            try await caller.cloudDNS(
                "POST", "/example-com/changes",
                ["additions": .array(additions), "deletions": .array(deletions)], token: token)
        }
        func get(_ path: String) async throws -> Caller.Answer {
            try await caller.cloudDNS("GET", path, token: token)
        }
    }

    private func place(_ records: [ZoneOrder.Records] = []) async throws -> Place? {
        guard let fakes = try await DNSFakes.ifInstalled() else { return nil }
        try await fakes.createZone(ZoneOrder(.cloudDNS, "example.com", records))
        let caller = try Caller(fakes)
        let account = try fakes.createCredential(CredentialOrder(.cloudDNS))["service_account"]
        let token = try #require(try await caller.token(account).json["access_token"].text)
        return Place(caller: caller, account: account, token: token)
    }

    private static func set(
        _ name: String, _ values: [String], type: String = "TXT", ttl: JSONValue = 300
    ) -> JSONValue {
        [
            "name": .string(name), "type": .string(type), "ttl": ttl,
            "rrdatas": .array(values.map(JSONValue.string)),
        ]
    }

    @Test func `a set is added, exchanged for another, and served`() async throws {
        guard let place = try await place() else { return }
        let first = Self.set("a.example.com.", ["\"one\" \"two\"", "bare words"], ttl: "60")
        #expect(try await place.change(additions: [first]).status == 200)
        #expect(try await place.caller.texts("a.example.com").sorted() == ["barewords", "onetwo"])
        let read = try await place.get("/example-com/rrsets?name=a.example.com.&type=TXT").json["rrsets"]
        #expect(read[0]["rrdatas"] == ["\"one\" \"two\"", "\"bare\" \"words\""] && read[0]["ttl"] == 60)
        let exchanged = try await place.change(
            additions: [Self.set("a.example.com.", ["\"three\""])], deletions: [read[0]])
        #expect(exchanged.json["status"] == "pending" && exchanged.json["id"] == "2")
        #expect(try await place.caller.texts("a.example.com") == ["three"])
    }

    @Test func `a change that the service would refuse is refused with its reason`() async throws {
        let seeds = [
            ZoneOrder.Records("there.example.com.", "TXT", ["\"x\""]),
            ZoneOrder.Records("alias.example.com.", "CNAME", ["other.test."]),
        ]
        guard let place = try await place(seeds) else { return }
        let long = "\"" + String(repeating: "x", count: 256) + "\""
        let additions: [(JSONValue, Int, String)] = [
            (Self.set("there.example.com.", ["\"y\""]), 409, "alreadyExists"),
            (Self.set("a.example.com", ["\"y\""]), 400, "invalid"),
            (Self.set("notexample.com.", ["\"y\""]), 400, "invalid"),
            (Self.set("a.example.com.", [long]), 400, "invalid"),
            (Self.set("a.example.com.", ["\"x\"", "x"]), 400, "invalid"),
            (Self.set("a.example.com.", ["\"open"]), 400, "invalid"),
            (Self.set("a.example.com.", ["10 mx.test"], type: "MX"), 400, "invalid"),
            (Self.set("a.example.com.", ["b.test.", "c.test."], type: "CNAME"), 400, "invalid"),
            (Self.set("a.example.com.", ["\"x\""], ttl: "soon"), 400, "invalid"),
            (Self.set("a.example.com.", []), 400, "required"),
            (Self.set("alias.example.com.", ["\"x\""]), 400, "cnameResourceRecordSetConflict"),
            (
                Self.set("there.example.com.", ["b.test."], type: "CNAME"), 400,
                "cnameResourceRecordSetConflict"
            ),
            (Self.set("example.com.", ["ns.test."], type: "NS"), 409, "alreadyExists"),
        ]
        for (set, status, reason) in additions {
            let answer = try await place.change(additions: [Self.set("first.example.com.", ["\"x\""]), set])
            #expect(answer.status == status && answer.reason == reason, "\(set): \(answer.text)")
        }
        let deletions: [(JSONValue, Int, String)] = [
            (Self.set("there.example.com.", ["\"other\""]), 412, "conditionNotMet"),
            (Self.set("there.example.com.", ["\"x\""], ttl: 60), 412, "conditionNotMet"),
            (Self.set("nothing.example.com.", ["\"x\""]), 404, "notFound"),
            (Self.set("example.com.", ["ns.test."], type: "NS"), 400, "containsRequiredSet"),
        ]
        for (set, status, reason) in deletions {
            let answer = try await place.change(deletions: [set])
            #expect(answer.status == status && answer.reason == reason, "\(set): \(answer.text)")
        }
        #expect(try await place.change().reason == "required")
        #expect(try await place.caller.texts("first.example.com").isEmpty)
    }

    @Test func `an assertion must be signed by the account, for Google, and short-lived`() async throws {
        guard let place = try await place() else { return }
        let other = try place.caller.fakes.createCredential(CredentialOrder(.cloudDNS))["service_account"]
        let forged = try await place.caller.token(place.account, signedBy: other)
        let elsewhere = try await place.caller.token(place.account) {
            $0.aud = "https://elsewhere.test/token"
        }
        let expired = try await place.caller.token(place.account) {
            $0.iat -= 7_200
            $0.exp -= 7_200
        }
        let long = try await place.caller.token(place.account) { $0.exp += 3_600 }
        for answer in [forged, elsewhere, expired, long] {
            #expect(answer.status == 400 && answer.json["error"] == "invalid_grant", "\(answer.text)")
        }
        let scope = try await place.caller.token(place.account) { $0.scope = "https://mail.test/" }
        #expect(scope.json["error"] == "invalid_scope")
        let unknown = try await place.caller.cloudDNS("GET", "", token: "ya29.nobody")
        #expect(unknown.status == 401 && unknown.reason == "authError")
    }

    @Test func `lists come in pages, and no token but theirs continues them`() async throws {
        let seeds = (0..<5).map { ZoneOrder.Records("n\($0).example.com.", "TXT", ["\"x\""]) }
        guard let place = try await place(seeds) else { return }
        let first = try await place.get("/example-com/rrsets?maxResults=4").json
        #expect(first["rrsets"].elements.map { $0["type"] } == ["NS", "SOA", "TXT", "TXT"])
        let token = try #require(first["nextPageToken"].text)
        let second = try await place.get("/example-com/rrsets?maxResults=4&pageToken=\(token)").json
        #expect(second["rrsets"].elements.count == 3 && second["nextPageToken"] == .null)
        #expect(try await place.get("/example-com/rrsets?pageToken=2").status == 400)
        #expect(try await place.get("/example-com/rrsets?type=TXT").reason == "required")
        #expect(try await place.get("?dnsName=example.com.").json["managedZones"].elements.count == 1)
        #expect(try await place.get("/none").reason == "notFound")
    }

    @Test func `what is not permitted or too much is told apart`() async throws {
        guard let place = try await place() else { return }
        let order = CredentialOrder(.cloudDNS, permissions: ["dns.managedZones.get"])
        let reader = try place.caller.fakes.createCredential(order)["service_account"]
        let token = try #require(try await place.caller.token(reader).json["access_token"].text)
        #expect(try await place.caller.cloudDNS("GET", "", token: token).reason == "forbidden")
        #expect(try await place.caller.cloudDNS("GET", "/example-com", token: token).status == 200)
        for status in [429, 403] {
            var behaviour = Behaviour()
            behaviour.refuseNext = 1
            behaviour.refusalStatus = status
            place.caller.fakes.setBehaviour(behaviour, of: .cloudDNS)
            let refused = try await place.get("")
            #expect(refused.status == status && refused.reason == "rateLimitExceeded")
        }
    }

    @Test func `a change is pending as often as it was told and then served`() async throws {
        guard let place = try await place() else { return }
        var behaviour = Behaviour()
        behaviour.pendingPolls = 1
        place.caller.fakes.setBehaviour(behaviour, of: .cloudDNS)
        _ = try await place.change(additions: [Self.set("a.example.com.", ["\"x\""])])
        #expect(try await place.caller.texts("a.example.com").isEmpty)
        #expect(try await place.get("/example-com/changes/1").json["status"] == "pending")
        #expect(try await place.get("/example-com/changes/1").json["status"] == "done")
        #expect(try await place.caller.texts("a.example.com") == ["x"])
        #expect(try await place.get("/example-com/changes").json["changes"][0]["status"] == "done")
    }
}
