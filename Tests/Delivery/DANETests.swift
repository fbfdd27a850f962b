import DNS
import EventLoop
import HTTPClient
import TestSupport
import Testing

@testable import Delivery

/// Mail under DANE: zones of a real name server, signed, behind a real validating resolver.
@Suite struct DANETests {
    /// The Internet of these tests: answers of `signed.test` are authentic, those of `open.test` are not.
    private struct World: Sendable {
        let knot: KnotDaemon
        let unbound: UnboundDaemon
        let host: Certificates

        init?() async throws {
            host = try await Certificates.make(for: "DNS:mx.anchor.signed.test,DNS:mx.plain.signed.test")
            let forged = "_tcp.mx.forged.signed.test"
            let zones = [
                "signed.test": Self.signed(host), "open.test": Self.open(host),
                forged: Self.start(forged) + "* TLSA 3 1 1 \(host.publicKeyDigest)\n",
            ]
            guard let knot = try await KnotDaemon(zones: zones, signed: ["signed.test"]) else { return nil }
            // The resolver expects signatures of a zone that has none: what a forger would have to say.
            let unbound = try await UnboundDaemon(
                stubs: zones.mapValues { _ in knot.port }, insecure: ["open.test"],
                trustAnchors: [
                    try await knot.trustAnchor(of: "signed.test"),
                    "\(forged). DS 12345 13 2 \(String(repeating: "00", count: 32))",
                ])
            guard let unbound else { return nil }
            (self.knot, self.unbound) = (knot, unbound)
        }

        private static func start(_ zone: String) -> String {
            "$ORIGIN \(zone).\n$TTL 300\n@ SOA ns1 mail 1 3600 600 86400 77\n@ NS ns1\nns1 A 127.0.0.1\n"
        }

        /// Domains with one host each. The port of a test's host is not known here, so the records are for
        /// all.
        private static func domains(_ records: [String: String]) -> String {
            records.map { name, tlsa in
                "\(name) MX 10 mx.\(name)\nmx.\(name) A 127.0.0.1\n"
                    + (tlsa.isEmpty ? "" : "*._tcp.mx.\(name) TLSA \(tlsa)\n")
            }.joined()
        }

        private static func signed(_ host: Certificates) -> String {
            let other = String(repeating: "00", count: 32)
            return start("signed.test")
                + domains([
                    "key": "3 1 1 \(host.publicKeyDigest)", "wrong": "3 1 1 \(other)",
                    "anchor": "2 0 1 \(host.authorityDigest)", "misnamed": "2 0 1 \(host.authorityDigest)",
                    "authority": "0 0 1 \(host.authorityDigest)", "plain": "",
                ])
                + "*._tcp.mx.wrong TLSA 0 0 1 \(other)\n"
                + "alias MX 10 mx.alias\nmx.alias CNAME mx.key\n"
                + "outward MX 10 mx.outward\nmx.outward CNAME mx.wrong.open.test.\n"
                + "*._tcp.mx.outward TLSA 3 1 1 \(host.publicKeyDigest)\n"
                + "forged MX 10 mx.forged\nmx.forged A 127.0.0.1\n_tcp.mx.forged NS ns1\n"
        }

        private static func open(_ host: Certificates) -> String {
            start("open.test")
                + domains(["wrong": "3 1 1 \(String(repeating: "00", count: 32))"])
                + "inside MX 10 mx.wrong.signed.test.\nshared MX 10 mx.key.signed.test.\n"
        }

        func resolver(trusts: Bool? = nil) throws -> Resolver {
            let server = SocketAddress.ipv4(0x7F00_0001, port: unbound.port)
            let settings = try #require(ResolverSettings(servers: [server], trustsAuthenticData: trusts))
            return Resolver(on: TestLoops.client, settings)
        }
    }

    private struct Bench: Sendable {
        let world: World
        let sink: SMTPSink
        let book = TLSReportBook(now: TestClock().now)
        var trusts: Bool?

        init(
            _ world: World, chain: [UInt8]? = nil, extensions: [String] = ["PIPELINING"], hasTLS: Bool = true
        )
            throws
        {
            self.world = world
            var script = SMTPSink.Script()
            script.extensions = extensions
            if hasTLS { script.tls = (chain ?? world.host.certificatePEM, world.host.keyPEM) }
            sink = try SMTPSink(script)
        }

        /// One message after the other to these domains, over one lane.
        func deliver(
            _ domains: String..., requiresTLS: Bool = false, ignoresTLSPolicy: Bool = false
        ) async throws -> [Outcome] {
            let loopback = try #require(AddressRange("127.0.0.0/8"))
            return try await TestLoops.client.run { [self] in
                let resolver = try world.resolver(trusts: trusts)
                var settings = DeliverySettings(clientName: "node.test")
                settings.timeouts = SMTPTimeouts(all: .seconds(10))
                let selector = MXSelector(
                    lookup: resolver, egressGuard: EgressGuard(allowing: [loopback]), port: sink.address.port)
                let delivery = MailDelivery(
                    on: TestLoops.client, settings: settings, selector: selector,
                    contexts: try MailTLSContexts(roots: .roots(pem: world.host.authorityPEM)),
                    policies: TLSPolicyResolver(dane: resolver), reports: book)
                var outcomes: [Outcome] = []
                for domain in domains {
                    var attempt = attempt(to: ["bob@\(domain)"])
                    attempt.domain = domain
                    attempt.envelope.requiresTLS = requiresTLS
                    attempt.envelope.ignoresTLSPolicy = ignoresTLSPolicy
                    outcomes += await delivery.deliver(attempt).map(\.outcome)
                }
                await delivery.shutDown()
                return outcomes
            }
        }

        var results: [TLSResult] {
            (book.tallies(day: "2026-11-21", domain: nil) ?? []).flatMap { $0.details.keys.map(\.result) }
        }
        var subjects: [TLSReportSubject] {
            (book.tallies(day: "2026-11-21", domain: nil) ?? []).map(\.subject)
        }
    }

    /// Made once; the processes end with the tests.
    private static let shared = Task { try await World() }

    @Test func `the host is taken by its key alone, whatever its name and authority`() async throws {
        guard let world = try await Self.shared.value else { return }
        // The certificate's name and authority play no part.
        let bench = try Bench(world)
        let delivered = try await bench.deliver("key.signed.test").first?.delivered
        #expect(delivered?.host.tlsVerified == true)
        let subject = try #require(bench.subjects.first)
        #expect(subject.kind == .tlsa && subject.policyDomain == "mx.key.signed.test")
        #expect(subject.recipientDomain == "key.signed.test")
        #expect(subject.lines == ["3 1 1 \(world.host.publicKeyDigest)"])
    }

    @Test func `another key, or none, defers the mail`() async throws {
        guard let world = try await Self.shared.value else { return }
        let bench = try Bench(world)
        let deferred = try await bench.deliver("wrong.signed.test").first?.deferred
        #expect(deferred?.classification.category == .tlsFailure)
        #expect(bench.results == [.validationFailure] && bench.sink.ledger.messages.isEmpty)
        // Where the sender says that the message matters more, it goes.
        let careless = try await bench.deliver("wrong.signed.test", ignoresTLSPolicy: true)
        #expect(careless.first?.delivered?.host.tlsVersion == "TLSv1.3")
        let stripped = try Bench(world, hasTLS: false)
        #expect(try await stripped.deliver("key.signed.test").first?.deferred != nil)
        #expect(stripped.results == [.startTLSNotSupported] && stripped.sink.ledger.messages.isEmpty)
    }

    @Test func `an authority is taken with a name that fits, when the host shows it`() async throws {
        guard let world = try await Self.shared.value else { return }
        let bench = try Bench(world, chain: world.host.chainPEM)
        #expect(try await bench.deliver("anchor.signed.test").first?.delivered?.host.tlsVerified == true)
        #expect(try await bench.deliver("misnamed.signed.test").first?.deferred != nil)
        #expect(bench.results == [.certificateHostMismatch] && bench.sink.ledger.messages.count == 1)
        // An authority that the host does not show cannot be found by its digest.
        let alone = try Bench(world)
        #expect(try await alone.deliver("anchor.signed.test").first?.deferred != nil)
    }

    @Test func `records that nobody can use ask for encryption, and none ask for nothing`() async throws {
        guard let world = try await Self.shared.value else { return }
        let bench = try Bench(world)
        let delivered = try await bench.deliver("authority.signed.test").first?.delivered
        #expect(delivered?.host.tlsVersion == "TLSv1.3" && delivered?.host.tlsVerified == false)
        #expect(bench.results == [.tlsaInvalid])
        let stripped = try Bench(world, hasTLS: false)
        #expect(try await stripped.deliver("authority.signed.test").first?.deferred != nil)
        let plain = try Bench(world, hasTLS: false)
        #expect(try await plain.deliver("plain.signed.test").first?.delivered?.host.tlsVersion == nil)
        #expect(plain.subjects.map(\.kind) == [.none])
    }

    @Test func `the records at the end of an authentic alias count, else those at the alias itself`()
        async throws
    {
        guard let world = try await Self.shared.value else { return }
        let bench = try Bench(world)
        #expect(try await bench.deliver("alias.signed.test").first?.delivered?.host.tlsVerified == true)
        #expect(bench.subjects.first?.policyDomain == "mx.key.signed.test")
        let outward = try Bench(world)
        #expect(try await outward.deliver("outward.signed.test").first?.delivered?.host.tlsVerified == true)
        #expect(outward.subjects.first?.policyDomain == "mx.outward.signed.test")
    }

    @Test func `a host whose records are not to be believed is not connected to`() async throws {
        guard let world = try await Self.shared.value else { return }
        let bench = try Bench(world)
        let deferred = try await bench.deliver("forged.signed.test").first?.deferred
        #expect(deferred?.reply.text.contains("cannot say for now whether mx.forged.signed.test") == true)
        #expect(bench.results == [.dnssecInvalid] && bench.sink.ledger.connections == 0)
    }

    @Test func `what is not authentic does not count, even if the records are there`() async throws {
        guard let world = try await Self.shared.value else { return }
        let bench = try Bench(world)
        for domain in ["wrong.open.test", "inside.open.test"] {
            let delivered = try await bench.deliver(domain).first?.delivered
            #expect(delivered?.host.tlsVersion == "TLSv1.3" && delivered?.host.tlsVerified == false)
        }
        #expect(Set(bench.subjects.map(\.kind)) == [.none])
        var distrusting = try Bench(world)
        distrusting.trusts = false
        #expect(try await distrusting.deliver("wrong.signed.test").first?.delivered != nil)
    }

    @Test func `REQUIRETLS takes what DNSSEC proves and a certificate holds for, and bounces the rest`()
        async throws
    {
        guard let world = try await Self.shared.value else { return }
        let willing = try Bench(world, chain: world.host.chainPEM, extensions: ["PIPELINING", "REQUIRETLS"])
        for domain in ["key.signed.test", "plain.signed.test"] {
            #expect(
                try await willing.deliver(domain, requiresTLS: true).first?.delivered?.host.tlsVerified
                    == true)
        }
        #expect(willing.sink.ledger.messages.allSatisfy { $0.mail.contains(" REQUIRETLS") })
        for domain in ["authority.signed.test", "shared.open.test"] {
            let bounced = try await willing.deliver(domain, requiresTLS: true).first?.bounced
            #expect(bounced?.reply.status?.description == "5.7.30", "\(domain)")
        }
        #expect(willing.sink.ledger.messages.count == 2)
    }

    @Test func `a session is used for another domain only if it is as good as that domain asks`() async throws
    {
        guard let world = try await Self.shared.value else { return }
        let bench = try Bench(world)
        let shared = "shared.open.test"
        let outcomes = try await bench.deliver(shared, "key.signed.test", shared, "key.signed.test")
        #expect(outcomes.map { $0.delivered?.host.tlsVerified } == [false, true, true, true])
        #expect(bench.sink.ledger.connections == 2)
    }
}
