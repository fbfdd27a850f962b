/// What a response says about a question: follows aliases inside the message and tells the kinds of "no"
/// apart. Pure; used alike for resolvers and authoritative servers.
struct ResponseReading: Equatable {
    enum Ending: Equatable {
        /// The records of the asked type at `name`; never empty.
        case records([ResourceRecord])
        /// The message ends on an alias to `name` and says nothing about that name.
        case alias
        case nxdomain
        case noData
        /// The server knows only who knows: the servers of `zone`.
        case referral(zone: DomainName, servers: [DomainName])
        /// More aliases than the limit, or a loop of them.
        case endless
    }

    static let maxAliases = 8

    /// Where the aliases of the message led; the asked name when there were none.
    var name: DomainName
    /// The aliases passed.
    var aliases = 0
    /// How long this may be kept: the least TTL of aliases and records, or of RFC 2308 §5 when there are
    /// none. Nil when the answer says none, and must then not be kept.
    var ttlSeconds: UInt32?
    var ending: Ending

    /// - Parameter zone: only records with an owner inside it count; the root for a resolver that is trusted.
    init(_ message: DNSMessage, _ question: Question, within zone: DomainName = .root) {
        name = question.name
        ending = .endless
        while aliases <= Self.maxAliases {
            let records = name.isWithin(zone) ? Self.records(question.type, of: name, in: message) : []
            if !records.isEmpty {
                keep(atMost: records.lazy.map(\.ttlSeconds).min())
                ending = .records(records)
                return
            }
            guard let (target, ttl) = Self.alias(of: name, in: message), name.isWithin(zone) else {
                endWithoutRecords(message, zone)
                return
            }
            keep(atMost: ttl)
            name = target
            aliases += 1
        }
    }

    private static func records(
        _ type: RecordType, of name: DomainName, in message: DNSMessage
    ) -> [ResourceRecord] {
        message.answers.filter { $0.name == name && $0.type == type && $0.recordClass == 1 }
    }

    private static func alias(of name: DomainName, in message: DNSMessage) -> (DomainName, UInt32)? {
        for record in message.answers where record.name == name {
            if case .cname(let target) = record.data { return (target, record.ttlSeconds) }
        }
        return nil
    }

    private mutating func endWithoutRecords(_ message: DNSMessage, _ zone: DomainName) {
        let soaTTL = Self.negativeTTL(of: name, in: message)
        if aliases > 0, soaTTL == nil || !name.isWithin(zone) {
            // RFC 6604 §3: the code speaks of the last name, so NXDOMAIN needs no SOA record to be believed.
            guard message.responseCode == .nameError, name.isWithin(zone) else {
                ending = .alias
                return
            }
        }
        if message.responseCode != .nameError, soaTTL == nil,
            let referral = Self.referral(for: name, in: message)
        {
            ending = referral
            return
        }
        ending = message.responseCode == .nameError ? .nxdomain : .noData
        guard let soaTTL else {
            ttlSeconds = nil
            return
        }
        keep(atMost: soaTTL)
    }

    private mutating func keep(atMost ttl: UInt32?) {
        guard let ttl else { return }
        ttlSeconds = min(ttl, ttlSeconds ?? ttl)
    }

    /// RFC 2308 §5: the lesser of the SOA record's TTL and its minimum field.
    private static func negativeTTL(of name: DomainName, in message: DNSMessage) -> UInt32? {
        for record in message.authority where name.isWithin(record.name) {
            if case .soa(let soa) = record.data { return min(record.ttlSeconds, soa.minimumSeconds) }
        }
        return nil
    }

    /// RFC 2308 §2.2: NS records and no SOA record mean "ask those".
    private static func referral(for name: DomainName, in message: DNSMessage) -> Ending? {
        guard !message.flags.contains(.authoritative), message.answers.isEmpty else { return nil }
        var zone: DomainName?
        var servers: [DomainName] = []
        for record in message.authority where name.isWithin(record.name) {
            guard case .ns(let server) = record.data, zone == nil || zone == record.name else { continue }
            zone = record.name
            servers.append(server)
        }
        guard let zone else { return nil }
        return .referral(zone: zone, servers: servers)
    }
}
