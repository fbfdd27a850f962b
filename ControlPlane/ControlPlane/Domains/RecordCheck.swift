import HTTP
import MailAuth

/// What a look at one record found.
struct RecordCheck: Codable, Sendable, Equatable {
    enum Status: String, Codable, Sendable {
        case ok, missing, mismatch
        /// It is right, and another tenant has the domain.
        case conflict
        /// Nobody could be asked. This says nothing about the record.
        case unreachable
    }

    let recordType: String
    let host: String
    let purpose: String
    let expected: String
    let found: [String]
    var status: Status
    /// Why it could not be asked, or does not count.
    var reason: String?
    /// What the configured resolvers say of a record that the zone's own servers have: `not_yet` while they
    /// remember that there was none.
    var resolvers: Visibility?

    enum Visibility: String, Codable, Sendable { case seen, notYet = "not_yet", unreachable }

    static let schema = Schema.record([
        "record_type": .choice("TXT", "MX", "CNAME"), "host": .string.example("_cybdispatch.yourdomain.com"),
        "purpose": .string.example("Domain verification"), "expected": .string.example("cyb-verify-abc123"),
        "found": Schema.array(.string.example("cyb-verify-abc123")),
        "status": .choice("ok", "missing", "mismatch", "conflict", "unreachable"),
        "reason": .string.optional.described("Why it could not be asked, or does not count."),
        "resolvers": .choice("seen", "not_yet", "unreachable").optional.described(
            "What resolvers say of a record that the zone's own servers have."),
    ]).named("RecordCheck")

    /// What is kept of a name with very many records, or very long ones.
    private static let maxFound = 20
    private static let maxFoundCharacters = 1000

    init(_ record: DNSRecord, _ lookup: TXTLookup) {
        recordType = record.recordType
        host = record.host
        purpose = record.purpose
        expected = record.value
        switch lookup {
        case .found(let texts):
            found = texts.prefix(Self.maxFound).map { String($0.prefix(Self.maxFoundCharacters)) }
            status = Self.judge(record, texts)
        case .missing:
            found = []
            status = .missing
        case .unreachable(let reason):
            found = []
            status = .unreachable
            self.reason = reason
        }
    }

    /// Whether the answer of the resolvers shows the record too.
    static func visibility(_ record: DNSRecord, _ lookup: TXTLookup) -> Visibility {
        switch lookup {
        case .found(let texts): judge(record, texts) == .ok ? .seen : .notYet
        case .missing: .notYet
        case .unreachable: .unreachable
        }
    }

    private static func judge(_ record: DNSRecord, _ texts: [String]) -> Status {
        switch record.kind {
        case .ownership: texts.contains { $0.trimmingWhitespace == record.value } ? .ok : .mismatch
        case .dkim, .nextDKIM, .oldDKIM: texts.contains { isSameKey($0, record.value) } ? .ok : .mismatch
        case .spf, .returnPathSPF: spf(record, texts)
        // Which policy stands there is the owner's choice.
        case .dmarc: texts.contains { $0.lowercased().hasPrefix("v=dmarc1") } ? .ok : .missing
        case .tracking: texts.contains { host(of: $0) == host(of: record.value) } ? .ok : .mismatch
        case .returnPath: texts.contains { host(of: $0) == host(of: record.value) } ? .ok : .mismatch
        }
    }

    /// DNS providers change spaces and the order of tags; the key is what counts.
    private static func isSameKey(_ found: String, _ expected: String) -> Bool {
        guard let found = DKIMKeyRecord(found), let expected = DKIMKeyRecord(expected) else { return false }
        return found.publicKey == expected.publicKey && found.keyType == expected.keyType
    }

    /// RFC 7208 §4.5: with more than one SPF record none counts.
    private static func spf(_ record: DNSRecord, _ texts: [String]) -> Status {
        let policies = texts.map { $0.lowercased() }.filter { $0 == "v=spf1" || $0.hasPrefix("v=spf1 ") }
        guard let policy = policies.first else { return .missing }
        let wanted = record.value.lowercased().split(separator: " ").first { $0.hasPrefix("include:") }
        guard let wanted, policies.count == 1 else { return .mismatch }
        return policy.split(separator: " ").contains { $0 == wanted || $0 == "+\(wanted)" } ? .ok : .mismatch
    }

    /// `mail.example.com` of `10 mail.example.com.`
    private static func host(of text: String) -> String {
        let host = text.split(separator: " ").last.map { $0.lowercased() } ?? ""
        return host.hasSuffix(".") ? String(host.dropLast()) : host
    }
}
