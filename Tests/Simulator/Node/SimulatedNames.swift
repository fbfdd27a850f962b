import DNS
import Delivery
import EventLoop

/// The DNS of the world: every domain has one host, and now and then nobody answers.
final class SimulatedNames: MailHostLookup {
    private let simulator: Simulator
    private let loop: EventLoop

    init(_ simulator: Simulator, on loop: EventLoop) {
        self.simulator = simulator
        self.loop = loop
    }

    func mx(_ domain: DomainName) async throws(DNSError) -> MXAnswer {
        await loop.sleep(.milliseconds(1 + simulator.below(200)))
        if simulator.chance(50) {
            await loop.sleep(.seconds(5))
            throw .timedOut
        }
        guard let host = DomainName("mx.\(domain)") else { throw .malformed }
        return MXAnswer(
            hosts: [MailHost(preference: 10, name: host)], isNull: false, isImplicit: false,
            isAuthenticData: false, ttlSeconds: 300)
    }

    func addresses(_ host: DomainName) async throws(DNSError) -> HostAddresses {
        guard let address = SocketAddress(ip: "192.0.2.25", port: 0) else { throw .malformed }
        return HostAddresses(
            ipv4: [address], ipv6: [], canonicalName: host, isAuthenticData: false, ttlSeconds: 300)
    }
}
