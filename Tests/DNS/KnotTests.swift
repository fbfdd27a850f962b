import EventLoop
import TestSupport
import Testing

@testable import DNS

/// The resolver against a real server. Skipped with a message where knot is not installed.
@Suite struct KnotTests {
    private let loop: EventLoop

    init() throws {
        loop = try EventLoop(name: "dns")
        loop.start()
    }

    private func withKnot(_ body: @escaping @Sendable (Resolver) async throws -> Void) async throws {
        guard let knot = try await KnotServer() else { return }
        var settings = try #require(ResolverSettings(servers: [knot.address]))
        settings.serverTimeout = .milliseconds(500)
        settings.authoritativePort = knot.address.port
        settings.permitsAuthoritative = { $0.ip == "127.0.0.1" }
        try await loop.run { [loop, settings] in try await body(Resolver(on: loop, settings)) }
        withExtendedLifetime(knot) {}
    }

    private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    @Test func `every kind of lookup gives what the zone holds`() async throws {
        try await withKnot { resolver in
            let zone = try name("knot.test")
            let mx = try await resolver.mx(zone)
            #expect(mx.hosts.first?.name.description == "mx1.knot.test")
            #expect(mx.hosts.map(\.preference) == [10, 20, 20])
            #expect(!mx.isNull && !mx.isImplicit && mx.ttlSeconds == 300)
            let texts = try await resolver.txt(zone)
            #expect(Set(texts) == ["v=spf1 ip4:192.0.2.0/24 -all", "second"])
            let servers = try await resolver.ns(zone)
            #expect(Set(servers.map(\.description)) == ["ns1.knot.test", "ns2.dead.knot.test"])
            let addresses = try await resolver.addresses(try name("alias.knot.test"))
            #expect(addresses.all(port: 25).map(\.description) == ["[2001:db8::11]:25", "192.0.2.11:25"])
            #expect(addresses.canonicalName.description == "mx1.knot.test")
            let (tlsa, _) = try await resolver.tlsa(try name("_25._tcp.mx1.knot.test"))
            #expect(tlsa == [TLSARecord(usage: 3, selector: 1, matchingType: 1, data: Array(0..<32))])
            let soa = try await resolver.soa(zone)
            #expect(soa.minimumSeconds == 77 && soa.mailbox.description == "hostmaster.knot.test")
        }
    }

    @Test func `a domain without MX records takes mail itself, and a null MX takes none`() async throws {
        try await withKnot { resolver in
            let implicit = try await resolver.mx(try name("implicit.knot.test"))
            #expect(implicit.isImplicit && implicit.hosts.map(\.name.description) == ["implicit.knot.test"])
            let null = try await resolver.mx(try name("null.knot.test"))
            #expect(null.isNull && null.hosts.isEmpty)
            let empty = try name("empty.knot.test")
            _ = await #expect(throws: DNSError.noData) { try await resolver.mx(empty) }
        }
    }

    @Test func `there is none, there is no such name, and I cannot say are three answers`() async throws {
        try await withKnot { resolver in
            let (none, missing) = (try name("mx1.knot.test"), try name("nobody.knot.test"))
            let (broken, foreign) = (try name("a.broken.test"), try name("elsewhere.example"))
            _ = await #expect(throws: DNSError.noData) { try await resolver.txt(none) }
            _ = await #expect(throws: DNSError.nxdomain) { try await resolver.txt(missing) }
            _ = await #expect(throws: DNSError.nxdomain) { try await resolver.mx(missing) }
            _ = await #expect(throws: DNSError.servfail) { try await resolver.txt(broken) }
            _ = await #expect(throws: DNSError.refused) { try await resolver.txt(foreign) }
            let asked = resolver.counts.datagrams
            _ = await #expect(throws: DNSError.nxdomain) { try await resolver.txt(missing) }
            #expect(resolver.counts.datagrams == asked)
        }
    }

    @Test func `an answer that is too big for a datagram comes by TCP`() async throws {
        try await withKnot { resolver in
            let texts = try await resolver.txt(try name("big.knot.test"))
            #expect(texts.count == 1 && (texts.first?.utf8.count ?? 0) > 5_000)
            #expect(resolver.counts.connections == 1)
        }
    }

    @Test func `a zone's own servers are asked, with a dead one among them`() async throws {
        try await withKnot { resolver in
            let found = await resolver.authoritativeTXT(try name("empty.knot.test"))
            #expect(found == .found(["only this"]))
            let missing = await resolver.authoritativeTXT(try name("_dmarc.knot.test"))
            #expect(missing == .missing(nameExists: false))
            let none = await resolver.authoritativeTXT(try name("mx1.knot.test"))
            #expect(none == .missing(nameExists: true))
        }
    }

    @Test func `delegations and aliases lead to the zone that has the record`() async throws {
        try await withKnot { resolver in
            let child = await resolver.authoritativeTXT(try name("txt.sub.knot.test"))
            #expect(child == .found(["in the child"]))
            let outward = await resolver.authoritativeTXT(try name("outward.knot.test"))
            #expect(outward == .found(["in the child"]))
        }
    }

    @Test func `a name is led to its nearest zone, and an alias is none`() async throws {
        try await withKnot { resolver in
            let child = try await resolver.delegation(of: try name("a.b.sub.knot.test"))
            #expect(child.zone.description == "sub.knot.test" && !child.servers.isEmpty)
            let parent = try await resolver.delegation(of: try name("outward.knot.test"))
            #expect(parent.zone.description == "knot.test" && !parent.servers.isEmpty)
        }
    }

    @Test func `a zone whose servers cannot be asked is unreachable, not missing`() async throws {
        guard let knot = try await KnotServer() else { return }
        var settings = try #require(ResolverSettings(servers: [knot.address]))
        settings.serverTimeout = .milliseconds(200)
        let zone = try name("empty.knot.test")
        settings.authoritativePort = knot.address.port
        let forbidden = try await loop.run { [loop, settings] in
            await Resolver(on: loop, settings).authoritativeTXT(zone)
        }
        #expect(forbidden == .unreachable("no usable address of a name server of knot.test"))
        settings.permitsAuthoritative = { _ in true }
        settings.authoritativePort = try DNSDaemons.freePort()
        let dead = try await loop.run { [loop, settings] in
            await Resolver(on: loop, settings).authoritativeTXT(zone)
        }
        guard case .unreachable = dead else {
            Issue.record("\(dead)")
            return
        }
        withExtendedLifetime(knot) {}
    }
}
