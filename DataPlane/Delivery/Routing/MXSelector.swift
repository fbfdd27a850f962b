import DNS
import EventLoop
import HTTPClient
import MailFormat
import SMTPWire

/// The questions that routing asks the DNS; a `Resolver` answers them.
package protocol MailHostLookup: AnyObject {
    func mx(_ domain: DNS.DomainName) async throws(DNSError) -> MXAnswer
    func addresses(_ host: DNS.DomainName) async throws(DNSError) -> HostAddresses
}

extension Resolver: MailHostLookup {}

/// Where a domain's mail goes.
package enum MailRoute: Hashable, Sendable {
    /// By the MX records, in order of preference; or the host of a fixed route.
    case hosts([Host], isFixed: Bool)
    /// Nowhere, for now (4xx) or for good (5xx).
    case none(SMTPReply)

    package struct Host: Hashable, Sendable {
        package let name: String
        package let port: UInt16
        package let preference: UInt16
        /// The DNS proves that this is one of the domain's hosts (RFC 7672 §2.2.1).
        package var isAuthentic = false
    }

    /// The name of the lane: the same for domains that have the same hosts. Nil when there is none.
    package var laneName: String? {
        guard case .hosts(let hosts, let isFixed) = self else { return nil }
        if isFixed, let host = hosts.first {
            return RouteTable.Route(host: host.name, port: host.port).description
        }
        return MailHostSet.name(hosts.map(\.name))
    }
}

/// Finds the hosts that take a domain's mail (RFC 5321 §5) and the addresses at which they may be tried. Loop
/// bound.
///
/// Fixed routes go first and may lead anywhere. What the DNS says may not: an address that the guard refuses
/// (private, or our own) is never connected to. A null MX, a domain that does not exist, and hosts without
/// any address are final; a DNS that cannot say is not. Limits: 10 hosts, 20 addresses.
package final class MXSelector {
    private static let maxHosts = 10
    private static let maxCandidates = 20

    let lookup: any MailHostLookup
    let routes: RouteTable
    private let egressGuard: EgressGuard
    private let port: UInt16
    private let usesIPv6: Bool

    /// - Parameter port: of hosts that the DNS names; another than 25 only in tests.
    package init(
        lookup: any MailHostLookup, routes: RouteTable = RouteTable(),
        egressGuard: EgressGuard = EgressGuard(),
        port: UInt16 = 25, usesIPv6: Bool = true
    ) {
        self.lookup = lookup
        self.routes = routes
        self.egressGuard = egressGuard
        self.port = port
        self.usesIPv6 = usesIPv6
    }

    /// Which hosts take a domain's mail. `domain` is what stands behind the `@`, an address literal included.
    package func route(for domain: String) async -> MailRoute {
        if let route = routes.route(for: domain) {
            return .hosts([.init(name: route.host, port: route.port, preference: 0)], isFixed: true)
        }
        if domain.utf8.first == UInt8(ascii: "[") {
            let literal = domain.dropFirst().dropLast()
            let ip = literal.lowercased().hasPrefix("ipv6:") ? String(literal.dropFirst(5)) : String(literal)
            return .hosts([.init(name: ip, port: port, preference: 0)], isFixed: false)
        }
        guard let ascii = try? MailFormat.DomainName.ascii(domain), let name = DNS.DomainName(ascii) else {
            return .none(SMTPReply(550, .init(5, 1, 2), "\(domain) is not a domain name"))
        }
        return await routeByDNS(name)
    }

    private func routeByDNS(_ name: DNS.DomainName) async -> MailRoute {
        let answer: MXAnswer
        do { answer = try await lookup.mx(name) } catch {
            return .none(Self.refusal(error, "\(name)"))
        }
        if answer.isNull { return .none(SMTPReply(556, .init(5, 1, 10), "\(name) takes no mail (null MX)")) }
        let hosts = answer.hosts.prefix(Self.maxHosts).map { host in
            MailRoute.Host(
                name: host.name.description, port: port, preference: host.preference,
                isAuthentic: answer.isAuthenticData)
        }
        guard !hosts.isEmpty else { return .none(SMTPReply(451, .init(4, 4, 3), "no mail host for \(name)")) }
        return .hosts(hosts, isFixed: false)
    }

    private static func refusal(_ error: DNSError, _ name: String) -> SMTPReply {
        switch error {
        case .nxdomain: SMTPReply(550, .init(5, 1, 2), "domain \(name) does not exist")
        case .noData: SMTPReply(550, .init(5, 1, 2), "domain \(name) has neither mail host nor address")
        case .servfail, .timedOut, .refused, .malformed:
            SMTPReply(451, .init(4, 4, 3), "DNS lookup for \(name) failed for now (\(error))")
        }
    }

    /// The addresses of a route's hosts, best first, or why there is none that may be tried.
    package func candidates(of route: MailRoute) async -> Result<[MailCandidate], RouteRefusal> {
        guard case .hosts(let hosts, let isFixed) = route else {
            if case .none(let reply) = route { return .failure(RouteRefusal(reply: reply)) }
            return .success([])
        }
        var candidates: [MailCandidate] = []
        var blocked: String?
        var transient: DNSError?
        for host in hosts {
            let addresses: [SocketAddress]
            do throws(DNSError) { addresses = try await self.addresses(of: host) } catch {
                if error.isTransient { transient = error }
                continue
            }
            for address in addresses where candidates.count < Self.maxCandidates {
                if !isFixed, case .blocked(let kind) = egressGuard.judge(ip: address) {
                    blocked = kind
                    continue
                }
                candidates.append(
                    MailCandidate(name: host.name, address: address, preference: host.preference))
            }
        }
        if !candidates.isEmpty { return .success(candidates) }
        return .failure(RouteRefusal(reply: Self.refusal(hosts, blocked: blocked, transient: transient)))
    }

    private func addresses(of host: MailRoute.Host) async throws(DNSError) -> [SocketAddress] {
        if let literal = SocketAddress(ip: host.name, port: host.port) { return [literal] }
        guard let name = DNS.DomainName(host.name) else { throw .nxdomain }
        let addresses = try await lookup.addresses(name)
        if usesIPv6 { return addresses.all(port: host.port) }
        return addresses.ipv4.map { $0.with(port: host.port) }
    }

    private static func refusal(_ hosts: [MailRoute.Host], blocked: String?, transient: DNSError?)
        -> SMTPReply
    {
        let names = hosts.map(\.name).joined(separator: ", ")
        if let transient {
            return SMTPReply(451, .init(4, 4, 3), "DNS lookup for \(names) failed for now (\(transient))")
        }
        if let blocked {
            return SMTPReply(
                550, .init(5, 4, 4), "mail host \(names) has no address on the Internet (\(blocked))")
        }
        return SMTPReply(550, .init(5, 4, 4), "mail host \(names) has no address")
    }
}

/// Why no address of a route can be tried.
package struct RouteRefusal: Error, Hashable, Sendable {
    package let reply: SMTPReply
}
