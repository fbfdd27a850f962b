import EventLoop

extension Resolver {
    /// Where a domain takes its mail: MX records, else the domain's own addresses (RFC 5321 §5.1).
    ///
    /// - Throws: `.nxdomain` when there is no such domain, `.noData` when it has neither MX record nor
    ///   address.
    package func mx(_ domain: DomainName) async throws(DNSError) -> MXAnswer {
        let answer: Answer
        do {
            answer = try await resolve(domain, .mx)
        } catch {
            guard error == .noData else { throw error }
            return try await implicitMX(domain)
        }
        let hosts = answer.records.compactMap { record in
            if case .mx(let preference, let exchange) = record.data {
                MailHost(preference: preference, name: exchange)
            } else {
                nil
            }
        }
        // RFC 7505 §3: a "." beside other records is a mistake, and only those count.
        let real = hosts.filter { !$0.name.isRoot }.shuffled(using: &random).sorted {
            $0.preference < $1.preference
        }
        return MXAnswer(
            hosts: real, isNull: real.isEmpty, isImplicit: false, isAuthenticData: answer.isAuthenticData,
            ttlSeconds: answer.ttlSeconds)
    }

    private func implicitMX(_ domain: DomainName) async throws(DNSError) -> MXAnswer {
        let addresses = try await addresses(domain)
        return MXAnswer(
            hosts: [MailHost(preference: 0, name: domain)], isNull: false, isImplicit: true,
            isAuthenticData: addresses.isAuthenticData, ttlSeconds: addresses.ttlSeconds)
    }

    /// The IPv4 and IPv6 addresses of a host, asked for at the same time.
    ///
    /// One family is enough. Without any address a temporary failure of either counts before "there is none".
    package func addresses(_ host: DomainName) async throws(DNSError) -> HostAddresses {
        let four = open(Question(host, .a))
        let six = open(Question(host, .aaaa))
        let results = [await result(of: four), await result(of: six)]
        let answers = results.compactMap { try? $0.get() }
        guard let first = answers.first else { throw Self.worst(results) }
        let records = answers.flatMap(\.records)
        return HostAddresses(
            ipv4: records.compactMap {
                if case .a(let address) = $0.data { .ipv4(address, port: 0) } else { nil }
            },
            ipv6: records.compactMap {
                if case .aaaa(let bytes) = $0.data { .ipv6(bytes, port: 0) } else { nil }
            },
            canonicalName: first.canonicalName, isAuthenticData: answers.allSatisfy(\.isAuthenticData),
            ttlSeconds: answers.map(\.ttlSeconds).min() ?? 0)
    }

    private static func worst(_ results: [AnswerCache.Result]) -> DNSError {
        var worst = DNSError.nxdomain
        for case .failure(let error) in results where error.isTransient || worst == .nxdomain {
            worst = error
        }
        return worst
    }

    /// The TXT records of a name, each with its strings joined. Bytes that are not UTF-8 come out as U+FFFD.
    package func txt(_ name: DomainName) async throws(DNSError) -> [String] {
        Self.texts(try await resolve(name, .txt).records)
    }

    /// The name servers of a zone. Aliases are followed: compare `canonicalName` before taking a name for a
    /// zone cut.
    package func ns(_ zone: DomainName) async throws(DNSError) -> [DomainName] {
        try await resolve(zone, .ns).records.compactMap {
            if case .ns(let name) = $0.data { name } else { nil }
        }
    }

    /// Certificate associations of DANE with whether they are authentic; without that they mean nothing.
    package func tlsa(_ name: DomainName) async throws(DNSError) -> (
        records: [TLSARecord], isAuthenticData: Bool
    ) {
        let answer = try await resolve(name, .tlsa)
        let records = answer.records.compactMap { if case .tlsa(let tlsa) = $0.data { tlsa } else { nil } }
        return (records, answer.isAuthenticData)
    }

    package func soa(_ zone: DomainName) async throws(DNSError) -> SOARecord {
        for record in try await resolve(zone, .soa).records {
            if case .soa(let soa) = record.data { return soa }
        }
        throw .noData
    }

    /// The names that an address claims, RFC 1035 §3.5 and RFC 3596 §2.5.
    package func ptr(_ address: SocketAddress) async throws(DNSError) -> [DomainName] {
        guard let name = DomainName(reverseOf: address) else { throw .noData }
        return try await resolve(name, .ptr).records.compactMap {
            if case .ptr(let name) = $0.data { name } else { nil }
        }
    }

    static func texts(_ records: [ResourceRecord]) -> [String] {
        records.compactMap {
            if case .txt(let bytes) = $0.data { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }
}

extension DomainName {
    /// `4.3.2.1.in-addr.arpa` or 32 nibbles under `ip6.arpa`; nil for a path.
    package init?(reverseOf address: SocketAddress) {
        switch address {
        case .ipv4(let address, _):
            let bytes = (0..<4).map { String(address >> (8 * $0) & 0xFF) }
            self.init(bytes.joined(separator: ".") + ".in-addr.arpa")
        case .ipv6(let bytes, _):
            let nibbles = bytes.reversed().flatMap {
                [String($0 & 0xF, radix: 16), String($0 >> 4, radix: 16)]
            }
            self.init(nibbles.joined(separator: ".") + ".ip6.arpa")
        case .unix:
            return nil
        }
    }
}
