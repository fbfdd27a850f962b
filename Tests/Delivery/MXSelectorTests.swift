import EventLoop
import HTTPClient
import SMTPWire
import Testing

@testable import DNS
@testable import Delivery

/// A DNS with the given contents.
private final class FixedLookup: MailHostLookup {
    var mail: [String: Result<MXAnswer, DNSError>] = [:]
    var hosts: [String: Result<HostAddresses, DNSError>] = [:]

    func mx(_ domain: DomainName) async throws(DNSError) -> MXAnswer {
        try (mail[domain.description] ?? .failure(.nxdomain)).get()
    }

    func addresses(_ host: DomainName) async throws(DNSError) -> HostAddresses {
        try (hosts[host.description] ?? .failure(.nxdomain)).get()
    }

    func setMX(_ domain: String, _ hosts: [(UInt16, String)], isNull: Bool = false) {
        let hosts = hosts.compactMap { preference, name in
            DomainName(name).map { MailHost(preference: preference, name: $0) }
        }
        mail[domain] = .success(
            MXAnswer(hosts: hosts, isNull: isNull, isImplicit: false, isAuthenticData: false, ttlSeconds: 60))
    }

    func setAddress(_ host: String, _ ips: String...) {
        let addresses = ips.compactMap { SocketAddress(ip: $0, port: 0) }
        hosts[host] = .success(
            HostAddresses(
                ipv4: addresses.filter { if case .ipv4 = $0 { true } else { false } },
                ipv6: addresses.filter { if case .ipv6 = $0 { true } else { false } },
                canonicalName: DomainName(host) ?? .root, isAuthenticData: false, ttlSeconds: 60))
    }
}

@Suite struct MXSelectorTests {
    private func candidates(
        _ domain: String, routes: RouteTable = RouteTable(), egressGuard: EgressGuard = EgressGuard(),
        _ fill: (FixedLookup) -> Void = { _ in }
    ) async -> Result<[MailCandidate], RouteRefusal> {
        let lookup = FixedLookup()
        fill(lookup)
        let selector = MXSelector(lookup: lookup, routes: routes, egressGuard: egressGuard)
        return await selector.candidates(of: selector.route(for: domain))
    }

    private func refusal(
        _ domain: String, egressGuard: EgressGuard = EgressGuard(), _ fill: (FixedLookup) -> Void = { _ in }
    ) async throws -> SMTPReply {
        switch await candidates(domain, egressGuard: egressGuard, fill) {
        case .success(let candidates): throw Unexpected(candidates: candidates)
        case .failure(let refusal): return refusal.reply
        }
    }

    private struct Unexpected: Error { let candidates: [MailCandidate] }

    @Test func `hosts are tried in order of preference, each at all its addresses`() async throws {
        let found = try await candidates("a.test") { dns in
            dns.setMX("a.test", [(10, "mx1.a.test"), (20, "mx2.a.test")])
            dns.setAddress("mx1.a.test", "8.8.8.8", "2a00:1450::1")
            dns.setAddress("mx2.a.test", "9.9.9.9")
        }.get()
        #expect(
            found.map(\.description) == [
                "mx1.a.test[2a00:1450::1]:25", "mx1.a.test[8.8.8.8]:25", "mx2.a.test[9.9.9.9]:25",
            ])
    }

    @Test func `a null MX and a domain that does not exist bounce, and suppress nothing`() async throws {
        let null = try await refusal("a.test") { $0.setMX("a.test", [], isNull: true) }
        #expect(null.status == EnhancedStatusCode(5, 1, 10))
        let missing = try await refusal("a.test")
        #expect(missing.status == EnhancedStatusCode(5, 1, 2))
        for reply in [null, missing] {
            let classification = Classifier.classify(reply, stage: .route)
            #expect(classification.category == .badDomain)
            #expect(classification.action == .bounce)
        }
    }

    @Test(arguments: [DNSError.servfail, .timedOut, .refused, .malformed])
    func `a DNS that cannot say defers`(error: DNSError) async throws {
        let mx = try await refusal("a.test") { $0.mail["a.test"] = .failure(error) }
        #expect(mx.isTransient)
        let host = try await refusal("a.test") { dns in
            dns.setMX("a.test", [(10, "mx.a.test"), (20, "gone.a.test")])
            dns.hosts["mx.a.test"] = .failure(error)
        }
        #expect(host.isTransient)
        #expect(!Classifier.classify(host, stage: .route).action.isFinal)
    }

    @Test(arguments: [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1",
        "0.0.0.0",
    ])
    func `a private address is never a candidate`(ip: String) async throws {
        let reply = try await refusal("a.test") { dns in
            dns.setMX("a.test", [(10, "mx.a.test")])
            dns.setAddress("mx.a.test", ip)
        }
        #expect(reply.status == EnhancedStatusCode(5, 4, 4))
        #expect(Classifier.classify(reply, stage: .route).action == .bounce)
        let literal = ip.contains(":") ? "[IPv6:\(ip)]" : "[\(ip)]"
        #expect(try await refusal(literal).status == EnhancedStatusCode(5, 4, 4))
    }

    @Test func `our own public address is no candidate either, and others of the host remain`() async throws {
        let range = try #require(AddressRange("8.8.8.8"))
        let found = try await candidates("a.test", egressGuard: EgressGuard(blocking: [range])) { dns in
            dns.setMX("a.test", [(10, "mx.a.test")])
            dns.setAddress("mx.a.test", "8.8.8.8", "9.9.9.9")
        }.get()
        #expect(found.map(\.address.ip) == ["9.9.9.9"])
    }

    @Test func `hosts without addresses are passed over; without any the mail bounces`() async throws {
        let found = try await candidates("a.test") { dns in
            dns.setMX("a.test", [(10, "gone.a.test"), (20, "mx.a.test")])
            dns.setAddress("mx.a.test", "9.9.9.9")
        }.get()
        #expect(found.map(\.name) == ["mx.a.test"])
        let reply = try await refusal("a.test") { $0.setMX("a.test", [(10, "gone.a.test")]) }
        #expect(reply.status == EnhancedStatusCode(5, 4, 4))
    }

    @Test func `fixed routes go first and may be private`() async throws {
        let routes = try #require(
            RouteTable(setting: "*=127.0.0.1:1025, b.test=[::1]:2525 .c.test=10.0.0.1:25"))
        let expected = [
            "a.test": "127.0.0.1", "b.test": "::1", "x.b.test": "127.0.0.1", "x.y.c.test": "10.0.0.1",
            "c.test": "127.0.0.1",
        ]
        for (domain, ip) in expected {
            #expect(try await candidates(domain, routes: routes).get().map(\.address.ip) == [ip], "\(domain)")
        }
        for bad in ["x", "x=", "x=host", "x=host:0", "x=:25", "x=host:99999"] {
            #expect(RouteTable(setting: bad) == nil)
        }
    }

    @Test func `the same hosts give the same lane, other hosts another`() {
        #expect(MailHostSet.name(["mx.a.test"]) == "mx.a.test")
        let google = [
            "alt1.gmail-smtp-in.l.google.com", "gmail-smtp-in.l.google.com",
            "alt2.gmail-smtp-in.l.google.com",
        ]
        #expect(MailHostSet.name(google) == "(alt1|alt2|).gmail-smtp-in.l.google.com")
        #expect(MailHostSet.name(google) == MailHostSet.name(google.reversed()))
        #expect(
            MailHostSet.name(["mx1.h.test", "mx2.h.test"]) != MailHostSet.name(["mx3.h.test", "mx4.h.test"]))
        #expect(MailHostSet.name(["a.one.test", "b.two.test"]) == "a.one.test|b.two.test")
        #expect(MailHostSet.name([]) == "")
    }

    @Test func `names that are no domain bounce`() async throws {
        for bad in ["", "a..b", "a b", String(repeating: "x", count: 300), "[nonsense]"] {
            #expect(try await refusal(bad).isPermanent, "\(bad)")
        }
    }
}

@Suite struct FallBackTests {
    /// Two hosts on addresses of their own; 127.0.0.9 has nobody.
    private func deliver(
        _ hosts: [(UInt16, SocketAddress)], port: UInt16
    ) async throws -> [RecipientOutcome] {
        try await TestLoops.client.run {
            let lookup = FixedLookup()
            lookup.setMX("remote.test", hosts.enumerated().map { ($1.0, "mx\($0).remote.test") })
            for (index, host) in hosts.enumerated() { lookup.setAddress("mx\(index).remote.test", host.1.ip) }
            let loopback = try #require(AddressRange("127.0.0.0/8"))
            let selector = MXSelector(
                lookup: lookup, egressGuard: EgressGuard(allowing: [loopback]), port: port)
            var settings = DeliverySettings(clientName: "node.test")
            settings.timeouts = SMTPTimeouts(all: .seconds(5))
            let delivery = MailDelivery(
                on: TestLoops.client, settings: settings, selector: selector, contexts: try MailTLSContexts())
            let outcomes = await delivery.deliver(attempt())
            await delivery.shutDown()
            return outcomes
        }
    }

    @Test func `the next host is tried when the first refuses the connection or the session`() async throws {
        let good = try SMTPSink()
        let nobody = SocketAddress.ipv4(0x7F00_0009, port: 0)
        let outcomes = try await deliver([(10, nobody), (20, good.address)], port: good.address.port)
        #expect(outcomes.first?.outcome.delivered?.host.name == "mx1.remote.test")
    }

    @Test func `when no host can be reached the lane is to pause`() async throws {
        let nobody = SocketAddress.ipv4(0x7F00_0009, port: 0)
        let sink = try SMTPSink()
        let outcomes = try await deliver([(10, nobody), (20, nobody)], port: sink.address.port)
        let deferred = try #require(outcomes.first?.outcome.deferred)
        #expect(deferred.classification.category == .connectionFailure)
        #expect(deferred.classification.action == .suspendLane)
        #expect(deferred.stage == .connect)
    }
}
