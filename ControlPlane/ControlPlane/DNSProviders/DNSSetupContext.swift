import DNSProviders
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// One set-up on its way: a domain, the account and zone that it is made in, and what is asked for.
struct DNSSetupContext: Sendable {
    let domain: SendingDomain
    let account: DNSAccountRow
    let provider: any DNSProvider
    let zone: DNSZone
    let setup: DomainSetup
    let context: ControlContext
    /// What the caller should know although nothing is refused.
    private(set) var warnings: [String] = []

    init(
        domain: SendingDomain, account: DNSAccountRow, provider: any DNSProvider, zone: DNSZone,
        request: DNSSetupRequest.Checked, context: ControlContext
    ) async throws {
        self.domain = domain
        self.account = account
        self.provider = provider
        self.zone = zone
        self.context = context
        setup = try await Self.setup(domain, account, zone, request, context)
        if let warning = try await Self.requireDelegation(of: domain.name, to: zone, context) {
            warnings.append(warning)
        }
    }

    /// A plan by what the zone holds now.
    func plan() async throws -> SetupPlan {
        let sets = try await read()
        let findings = await SetupLookups(context: context).findings(setup, sets: sets)
        return try SetupPlanner.plan(setup, zone: zone, sets: sets, findings: findings)
    }

    func read() async throws -> [RecordSet] {
        do throws(DNSProviderError) { return try await provider.recordSets(at: setup.names, in: zone) } catch {
            throw error.answer
        }
    }

    // MARK: The domain's records

    private static func setup(
        _ domain: SendingDomain, _ account: DNSAccountRow, _ zone: DNSZone,
        _ request: DNSSetupRequest.Checked, _ context: ControlContext
    ) async throws -> DomainSetup {
        let records = try DNSRecord.expected(of: domain, serviceHost: context.serviceHost)
        func record(_ kind: DNSRecord.Kind) throws -> DNSRecord {
            guard let record = records.first(where: { $0.kind == kind }) else { throw APIError.internalError }
            return record
        }
        let (ownership, key) = (try record(.ownership), try record(.dkim))
        return DomainSetup(
            domain: domain.name, ownership: (ownership.host, ownership.value), dkim: (key.host, key.value),
            serviceHost: context.serviceHost, returnPath: try record(.returnPath).host,
            spfAction: request.spfAction, dmarcAction: request.dmarcAction,
            reportAddress: request.reportAddress,
            ownValues: try await DNSChangeRow.ownValues(
                domain.tenant, kind: account.kind, zone: zone.id, context.pool))
    }

    // MARK: The zone

    /// Records in a zone that nobody is led to are of no use, and say that all is well.
    ///
    /// - Returns: a warning, when only some of the servers are this zone's.
    private static func requireDelegation(
        of name: String, to zone: DNSZone, _ context: ControlContext
    ) async throws(APIError) -> String? {
        guard zone.holds(name) else {
            throw APIError(
                400, "zone_mismatch", "\(name) does not lie in the zone \(zone.name).", field: "zone_id")
        }
        if let reason = zone.inactiveReason {
            throw APIError(
                409, "zone_not_delegated", "The provider does not serve \(zone.name): \(reason).",
                field: "zone_id")
        }
        switch await context.delegation(name) {
        case .unreachable(let reason):
            throw APIError(
                503, "dns_unreachable", "Where \(name) is delegated to could not be looked up: \(reason).",
                retryAfterSeconds: 10)
        case .missing:
            throw APIError(
                409, "zone_not_delegated", "No name server answers for \(name).", field: "zone_id")
        case .found(let live, let servers):
            return try compare(zone, live: live, servers, of: name)
        }
    }

    private static func compare(
        _ zone: DNSZone, live: String, _ servers: [String], of name: String
    ) throws(APIError) -> String? {
        let lives = servers.map(RecordKey.normal).sorted()
        guard RecordKey.normal(live) == zone.name else {
            throw APIError(
                409, "zone_not_delegated",
                "\(name) is served from the zone \(live), not from \(zone.name).", field: "zone_id")
        }
        if lives == zone.nameServers { return nil }
        guard !Set(lives).isDisjoint(with: zone.nameServers) else {
            throw APIError(
                409, "zone_not_delegated",
                "\(zone.name) is delegated to \(lives.joined(separator: ", ")); this zone is at "
                    + "\(zone.nameServers.joined(separator: ", ")).", field: "zone_id")
        }
        return "\(zone.name) is delegated to \(lives.joined(separator: ", ")), and not all of these belong to "
            + "the zone that is changed: \(zone.nameServers.joined(separator: ", "))"
    }
}
