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
    private let only: Set<SetupPlan.Subject>?
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
        only = request.only
        setup = try await Self.setup(domain, account, zone, request, context)
        let delegation = DNSDelegation(name: domain.name, zone: zone, provider: provider, context: context)
        if let warning = try await delegation.check() { warnings.append(warning) }
    }

    /// A plan by what the zone holds now.
    func plan() async throws -> SetupPlan {
        let sets = try await read()
        let findings = await SetupLookups(context: context).findings(setup, sets: sets)
        let plan = try SetupPlanner.plan(setup, zone: zone, sets: sets, findings: findings)
        return only.map { plan.limited(to: $0) } ?? plan
    }

    func read() async throws -> [RecordSet] {
        do throws(DNSProviderError) { return try await provider.recordSets(at: setup.names, in: zone) } catch
        {
            throw error.answer
        }
    }

    // MARK: The domain's records

    private static func setup(
        _ domain: SendingDomain, _ account: DNSAccountRow, _ zone: DNSZone,
        _ request: DNSSetupRequest.Checked, _ context: ControlContext
    ) async throws -> DomainSetup {
        let records = try domain.records(context)
        func record(_ kind: DNSRecord.Kind) throws -> DNSRecord {
            guard let record = records.first(where: { $0.kind == kind }) else { throw APIError.internalError }
            return record
        }
        let (ownership, key) = (try record(.ownership), try record(.dkim))
        let next = records.first { $0.kind == .nextDKIM }
        let old = request.only?.contains(.oldDKIM) == true ? records.first { $0.kind == .oldDKIM } : nil
        let tracking = records.first { $0.kind == .tracking }
        return DomainSetup(
            domain: domain.name, ownership: (ownership.host, ownership.value), dkim: (key.host, key.value),
            nextDKIM: next.map { ($0.host, $0.value) }, oldDKIM: old.map { ($0.host, $0.value) },
            serviceHost: context.serviceHost, returnPath: try record(.returnPath).host,
            tracking: tracking.map { ($0.host, $0.value) },
            spfAction: request.spfAction, dmarcAction: request.dmarcAction,
            reportAddress: request.reportAddress,
            ownValues: try await DNSChangeRow.ownValues(
                domain.tenant, kind: account.kind, zone: zone.id, context.pool))
    }
}
