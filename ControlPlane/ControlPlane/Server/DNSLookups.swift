import DNS
import EventLoop
import HTTPClient

/// Asks a zone's own servers for the records that domains are verified by.
struct DNSLookups: Sendable {
    private let loop: EventLoop
    private let resolver: LoopBound<Resolver>

    /// - Parameters:
    ///   - nameServers: recursive servers; empty for those of the system.
    ///   - authoritativePort: another than 53 only in tests.
    ///   - egress: which servers may be asked directly.
    /// - Throws: `ControlPlaneService.Failure` when a name server is no address.
    init(nameServers: [String], authoritativePort: Int, egress: EgressGuard, on loop: EventLoop) async throws
    {
        let named = nameServers.joined(separator: ",")
        let servers =
            named.isEmpty ? ResolverSettings.systemServers() : ResolverSettings.servers(list: named) ?? []
        guard var settings = ResolverSettings(servers: servers) else {
            throw ControlPlaneService.Failure(
                description: "DISPATCH_NAME_SERVERS holds something that is no address")
        }
        settings.authoritativePort = UInt16(clamping: authoritativePort)
        settings.permitsAuthoritative = { egress.judge($0) == .allowed }
        let chosen = settings
        self.loop = loop
        resolver = try await loop.run { LoopBound(Resolver(on: loop, chosen), on: loop) }
    }

    func texts(_ name: String) async -> TXTLookup {
        guard let name = DNS.DomainName(name) else { return .missing }
        switch try? await loop.run({ await resolver.value.authoritativeTXT(name) }) {
        case .found(let texts)?: return texts.isEmpty ? .missing : .found(texts)
        case .missing?: return .missing
        case .unreachable(let reason)?: return .unreachable(reason)
        case nil: return .unreachable("the service is stopping")
        }
    }

    /// As the recursive servers have them, from their caches too.
    func cachedTexts(_ name: String) async -> TXTLookup {
        guard let name = DNS.DomainName(name) else { return .missing }
        do {
            let texts = try await loop.run { try await resolver.value.txt(name) }
            return texts.isEmpty ? .missing : .found(texts)
        } catch let error as DNSError {
            return error.isTransient ? .unreachable("\(error)") : .missing
        } catch { return .unreachable("the service is stopping") }
    }

    /// Of both families, as text.
    func addresses(_ name: String) async -> TXTLookup {
        guard let name = DNS.DomainName(name) else { return .missing }
        do {
            let found = try await loop.run { try await resolver.value.addresses(name) }
            let texts = (found.ipv4 + found.ipv6).map(\.ip)
            return texts.isEmpty ? .missing : .found(texts)
        } catch let error as DNSError {
            return error.isTransient ? .unreachable("\(error)") : .missing
        } catch { return .unreachable("the service is stopping") }
    }

    /// The target of the alias at a name itself.
    func aliases(_ name: String) async -> TXTLookup {
        guard let name = DNS.DomainName(name) else { return .missing }
        switch try? await loop.run({ await resolver.value.authoritative(name, .cname) }) {
        case .found(let records)?:
            let targets = records.compactMap { record in
                if case .cname(let target) = record.data { "\(target)" } else { nil }
            }
            return targets.isEmpty ? .missing : .found(targets)
        case .missing?: return .missing
        case .unreachable(let reason)?: return .unreachable(reason)
        case nil: return .unreachable("the service is stopping")
        }
    }

    /// Each as `10 mail.example.com`.
    func mailHosts(_ name: String) async -> TXTLookup {
        guard let name = DNS.DomainName(name) else { return .missing }
        switch try? await loop.run({ await resolver.value.authoritative(name, .mx) }) {
        case .found(let records)?:
            let hosts = records.compactMap { record in
                if case .mx(let preference, let host) = record.data { "\(preference) \(host)" } else { nil }
            }
            return hosts.isEmpty ? .missing : .found(hosts)
        case .missing?: return .missing
        case .unreachable(let reason)?: return .unreachable(reason)
        case nil: return .unreachable("the service is stopping")
        }
    }

    func delegation(_ name: String) async -> DelegationLookup {
        guard let name = DNS.DomainName(name) else { return .missing }
        do {
            return try await loop.run {
                let (zone, servers) = try await resolver.value.delegation(of: name)
                return .found(zone: zone.description, servers: servers.map(\.description))
            }
        } catch let error as DNSError where !error.isTransient {
            return .missing
        } catch { return .unreachable("\(error)") }
    }
}
