import DNSProviders
import FoundationEssentials
import HTTP

/// What a set-up did, or would do, record by record.
struct DNSSetupAnswer: Encodable, Sendable {
    struct Record: Encodable, Sendable {
        let purpose: String
        let recordType: String
        let host: String
        let action: String
        let before: [String]
        let after: [String]
        let why: String
        let instructions: String?
        /// What the zone's own servers answered afterwards; nothing for a dry run.
        var proof: Proof?
    }

    struct Proof: Encodable, Sendable {
        let status: String
        let found: [String]
        let reason: String?
    }

    struct Zone: Encodable, Sendable {
        let id: String
        let name: String
        let nameServers: [String]
    }

    let dryRun: Bool
    @OrNull var undoID: String?
    let zone: Zone
    var records: [Record]
    var warnings: [String]
    /// Whether the provider says that its servers have the change; nothing where it does not tell.
    var providerIsInSync: Bool?
    var verified: Bool?

    enum CodingKeys: String, CodingKey {
        case dryRun, zone, records, warnings, providerIsInSync, verified
        case undoID = "undoId"
    }

    init(_ setup: DNSSetupContext, _ plan: SetupPlan, dryRun: Bool, undoID: String?) {
        self.dryRun = dryRun
        _undoID = OrNull(wrappedValue: undoID)
        zone = Zone(id: setup.zone.id, name: setup.zone.name, nameServers: setup.zone.nameServers)
        records = plan.steps.map { step in
            Record(
                purpose: step.subject.rawValue, recordType: step.key.type, host: step.key.name,
                action: step.action.rawValue, before: step.before, after: step.after, why: step.why,
                instructions: step.instructions)
        }
        warnings = setup.warnings + plan.warnings
    }

    /// Whether everything that was written was seen.
    func isProven(by check: DomainCheck) -> Bool {
        records.allSatisfy { record in
            let isWritten = record.action == "create" || record.action == "update"
            return !isWritten || check[Self.kind(record.purpose)]?.status == .ok
        }
    }

    private static func kind(_ purpose: String) -> DNSRecord.Kind {
        switch SetupPlan.Subject(rawValue: purpose) {
        case .ownership, nil: .ownership
        case .dkim: .dkim
        case .nextDKIM: .nextDKIM
        case .oldDKIM: .oldDKIM
        case .spf: .spf
        case .dmarc: .dmarc
        case .returnPath: .returnPath
        case .returnPathSPF: .returnPathSPF
        case .tracking: .tracking
        }
    }

    /// Adds what was seen at each record's name.
    mutating func prove(by check: DomainCheck) {
        for index in records.indices {
            guard let found = check[Self.kind(records[index].purpose)] else { continue }
            records[index].proof = Proof(
                status: found.status.rawValue, found: found.found, reason: found.reason)
        }
    }

    static let schema = Schema.record([
        "dry_run": .boolean, "undo_id": Schema.uuid.usuallyThere, "zone": zoneSchema,
        "records": .array(recordSchema), "warnings": .array(.string),
        "provider_is_in_sync": .boolean.example(true).optional, "verified": .boolean.example(true).optional,
    ]).named("DNSSetup")

    private static let zoneSchema = Schema.record([
        "id": .string.example("abc123"), "name": .string.example("yourdomain.com"),
        "name_servers": Schema.array(.string.example("ada.ns.cloudflare.com")),
    ])

    private static let recordSchema = Schema.record([
        "purpose": .choice(SetupPlan.Subject.allCases.map(\.rawValue)).example("spf"),
        "record_type": .choice("TXT", "MX", "CNAME"), "host": .string.example("yourdomain.com"),
        "action": .choice("create", "update", "none", "skip", "manual").example("update"),
        "before": Schema.array(.string.example("v=spf1 mx -all")),
        "after": Schema.array(.string.example(spf)),
        "why": .string.example("The include is added before `all`"),
        "instructions": .string.optional.described("What a person does, for `manual`."),
        "proof": .record([
            "status": .choice("ok", "missing", "mismatch", "conflict", "unreachable"),
            "found": Schema.array(.string.example(spf)), "reason": .string.optional,
        ]).optional.described("What the zone's own servers answered; not in a dry run."),
    ])

    private static let spf: DocumentValue = "v=spf1 mx include:dispatch.example.com -all"
}
