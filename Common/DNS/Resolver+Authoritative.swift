import EventLoop

extension Resolver {
    private static let maxReferrals = 4
    private static let maxServersAsked = 6

    /// The TXT records of a name as its zone's own servers have them now, past every cache.
    package func authoritativeTXT(_ name: DomainName) async -> AuthoritativeTXT {
        switch await authoritative(name, .txt) {
        case .found(let records): .found(Self.texts(records))
        case .missing(let nameExists): .missing(nameExists: nameExists)
        case .unreachable(let reason): .unreachable(reason)
        }
    }

    /// The records of a name as its zone's own servers have them now, past every cache.
    ///
    /// The zone cut is found by asking for NS records from the name upwards; the servers' addresses come from
    /// the recursive resolver and must pass `permitsAuthoritative`. Referrals and aliases are followed. One
    /// server that has the records is enough; "missing" takes an authoritative denial and no server that
    /// disagrees.
    package func authoritative(_ name: DomainName, _ type: RecordType) async -> AuthoritativeAnswer {
        let deadline = MonotonicTime.now().advanced(by: settings.questionTimeout * 2)
        var name = name
        for _ in 0...ResponseReading.maxAliases {
            switch await askZone(of: name, type, deadline) {
            case .answer(let answer): return answer
            case .alias(let target): name = target
            }
        }
        return .unreachable("more than \(ResponseReading.maxAliases) aliases")
    }

    /// The zone that a name lies in as the world is led to it, and the names of the zone's servers.
    ///
    /// - Throws: `.nxdomain` when not even a top-level domain answers for the name.
    package func delegation(
        of name: DomainName
    ) async throws(DNSError) -> (zone: DomainName, servers: [DomainName]) {
        try await zoneCut(above: name, MonotonicTime.now().advanced(by: settings.questionTimeout * 2))
    }

    private enum ZoneAnswer {
        case answer(AuthoritativeAnswer)
        case alias(DomainName)
    }

    private func askZone(
        of name: DomainName, _ type: RecordType, _ deadline: MonotonicTime
    ) async -> ZoneAnswer {
        var zone: DomainName
        var servers: [DomainName]
        // No alias stands at the top of a zone; and to ask for the name servers of an alias is to ask for
        // those of its target, which may not answer.
        let start = type == .cname ? name.parent ?? name : name
        do throws(DNSError) {
            (zone, servers) = try await zoneCut(above: start, deadline)
        } catch {
            return .answer(.unreachable("the zone of \(name) was not found: \(error)"))
        }
        for _ in 0...Self.maxReferrals {
            switch await askServers(of: zone, servers, Question(name, type), deadline) {
            case .answer(let answer): return .answer(answer)
            case .alias(let target): return .alias(target)
            case .referral(let child, let childServers): (zone, servers) = (child, childServers)
            }
        }
        return .answer(.unreachable("more than \(Self.maxReferrals) referrals for \(name)"))
    }

    /// The nearest zone at or above a name, and the names of its servers.
    private func zoneCut(
        above name: DomainName, _ deadline: MonotonicTime
    ) async throws(DNSError) -> (DomainName, [DomainName]) {
        var candidate = name
        while !candidate.isRoot {
            guard deadline > MonotonicTime.now() else { throw .timedOut }
            do throws(DNSError) {
                let answer = try await resolve(candidate, .ns)
                // An alias has the NS records of its target: that is no zone cut here.
                if answer.canonicalName == candidate {
                    return (
                        candidate,
                        answer.records.compactMap { if case .ns(let name) = $0.data { name } else { nil } }
                    )
                }
            } catch {
                if error.isTransient { throw error }
            }
            candidate = candidate.parent ?? .root
        }
        throw .nxdomain
    }

    private enum ServersAnswer {
        case answer(AuthoritativeAnswer)
        case alias(DomainName)
        case referral(zone: DomainName, servers: [DomainName])
    }

    private func askServers(
        of zone: DomainName, _ names: [DomainName], _ question: Question, _ deadline: MonotonicTime
    ) async -> ServersAnswer {
        let addresses = await serverAddresses(names)
        guard !addresses.isEmpty else {
            return .answer(.unreachable("no usable address of a name server of \(zone)"))
        }
        var denial: AuthoritativeAnswer?
        var trouble: [String] = []
        for address in addresses.prefix(Self.maxServersAsked) {
            guard deadline > MonotonicTime.now() else { break }
            let message: DNSMessage
            do throws(DNSError) {
                message = try await ask(address, question, recursionDesired: false, deadline: deadline)
            } catch {
                trouble.append("\(address.ip): \(error)")
                continue
            }
            let reading = ResponseReading(message, question, within: zone)
            if case .referral(let child, let servers) = reading.ending {
                // Only downwards: a server that points elsewhere does not serve the zone.
                if child != zone, child.isWithin(zone) { return .referral(zone: child, servers: servers) }
                trouble.append("\(address.ip): lame")
                continue
            }
            guard message.flags.contains(.authoritative) else {
                trouble.append("\(address.ip): not authoritative")
                continue
            }
            switch reading.ending {
            case .records(let records): return .answer(.found(records))
            case .alias: return .alias(reading.name)
            case .nxdomain: denial = denial ?? .missing(nameExists: false)
            case .noData: denial = .missing(nameExists: true)
            case .endless, .referral: trouble.append("\(address.ip): endless aliases")
            }
        }
        return .answer(
            denial ?? .unreachable("no server of \(zone) answered: " + trouble.joined(separator: ", ")))
    }

    /// The servers' addresses that may be asked, one of each server first.
    private func serverAddresses(_ names: [DomainName]) async -> [SocketAddress] {
        let names = names.prefix(Self.maxServersAsked)
        let open = names.map { (four: self.open(Question($0, .a)), six: self.open(Question($0, .aaaa))) }
        var lists: [[SocketAddress]] = []
        for (four, six) in open {
            var list: [SocketAddress] = []
            for result in [await result(of: four), await result(of: six)] {
                guard case .success(let answer) = result else { continue }
                list += answer.records.compactMap { $0.address(port: settings.authoritativePort) }
            }
            lists.append(list.filter(settings.permitsAuthoritative))
        }
        let longest = lists.map(\.count).max() ?? 0
        return (0..<longest).flatMap { index in lists.compactMap { index < $0.count ? $0[index] : nil } }
    }
}

extension ResourceRecord {
    /// The address of an A or AAAA record.
    func address(port: UInt16) -> SocketAddress? {
        switch data {
        case .a(let address): .ipv4(address, port: port)
        case .aaaa(let bytes): .ipv6(bytes, port: port)
        default: nil
        }
    }
}
