import DNSFakes
import FoundationEssentials
import TestSupport
import Testing

@Suite struct Route53Tests {
    private struct Place: Sendable {
        let caller: Caller
        let keys: JSONValue
        let zone: String

        func change(_ changes: (String, String, String, Int, [String])...) async throws -> Caller.Answer {
            try await caller.change(zone, changes, keys: keys)
        }
        func get(_ path: String) async throws -> Caller.Answer {
            try await caller.route53("GET", path, keys: keys)
        }
    }

    private func place(_ records: [ZoneOrder.Records] = []) async throws -> Place? {
        guard let fakes = try await DNSFakes.ifInstalled() else { return nil }
        let ticket = try await fakes.createZone(ZoneOrder(.route53, "example.com", records))
        let keys = try fakes.createCredential(CredentialOrder(.route53))
        return Place(caller: try Caller(fakes), keys: keys, zone: ticket.id)
    }

    @Test func `a set is created, exchanged for another, and served`() async throws {
        guard let place = try await place() else { return }
        let name = "a.example.com."
        #expect(
            try await place.change(("CREATE", name, "TXT", 300, ["\"one\"", "\"t\\167o\""])).status == 200)
        #expect(try await place.caller.texts("a.example.com").sorted() == ["one", "two"])
        let exchanged = try await place.change(
            ("DELETE", name, "TXT", 300, ["\"t\\167o\"", "\"one\""]),
            ("CREATE", name, "TXT", 60, ["\"three\""]))
        #expect(exchanged.status == 200 && exchanged.text.contains("<Status>PENDING</Status>"))
        #expect(try await place.caller.texts("a.example.com") == ["three"])
    }

    @Test(
        arguments: [
            ("DELETE", "there.example.com.", "TXT", 300, ["\"other\""], "do not match the current values"),
            ("DELETE", "there.example.com.", "TXT", 60, ["\"x\""], "do not match the current values"),
            ("DELETE", "nothing.example.com.", "TXT", 300, ["\"x\""], "was not found"),
            ("CREATE", "there.example.com.", "TXT", 300, ["\"x\""], "but it already exists"),
            ("CREATE", "there.example.com.", "CNAME", 300, ["b.test."], "conflicts with other records"),
            ("UPSERT", "alias.example.com.", "TXT", 300, ["\"x\""], "conflicting RRSet of type CNAME"),
            ("CREATE", "example.com.", "CNAME", 300, ["b.test."], "is not permitted at apex"),
            ("CREATE", "notexample.com.", "TXT", 300, ["\"x\""], "is not permitted in zone example.com."),
            ("CREATE", "a.example.com.", "TXT", 300, ["x"], "should be enclosed in quotation marks"),
            ("CREATE", "a.example.com.", "TXT", 300, ["\"ü\""], "contains unsupported characters"),
            ("CREATE", "a.example.com.", "TXT", 300, ["\"x\"", "\"x\""], "Duplicate Resource Record"),
            ("CREATE", "a.example.com.", "MX", 300, ["mx.test."], "encountered with"),
            ("CREATE", "a.example.com.", "A", 300, ["1.2.3.4.5"], "not a valid IP address"),
            ("CREATE", "example.com.", "NS", 300, ["ns.test."], "cannot be changed here"),
        ] as [(String, String, String, Int, [String], String)])
    func `a change that the service would refuse is refused in its words`(
        action: String, name: String, type: String, ttl: Int, values: [String], words: String
    ) async throws {
        let seeds = [
            ZoneOrder.Records("there.example.com", "TXT", ["\"x\""]),
            ZoneOrder.Records("alias.example.com", "CNAME", ["other.test."]),
        ]
        guard let place = try await place(seeds) else { return }
        // The first change would do alone; it is undone with the second.
        let answer = try await place.change(
            ("CREATE", "first.example.com.", "TXT", 300, ["\"x\""]), (action, name, type, ttl, values))
        #expect(answer.status == 400 && answer.text.contains("InvalidChangeBatch"))
        #expect(answer.text.contains(words), "\(answer.text)")
        #expect(try await place.caller.texts("first.example.com").isEmpty)
    }

    @Test func `a refused batch comes in either wording`() async throws {
        guard let place = try await place() else { return }
        var behaviour = Behaviour()
        behaviour.errorRoot = .alternating
        place.caller.fakes.setBehaviour(behaviour, of: .route53)
        let first = try await place.change(("DELETE", "a.example.com.", "TXT", 300, ["\"x\""]))
        let second = try await place.change(("DELETE", "a.example.com.", "TXT", 300, ["\"x\""]))
        #expect(
            first.text.contains("<ErrorResponse xmlns=") && first.text.contains("<Code>InvalidChangeBatch"))
        #expect(
            second.text.contains("<InvalidChangeBatch xmlns=") && second.text.contains("<Messages><Message>"))
    }

    @Test func `limits of a batch hold, and an upsert counts twice`() async throws {
        guard let place = try await place() else { return }
        func sets(_ action: String, _ count: Int) -> [(String, String, String, Int, [String])] {
            (0..<count).map { (action, "n\($0).example.com.", "TXT", 300, ["\"x\""]) }
        }
        let many = try await place.caller.change(place.zone, sets("UPSERT", 501), keys: place.keys)
        #expect(many.text.contains("Number of records limit of 1000 exceeded"))
        #expect(
            try await place.caller.change(place.zone, sets("UPSERT", 500), keys: place.keys).status == 200)
        let long = (0..<9).map { piece in
            ("CREATE", "l\(piece).example.com.", "TXT", 300, [String(repeating: "\"\(piece)\" ", count: 975)])
        }
        let characters = try await place.caller.change(place.zone, long, keys: place.keys)
        #expect(characters.text.contains("Number of characters limit of 32000 exceeded"))
    }

    @Test(arguments: [
        "", "<a/>", "<!DOCTYPE a><a/>", Caller.request(""),
        Caller.request("<Change><Action>CREATE</Action></Change>"),
        Caller.request(
            "<Change><Action>CREATE</Action><ResourceRecordSet><Type>TXT</Type><Name>a.example.com</Name>"
                + "</ResourceRecordSet></Change>"),
        Caller.request("").replacing("https://route53", with: "https://other"),
        Caller.request("<Change>&unknown;</Change>"),
    ])
    func `what is not the schema's is malformed`(body: String) async throws {
        guard let place = try await place() else { return }
        let answer = try await place.caller.route53(
            "POST", "/hostedzone/\(place.zone)/rrset", body: body, keys: place.keys)
        #expect(answer.status == 400 && answer.text.contains("<Code>MalformedXML</Code>"))
    }

    @Test func `sets are listed from a place on, with identifiers between pages`() async throws {
        var seeds = (1...3).map { number in
            var records = ZoneOrder.Records("w.example.com", "TXT", ["\"\(number)\""])
            records.setIdentifier = "id\(number)"
            return records
        }
        seeds.append(ZoneOrder.Records("*.z.example.com", "TXT", ["\"star\""]))
        guard let place = try await place(seeds) else { return }
        let path = "/hostedzone/\(place.zone)/rrset"
        let first = try await place.get(path + "?maxitems=2&name=w.example.com.&type=TXT")
        #expect(first.text.contains("<NextRecordIdentifier>id3</NextRecordIdentifier>"))
        let second = try await place.get(path + "?identifier=id3&name=w.example.com.&type=TXT")
        #expect(second.text.contains("<SetIdentifier>id3") && !second.text.contains("<SetIdentifier>id2"))
        #expect(second.text.contains("<Name>\\052.z.example.com.</Name>"))
        #expect(try await place.get(path + "?type=TXT").status == 400)
        let simple = try await place.change(("CREATE", "w.example.com.", "TXT", 300, ["\"x\""]))
        #expect(simple.status == 400)
    }

    @Test func `a listing by name begins at the name and is no filter`() async throws {
        guard let place = try await place() else { return }
        for name in ["a.example.com", "b.test"] {
            try await place.caller.fakes.createZone(ZoneOrder(.route53, name))
        }
        var hidden = ZoneOrder(.route53, "example.com")
        hidden.isPrivate = true
        try await place.caller.fakes.createZone(hidden)
        let listed = try await place.get("/hostedzonesbyname?dnsname=a.example.com&maxitems=1")
        #expect(listed.text.contains("<Name>a.example.com.</Name>"))
        #expect(listed.text.contains("<NextDNSName>b.test.</NextDNSName>"))
        let all = try await place.get("/hostedzone?maxitems=3")
        #expect(all.text.contains("<IsTruncated>true") && all.text.contains("<NextMarker>"))
        #expect(try await place.get("/hostedzonesbyname?maxitems=100").text.contains("<PrivateZone>true"))
    }

    @Test func `a request that is not signed as it was sent is refused`() async throws {
        guard let place = try await place() else { return }
        let path = "/hostedzone/\(place.zone)/rrset"
        let body = Caller.request("")
        let altered = try await place.caller.route53(
            "POST", path, body: body, keys: place.keys, sending: body + " ")
        #expect(altered.status == 403 && altered.text.contains("<Code>SignatureDoesNotMatch</Code>"))
        let old = try await place.caller.route53(
            "GET", "/hostedzone", keys: place.keys, at: Date().addingTimeInterval(-1_000))
        #expect(old.status == 403 && old.text.contains("Signature expired"))
        let unsigned = try await place.caller.send(
            "GET", place.caller.fakes.addresses.route53 + "/2013-04-01/hostedzone")
        #expect(unsigned.status == 403 && unsigned.text.contains("MissingAuthenticationToken"))
        var order = CredentialOrder(.route53)
        order.temporary = true
        let temporary = try place.caller.fakes.createCredential(order)
        let without = try await place.caller.route53("GET", "/hostedzone", keys: temporary)
        #expect(without.status == 403 && without.text.contains("must be a signed header"))
    }

    @Test func `what is not permitted, too much or too early is told apart`() async throws {
        guard let place = try await place() else { return }
        let order = CredentialOrder(.route53, permissions: ["route53:ListHostedZones"])
        let reader = try place.caller.fakes.createCredential(order)
        let denied = try await place.caller.route53("GET", "/hostedzone/\(place.zone)", keys: reader)
        #expect(denied.status == 403 && denied.text.contains("route53:GetHostedZone"))
        var behaviour = Behaviour()
        behaviour.refuseNext = 1
        behaviour.busyNext = 1
        place.caller.fakes.setBehaviour(behaviour, of: .route53)
        let throttled = try await place.get("/hostedzone")
        #expect(throttled.status == 400 && throttled.text.contains("<Code>Throttling</Code>"))
        let busy = try await place.change(("CREATE", "a.example.com.", "TXT", 300, ["\"x\""]))
        #expect(busy.status == 400 && busy.text.contains("<Code>PriorRequestNotComplete</Code>"))
        #expect(try await place.change(("CREATE", "a.example.com.", "TXT", 300, ["\"x\""])).status == 200)
    }

    @Test func `a change is pending as often as it was told and then served`() async throws {
        guard let place = try await place() else { return }
        var behaviour = Behaviour()
        behaviour.pendingPolls = 2
        place.caller.fakes.setBehaviour(behaviour, of: .route53)
        let answer = try await place.change(("CREATE", "a.example.com.", "TXT", 300, ["\"x\""]))
        let start = try #require(answer.text.firstRange(of: "/change/")?.upperBound)
        let id = answer.text[start...].prefix { $0 != "<" }
        var seen: [Bool] = []
        for _ in 0..<3 {
            #expect(try await place.caller.texts("a.example.com").isEmpty)
            seen.append(try await place.get("/change/\(id)").text.contains("<Status>INSYNC</Status>"))
        }
        #expect(seen == [false, false, true])
        #expect(try await place.caller.texts("a.example.com") == ["x"])
        #expect(try await place.get("/change/CNONE").status == 404)
    }
}
