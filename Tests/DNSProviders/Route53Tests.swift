import Service
import TestSupport
import Testing

@testable import DNSProviders

@Suite struct Route53Tests {
    private static let zone = DNSZone(id: "Z1", name: "d.example")
    private static let space = "xmlns=\"\(Route53Client.namespace)\""

    private func client(_ server: ScriptedServer) -> any DNSProvider {
        ProviderCredential.route53(
            accessKey: "AKIDEXAMPLE123456", secretKey: Secret("secret"), region: "eu-west-1"
        )
        .provider(ProviderEndpoints(route53: server.url), server.calls)
    }

    private static func set(_ name: String, _ type: String, _ values: String..., more: String = "") -> String
    {
        let records = values.map {
            "<ResourceRecord><Value>\(XMLElement.escaped($0))</Value></ResourceRecord>"
        }
        return "<ResourceRecordSet><Name>\(name)</Name><Type>\(type)</Type>\(more)<TTL>60</TTL>"
            + "<ResourceRecords>\(records.joined())</ResourceRecords></ResourceRecordSet>"
    }

    private static func list(_ sets: String, next: String = "") -> ScriptedServer.Reply {
        .init(
            body:
                "<?xml version=\"1.0\"?><ListResourceRecordSetsResponse \(space)><ResourceRecordSets>\(sets)"
                + "</ResourceRecordSets><IsTruncated>\(!next.isEmpty)</IsTruncated>\(next)"
                + "<MaxItems>100</MaxItems></ListResourceRecordSetsResponse>")
    }

    private static func change(_ status: String) -> ScriptedServer.Reply {
        .init(
            body: "<ChangeResourceRecordSetsResponse \(space)><ChangeInfo><Id>/change/C1</Id>"
                + "<Status>\(status)</Status></ChangeInfo></ChangeResourceRecordSetsResponse>")
    }

    private static func error(_ status: Int, _ code: String, _ message: String = "m") -> ScriptedServer.Reply
    {
        .init(
            status: .init(status),
            body: "<ErrorResponse \(space)><Error><Type>Sender</Type><Code>\(code)</Code>"
                + "<Message>\(XMLElement.escaped(message))</Message></Error></ErrorResponse>")
    }

    @Test func `zones are listed with a signature, without private ones`() async throws {
        let server = try await ScriptedServer(.route53) { _, number in
            let zones = [("Z\(number)", false), ("P\(number)", true)].map { id, isPrivate in
                "<HostedZone><Id>/hostedzone/\(id)</Id><Name>\(id).example.</Name>"
                    + "<Config><PrivateZone>\(isPrivate)</PrivateZone></Config></HostedZone>"
            }
            let next = number == 0 ? "<IsTruncated>true</IsTruncated><NextMarker>Z1</NextMarker>" : ""
            return .init(
                body: "<ListHostedZonesResponse \(Self.space)><HostedZones>\(zones.joined())</HostedZones>"
                    + "\(next)</ListHostedZonesResponse>")
        }
        let zones = try await client(server).zones()
        #expect(zones.map(\.id) == ["Z0", "Z1"])
        #expect(zones.map(\.name) == ["z0.example", "z1.example"])
        #expect(server.requests.map(\.target).last == "/2013-04-01/hostedzone?maxitems=100&marker=Z1")
        let first = try #require(server.requests.first)
        #expect(first.headers["x-amz-date"] == "20270115T080000Z")
        let authorization = try #require(first.headers["authorization"])
        #expect(
            authorization.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE123456/20270115/us-east-1/route53/aws4_request, "
                    + "SignedHeaders=host;x-amz-date, Signature="))
        await server.stop()
    }

    @Test func `a zone tells its name servers`() async throws {
        let server = try await ScriptedServer(.route53) { _, _ in
            .init(
                body: "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>d.example.</Name>"
                    + "</HostedZone><DelegationSet><NameServers><NameServer>ns-2.x</NameServer>"
                    + "<NameServer>ns-1.x</NameServer></NameServers></DelegationSet></GetHostedZoneResponse>")
        }
        #expect(try await client(server).zone("Z1").nameServers == ["ns-1.x", "ns-2.x"])
        await #expect(throws: DNSProviderError.self) { try await client(server).zone("Z1/rrset") }
        #expect(server.requests.map(\.target) == ["/2013-04-01/hostedzone/Z1"])
        await server.stop()
    }

    @Test func `a list ends where the name does, and goes on by identifier`() async throws {
        let server = try await ScriptedServer(.route53) { request, number in
            switch number {
            case 0:
                return Self.list(
                    Self.set("d.example.", "MX", "0 mx.d.example.")
                        + Self.set("d.example.", "TXT", #""a\042\303\251""b""#, "\"x\" \"y\""),
                    next: "<NextRecordName>d.example.</NextRecordName><NextRecordType>A</NextRecordType>"
                        + "<NextRecordIdentifier>w 1</NextRecordIdentifier>")
            default:
                return Self.list(
                    Self.set("d.example.", "A", "192.0.2.1", more: "<SetIdentifier>w 1</SetIdentifier>")
                        + Self.set(#"\052.d.example."#, "TXT", "\"other\""),
                    next: "<NextRecordName>z.</NextRecordName><NextRecordType>A</NextRecordType>")
            }
        }
        let sets = try await client(server).recordSets(at: ["d.example"], in: Self.zone)
        #expect(sets.map(\.key.type) == ["MX", "TXT", "A"])
        #expect(sets[1].contents.map(\.printed) == ["a\"éb", "xy"])
        #expect(sets[1].ttlSeconds == 60)
        #expect(sets[2].lockedReason == "the record has a routing policy")
        #expect(server.requests.count == 2)
        #expect(
            server.requests.last?.target
                == "/2013-04-01/hostedzone/Z1/rrset?maxitems=100&name=d.example.&type=A&identifier=w%201")
        await server.stop()
    }

    @Test func `names are read with their octal escapes`() {
        #expect(Route53Name.decode(#"\052.D.example."#) == "*.d.example")
        #expect(Route53Name.decode(#"a\7"#) == #"a\7"#)
    }

    @Test func `aliases are locked`() throws {
        let element = try XMLElement(
            reading: Array(
                "<ResourceRecordSet><Name>d.</Name><Type>TXT</Type><AliasTarget/></ResourceRecordSet>".utf8))
        #expect(
            Route53Row.sets([Route53Row(element)]).first?.lockedReason == "the record is an alias of Route 53"
        )
    }

    @Test func `a change deletes exactly what was read and creates, in one batch, and waits`() async throws {
        let server = try await ScriptedServer(.route53) { request, _ in
            if request.method == "POST" { return Self.change("PENDING") }
            if request.target.contains("/change/") { return Self.change("INSYNC") }
            return Self.list(Self.set("d.example.", "TXT", #""v=spf1""  -all""#, "\"k&<>\""))
        }
        let provider = client(server)
        let sets = try await provider.recordSets(at: ["d.example"], in: Self.zone)
        let plan = try PlanFixture.plan(sets, PlanFixture.setup(spf: .overwrite))
        #expect(try await provider.apply(plan.changes, to: Self.zone) == true)
        let batch = try #require(server.requests.first { $0.method == "POST" })
        #expect(batch.path == "/2013-04-01/hostedzone/Z1/rrset/")
        let root = try XMLElement(reading: Array(batch.body.utf8))
        let changes = try #require(root["ChangeBatch"]?["Changes"]?.all("Change"))
        #expect(changes.count == 7)
        #expect(!batch.body.contains("UPSERT"))
        let apex = changes.filter { $0["ResourceRecordSet"]?.text("Name") == "d.example." }
        #expect(apex.map { $0.text("Action") } == ["DELETE", "CREATE"])
        let values = apex.map {
            $0["ResourceRecordSet"]?["ResourceRecords"]?.all("ResourceRecord").compactMap { $0.text("Value") }
        }
        #expect(values.first == [#""v=spf1""  -all""#, "\"k&<>\""])
        #expect(values.last == ["\"v=spf1 include:us.example ~all\"", "\"k&<>\""])
        #expect(apex.allSatisfy { $0["ResourceRecordSet"]?.text("TTL") == "60" })
        #expect(server.requests.last?.target == "/2013-04-01/change/C1")
        await server.stop()
    }

    @Test(arguments: [
        (400, "Throttling"), (400, "PriorRequestNotComplete"), (400, "ThrottlingException"),
    ])
    func `throttling comes as 400 and is tried again`(_ status: Int, _ code: String) async throws {
        let server = try await ScriptedServer(.route53) { request, number in
            if request.method == "POST" {
                return number < 2 ? Self.error(status, code) : Self.change("INSYNC")
            }
            return Self.change("INSYNC")
        }
        let set = RecordSet(RecordKey("d.example", "TXT"), values: [RecordValue(.text("x"))])
        let change = try #require(RecordSetChange(key: set.key, before: nil, after: set))
        #expect(try await client(server).apply([change], to: Self.zone) == true)
        #expect(server.requests.count { $0.method == "POST" } == 3)
        #expect(server.pauses.count >= 2)
        await server.stop()
    }

    private static let stale =
        "[Tried to delete resource record set [name='d.example.', type='TXT'] but the values provided do not "
        + "match the current values]"
    private static let protected = "[RRSet with DNS name x. is not permitted in zone d.example.]"

    @Test(arguments: [
        (
            403, "InvalidClientTokenId", "m",
            DNSProviderError.credentialsRefused("AWS does not take this access key.")
        ),
        (403, "SignatureDoesNotMatch", "m", .credentialsRefused("AWS does not take this access key.")),
        (403, "AccessDenied", "m", .permissionMissing("route53:ChangeResourceRecordSets")),
        (404, "NoSuchHostedZone", "m", .notFound("Route 53 has no such public zone.")),
        (400, "InvalidChangeBatch", stale, .conflict("the records changed meanwhile")),
        (
            400, "InvalidChangeBatch", protected,
            .unsupported("Route 53 refused the change: \(protected.dropFirst().dropLast())")
        ),
        (400, "InvalidInput", "m", .unsupported("Route 53 refused it: InvalidInput: m")),
        (500, "InternalError", "m", .temporary("the provider answered 500")),
    ])
    func `errors say what to do next`(
        _ status: Int, _ code: String, _ message: String, _ expected: DNSProviderError
    ) async throws {
        let server = try await ScriptedServer(.route53) { _, _ in Self.error(status, code, message) }
        let set = RecordSet(RecordKey("d.example", "TXT"), values: [RecordValue(.text("x"))])
        let change = try #require(RecordSetChange(key: set.key, before: nil, after: set))
        await #expect(throws: expected) { try await client(server).apply([change], to: Self.zone) }
        await server.stop()
    }

    @Test func `a refused batch may come with a root of its own`() async throws {
        let server = try await ScriptedServer(.route53) { _, _ in
            .init(
                status: 400,
                body:
                    "<?xml version=\"1.0\"?><InvalidChangeBatch \(Self.space)><Messages><Message>Tried to "
                    + "create resource record set [name='d.example.', type='TXT'] but it already exists"
                    + "</Message></Messages></InvalidChangeBatch>")
        }
        let set = RecordSet(RecordKey("d.example", "TXT"), values: [RecordValue(.text("x"))])
        let change = try #require(RecordSetChange(key: set.key, before: nil, after: set))
        await #expect(throws: DNSProviderError.conflict("the records changed meanwhile")) {
            try await client(server).apply([change], to: Self.zone)
        }
        await server.stop()
    }
}
