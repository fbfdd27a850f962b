import EventLoop
import TestSupport
import Testing

@testable import DNS

/// The AD bit of a real validating resolver in front of a signed zone.
@Suite struct UnboundTests {
    @Test func `a validating resolver vouches for a signed zone and for nothing else`() async throws {
        let loop = try EventLoop(name: "dns")
        loop.start()
        guard let knot = try await KnotServer() else { return }
        let unbound = try await UnboundDaemon(
            stubs: ["signed.test": knot.address.port, "knot.test": knot.address.port],
            insecure: ["knot.test"], trustAnchors: [try await knot.trustAnchor()])
        guard let unbound else { return }
        let address = SocketAddress.ipv4(0x7F00_0001, port: unbound.port)
        let settings = try #require(ResolverSettings(servers: [address]))
        let tlsa = try #require(DomainName("_25._tcp.mx.signed.test"))
        let plain = try #require(DomainName("_25._tcp.mx1.knot.test"))
        let signed = try #require(DomainName("signed.test"))
        try await loop.run {
            let resolver = Resolver(on: loop, settings)
            let secure = try await resolver.tlsa(tlsa)
            let insecure = try await resolver.tlsa(plain)
            let mx = try await resolver.mx(signed)
            #expect(secure.isAuthenticData && secure.records.count == 1)
            #expect(!insecure.isAuthenticData && insecure.records.count == 1)
            #expect(mx.isAuthenticData)
        }
        withExtendedLifetime((knot, unbound)) {}
    }
}
