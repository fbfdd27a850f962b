import EventLoop
import HTTP
import TestSupport

/// Cloudflare, Route 53 and Cloud DNS played on loopback, with a real name server that serves what they
/// accepted.
///
/// Each refuses what the service it plays refuses, with the same status and text as far as they are known:
/// malformed data, names outside of the zone, aliases beside other records, duplicates, stale writes,
/// signatures and tokens that are wrong, missing permissions. On top of that a test may have calls refused
/// for their number and changes delayed (`Behaviour`). Nothing is kept on disk, and nothing leaves loopback.
///
/// What they do not play: other record types than `RecordData.types`, zones made or deleted by the services'
/// own calls, routing policies of Cloud DNS, DNSSEC. Where a service's own code for an error is not
/// published, one was chosen; clients must not depend on it.
package final class DNSFakes: Sendable {
    /// Where everything listens; 0 for any free port.
    package struct Ports: Sendable {
        package var control: UInt16 = 0
        package var cloudflare: UInt16 = 0
        package var route53: UInt16 = 0
        package var cloudDNS: UInt16 = 0
        package var nameServer: UInt16 = 0

        package init() {}
    }

    /// Base addresses as a client takes them.
    package struct Addresses: Codable, Sendable {
        package let control: String
        /// With `/client/v4`.
        package let cloudflare: String
        package let route53: String
        /// Without `/dns/v1`; the token endpoint is `/token` below it.
        package let clouddns: String
        /// `127.0.0.1:port`, UDP and TCP.
        package let nameServer: String

        enum CodingKeys: String, CodingKey {
            case control, cloudflare, route53, clouddns
            case nameServer = "name_server"
        }
    }

    /// Serves whatever was accepted.
    package let zones: ServedZones
    let cloudflare: CloudflareService
    let route53: Route53Service
    let cloudDNS: CloudDNSService
    private let loop: EventLoop
    private let log = CallLog()
    private let propagation: Propagation
    private let servers: [ServiceKind: HTTPServer]
    private let controlServer = Locked<HTTPServer?>(nil)
    private let names = Locked<(next: Int, delegated: Set<RecordName>)>((1, []))

    /// Starts all of it; it ends with the last reference.
    /// - Throws: when a port is taken, or knot is not installed.
    package init(ports: Ports = Ports()) async throws {
        loop = try EventLoop(name: "dns-fakes")
        loop.start()
        zones = try await ServedZones(port: ports.nameServer)
        propagation = Propagation(zones: zones, loop: loop)
        cloudflare = CloudflareService(log: log, propagation: propagation)
        route53 = Route53Service(log: log, propagation: propagation)
        cloudDNS = CloudDNSService(log: log, propagation: propagation)
        servers = [
            .cloudflare: try Self.server(ports.cloudflare, cloudflare.router()),
            .route53: try Self.server(ports.route53, route53.router()),
            .cloudDNS: try Self.server(ports.cloudDNS, cloudDNS.router()),
        ]
        for server in servers.values { try server.start(on: [loop]) }
    }

    /// Nil, with a line that says what is skipped, where knot is not installed: for tests.
    package static func ifInstalled() async throws -> DNSFakes? {
        guard DNSDaemons.isInstalled("/usr/sbin/knotd") else { return nil }
        return try await DNSFakes()
    }

    deinit { loop.stop() }

    /// Opens the port for tests that talk to the fakes by HTTP. It keeps the fakes alive until the process
    /// ends, so tests in the same process do without.
    package func startControl(port: UInt16 = 0) throws {
        let server = try Self.server(port, ControlRoutes(fakes: self).router())
        try server.start(on: [loop])
        controlServer.withLock { $0 = server }
    }

    package var addresses: Addresses {
        let control = controlServer.withLock { $0?.address.description }
        return Addresses(
            control: control.map { "http://\($0)" } ?? "",
            cloudflare: url(of: .cloudflare) + "/client/v4", route53: url(of: .route53),
            clouddns: url(of: .cloudDNS), nameServer: "127.0.0.1:\(zones.port)")
    }

    func url(of service: ServiceKind) -> String {
        "http://\(servers[service]?.address.description ?? "")"
    }

    package func behaviour(of service: ServiceKind) -> Behaviour {
        throttle(of: service).withLock { $0.behaviour }
    }

    /// Applies to calls from now on; counts begin anew.
    package func setBehaviour(_ behaviour: Behaviour, of service: ServiceKind) {
        throttle(of: service).withLock { $0.behaviour = behaviour }
    }

    /// Lets every accepted change reach the name servers now.
    package func propagate() async throws { try await propagation.flush() }

    package var calls: [Call] { log.calls }

    package func forgetCalls() { log.clear() }

    /// As it was after the start.
    package func reset() async throws {
        try await propagation.flush()
        cloudflare.state.withLock { $0 = CloudflareState() }
        route53.state.withLock { $0 = Route53State() }
        cloudDNS.state.withLock { $0 = CloudDNSState() }
        for service in ServiceKind.allCases { setBehaviour(Behaviour(), of: service) }
        let delegated = names.withLock { names in
            defer { names.delegated = [] }
            return names.delegated
        }
        for name in delegated { try await zones.withdraw(name) }
        log.clear()
    }

    /// Reserves a delegation and gives a number for the names of its servers.
    func take(_ name: RecordName, isDelegated: Bool) throws -> Int {
        try names.withLock { names in
            if isDelegated, !names.delegated.insert(name).inserted {
                throw OrderRefused(description: "\(name) is delegated already: use \"delegated\": false")
            }
            names.next += 1
            return names.next
        }
    }

    private func throttle(of service: ServiceKind) -> Locked<Throttle> {
        switch service {
        case .cloudflare: cloudflare.throttle
        case .route53: route53.throttle
        case .cloudDNS: cloudDNS.throttle
        }
    }

    private static func server(_ port: UInt16, _ router: Router) throws -> HTTPServer {
        try HTTPServer(
            HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: port)), router: router)
    }
}
