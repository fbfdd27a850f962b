import Crypto

/// A look at all records of a domain at once.
struct DomainCheck: Sendable {
    var records: [RecordCheck]
    private let kinds: [DNSRecord.Kind]

    /// Asks for every record.
    static func look(_ domain: SendingDomain, _ context: ControlContext) async throws(CryptoError)
        -> DomainCheck
    {
        let expected = try domain.records(context)
        let checks = await withTaskGroup(of: (Int, RecordCheck).self) { group in
            for (index, record) in expected.enumerated() {
                group.addTask { (index, await look(record, context)) }
            }
            var checks: [(Int, RecordCheck)] = []
            for await check in group { checks.append(check) }
            return checks.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return DomainCheck(records: checks, kinds: expected.map(\.kind))
    }

    /// The zone's own servers decide. What proves something must stand there by itself, and not come from a
    /// wildcard, which would answer for any claim.
    private static func look(_ record: DNSRecord, _ context: ControlContext) async -> RecordCheck {
        if record.kind == .tracking { return await lookAtTracking(record, context) }
        if record.recordType == "MX" { return RecordCheck(record, await context.mailHosts(record.host)) }
        var check = RecordCheck(record, await context.dns(record.host))
        guard record.isProof, check.status == .ok else { return check }
        if let probe = record.wildcardProbe,
            RecordCheck(record, await context.dns(probe)).status == .ok
        {
            check.status = .mismatch
            check.reason = "a wildcard answers for every name there: publish the record itself"
        } else {
            check.resolvers = RecordCheck.visibility(record, await context.resolvers(record.host))
        }
        return check
    }

    /// An alias of the service, or what comes to the same: at the top of a zone, where none may stand, some
    /// DNS providers answer with the addresses of its target.
    private static func lookAtTracking(_ record: DNSRecord, _ context: ControlContext) async -> RecordCheck {
        let check = RecordCheck(record, await context.aliases(record.host))
        guard check.status == .missing,
            case .found(let found) = await context.addresses(record.host),
            case .found(let ours) = await context.addresses(record.value)
        else { return check }
        let leadsHere = Set(found).isSubset(of: ours)
        var other = RecordCheck(record, leadsHere ? .found([record.value]) : .found(found))
        other.reason = leadsHere ? "no alias, and the addresses are those of \(record.value)" : nil
        return other
    }

    /// What was found of the tracking host; nil when the domain has none.
    var tracking: RecordCheck.Status? { status(of: .tracking) }

    /// Whether the owner has proven himself and published a key: nothing is signed with a key that is not in
    /// DNS.
    var isProven: Bool {
        status(of: .ownership) == .ok && (status(of: .dkim) == .ok || hasNextKey)
    }

    /// Whether the key that is to take over is there.
    var hasNextKey: Bool { status(of: .nextDKIM) == .ok }

    /// Whether what proves the domain is surely not there; a look-up that failed does not say so.
    var isMissing: Bool {
        [DNSRecord.Kind.ownership, .dkim].contains { kind in
            let status = status(of: kind)
            return status == .missing || status == .mismatch
        }
    }

    /// What was found of one record.
    subscript(_ kind: DNSRecord.Kind) -> RecordCheck? { kinds.firstIndex(of: kind).map { records[$0] } }

    /// In words, for the one who has to mend it.
    var problems: [String] {
        records.filter { $0.status != .ok }.map { "\($0.purpose): \($0.status.rawValue)" }
    }

    /// The same look at a domain that another tenant has verified.
    var inConflict: DomainCheck {
        var copy = self
        for index in kinds.indices where kinds[index] == .ownership { copy.records[index].status = .conflict }
        return copy
    }

    private func status(of kind: DNSRecord.Kind) -> RecordCheck.Status? {
        self[kind]?.status
    }
}
