import Crypto

/// A look at all records of a domain at once.
struct DomainCheck: Sendable {
    var records: [RecordCheck]
    private let kinds: [DNSRecord.Kind]

    /// Asks for every record.
    static func look(_ domain: SendingDomain, _ context: ControlContext) async throws(CryptoError)
        -> DomainCheck
    {
        let expected = try DNSRecord.expected(of: domain, serviceHost: context.serviceHost)
        let checks = await withTaskGroup(of: (Int, RecordCheck).self) { group in
            for (index, record) in expected.enumerated() {
                group.addTask {
                    let lookup =
                        record.recordType == "MX"
                        ? await context.mailHosts(record.host) : await context.dns(record.host)
                    return (index, RecordCheck(record, lookup))
                }
            }
            var checks: [(Int, RecordCheck)] = []
            for await check in group { checks.append(check) }
            return checks.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return DomainCheck(records: checks, kinds: expected.map(\.kind))
    }

    /// Whether the owner has proven himself and published the key: nothing is signed with a key that is not
    /// in DNS.
    var isProven: Bool { status(of: .ownership) == .ok && status(of: .dkim) == .ok }

    /// Whether one of the two records is surely not there; a look-up that failed does not say so.
    var isMissing: Bool {
        [DNSRecord.Kind.ownership, .dkim].contains { kind in
            let status = status(of: kind)
            return status == .missing || status == .mismatch
        }
    }

    /// The same look at a domain that another tenant has verified.
    var inConflict: DomainCheck {
        var copy = self
        for index in kinds.indices where kinds[index] == .ownership { copy.records[index].status = .conflict }
        return copy
    }

    private func status(of kind: DNSRecord.Kind) -> RecordCheck.Status? {
        kinds.firstIndex(of: kind).map { records[$0].status }
    }
}
