import EventLoop
import TestSupport
import Testing

@testable import DNS

/// The AD bit of a real validating resolver in front of a signed zone.
@Suite struct UnboundTests {
    @Test func `a validating resolver vouches for a signed zone and for nothing else`() async throws {
        let loop = try EventLoop(name: "dns")
        loop.start()
        guard let knot = try await KnotServer(on: loop), KnotServer.isInstalled("/usr/sbin/unbound") else {
            return
        }
        let folder = try TemporaryDirectory(prefix: "dispatch-unbound")
        let port = try DaemonPort.free()
        let stub = ["signed.test", "knot.test"].map {
            "stub-zone:\n  name: \($0)\n  stub-addr: 127.0.0.1@\(knot.address.port)\n"
        }
        let configuration = """
            server:
              interface: 127.0.0.1@\(port)
              username: ""
              chroot: ""
              directory: "\(folder.path)"
              pidfile: "\(folder.path)/pid"
              use-syslog: no
              do-daemonize: no
              do-not-query-localhost: no
              num-threads: 1
              module-config: "validator iterator"
              local-zone: "test." nodefault
              domain-insecure: "knot.test"
              trust-anchor: "\(try await knot.trustAnchor())"

            """ + stub.joined()
        let path = try folder.write(configuration, to: "unbound.conf")
        let process = try ChildProcess(["/usr/sbin/unbound", "-c", path])
        let address = SocketAddress.ipv4(0x7F00_0001, port: port)
        try await KnotServer.waitUntilReady(address, on: loop, process)
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
        withExtendedLifetime((knot, process)) {}
    }
}
