import DNSProviders
import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Publishes the records of a domain through its owner's DNS provider: plan, apply, prove, undo.
///
/// A dry run answers the plan. A real one notes every record set as it was, asks the provider for one change
/// that holds only if nothing moved, reads the zone again, then asks the zone's own servers. The account at
/// the provider belongs to the calling user, the domain to the tenant.
package struct DNSSetupRoutes: Sendable {
    /// Before each look at the zone's own servers.
    package static let proofPauses: [Duration] = [.milliseconds(300), .seconds(1), .seconds(2), .seconds(3)]

    private let context: ControlContext
    private let authenticator: Authenticator
    private let accounts: DNSAccounts
    private let domains: Domains
    private let proofPauses: [Duration]

    package init(
        _ context: ControlContext, _ authenticator: Authenticator, _ accounts: DNSAccounts,
        proofPauses: [Duration] = proofPauses
    ) {
        self.context = context
        self.authenticator = authenticator
        self.accounts = accounts
        self.proofPauses = proofPauses
        domains = Domains(context, authenticator)
    }

    package func add(to router: inout Router) {
        router.tenant(
            .post, "/domains/{domain_id}/dns-setup", authenticator, needs: .role(.member),
            RouteInfo(
                summary: "Auto-configure DNS via provider",
                details: "With `dry_run=true` nothing is changed and the plan is answered.", tag: "Domains",
                parameters: [.query("dry_run", .boolean.described("Only answer the plan."))],
                requestSchema: DNSSetupRequest.schema,
                responses: Self.setUpResponses)
        ) { try await setUp($0) }
        router.tenant(
            .get, "/domains/{domain_id}/dns-setup", authenticator, needs: .scope("domains:read"),
            RouteInfo(
                summary: "List what was set up in DNS", details: "The newest 50, with their undo ids.",
                tag: "Domains",
                responses: [.init(200, "The changes.", .data(.array(DNSChangeView.schema)))])
        ) { call in
            let domain = try await domain(call)
            return try .data(try await DNSChangeView.list(domain, context.pool))
        }
        router.tenant(
            .post, "/domains/{domain_id}/dns-setup/{undo_id}/undo", authenticator,
            needs: .role(.member),
            RouteInfo(
                summary: "Undo a DNS set-up",
                details: "Only while the zone still holds what was written. Values that others have added "
                    + "since stay.", tag: "Domains",
                responses: Self.undoResponses)
        ) { try await undo($0) }
    }

    // MARK: Set-up

    private func setUp(_ call: TenantCall) async throws -> HTTPResponse {
        let subject = try call.caller.requireSubject()
        let request = try await call.decode(DNSSetupRequest.self).checked()
        let isDryRun = try Self.isDryRun(call.request.query)
        let domain = try await domain(call)
        let setup = try await open(request, domain, subject)
        let plan = try await setup.plan()
        guard !isDryRun else {
            let answer = DNSSetupAnswer(setup, plan, dryRun: true, undoID: nil)
            return try .data(answer, message: "Nothing was changed")
        }
        guard !plan.changes.isEmpty else {
            return try await proven(
                DNSSetupAnswer(setup, plan, dryRun: false, undoID: nil), setup, call.actor)
        }
        let undoID = try await DNSChangeRow.begin(plan.changes, setup, subject: subject)
        let applied = try await apply(plan, setup, undoID, call.actor)
        var answer = DNSSetupAnswer(setup, applied.plan, dryRun: false, undoID: undoID.text)
        answer.providerIsInSync = applied.isInSync
        answer.warnings += applied.differences
        return try await proven(answer, setup, call.actor)
    }

    /// Does what one record needs, in the zone and by the account of an earlier set-up.
    func change(
        _ subject: SetupPlan.Subject, of domain: SendingDomain, like earlier: DNSChangeRow, actor: AuditActor
    ) async throws {
        let request = DNSSetupRequest.Checked(
            provider: earlier.providerID, zone: earlier.zoneID, spfAction: .skip, dmarcAction: .skip,
            reportAddress: nil, only: [subject])
        let setup = try await open(request, domain, earlier.subject)
        let plan = try await setup.plan()
        guard !plan.changes.isEmpty else { return }
        let undoID = try await DNSChangeRow.begin(plan.changes, setup, subject: earlier.subject)
        _ = try await apply(plan, setup, undoID, actor)
    }

    private func apply(
        _ plan: SetupPlan, _ setup: DNSSetupContext, _ undoID: UUID, _ actor: AuditActor
    ) async throws -> DNSApplication.Applied {
        func end(_ state: String, _ action: String?, _ plan: SetupPlan) async throws {
            let records = plan.changes.map(\.key.description).joined(separator: ", ")
            try await DNSChangeRow.end(
                undoID, setup.domain, state: state, actor: actor, action: action,
                detail: [
                    "domain": setup.domain.name, "zone": setup.zone.name, "records": records,
                    "provider": setup.account.kind.rawValue, "undo_id": undoID.text, "outcome": state,
                ], context.pool)
        }
        do {
            let applied = try await DNSApplication(setup: setup, undoID: undoID).run(plan)
            try await end("applied", "domain.dns_set_up", applied.plan)
            return applied
        } catch {
            let doubt = (error as? DNSProviderError)?.leavesDoubt == true
            try await end(doubt ? "unknown" : "failed", doubt ? "domain.dns_set_up" : nil, plan)
            throw (error as? DNSProviderError)?.answer ?? error
        }
    }

    /// Asks the zone's own servers for what was written, for a few seconds: they learn of it when the
    /// provider tells them. A domain whose records are seen is verified.
    private func proven(
        _ answer: DNSSetupAnswer, _ setup: DNSSetupContext, _ actor: AuditActor
    ) async throws -> HTTPResponse {
        var answer = answer
        var check = try await DomainCheck.look(setup.domain, context)
        for pause in proofPauses where answer.undoID != nil && !answer.isProven(by: check) {
            await EventLoop.current?.sleep(pause)
            check = try await DomainCheck.look(setup.domain, context)
        }
        answer.prove(by: check)
        let (domain, _) = try await domains.store(check, of: setup.domain, actor: actor)
        answer.verified = domain.isVerified
        let message = answer.undoID == nil ? "Nothing to change" : "DNS records set up"
        return try .data(answer, message: message)
    }

    private static func isDryRun(_ query: QueryItems) throws(APIError) -> Bool {
        switch query["dry_run"] {
        case nil, "false", "0": return false
        case "true", "1": return true
        default: throw .invalid("dry_run", "must be true or false")
        }
    }

    private func domain(_ call: TenantCall) async throws -> SendingDomain {
        try await domains.find(call.tenant, try call.id("domain_id", of: "domain"), as: call.rows)
    }

    private func open(
        _ request: DNSSetupRequest.Checked, _ domain: SendingDomain, _ subject: String
    ) async throws -> DNSSetupContext {
        let account = try await DNSAccountRow.find(request.provider, of: subject, context.pool)
        let credential = try account.credential(context.masterSeal)
        let provider: any DNSProvider
        let zone: DNSZone
        do throws(DNSProviderError) {
            provider = try accounts.open(credential, as: account.id.text)
            zone = try await provider.zone(request.zone)
        } catch { throw error.answer }
        return try await DNSSetupContext(
            domain: domain, account: account, provider: provider, zone: zone, request: request,
            context: context)
    }

    // MARK: Undo

    private func undo(_ call: TenantCall) async throws -> HTTPResponse {
        let subject = try call.caller.requireSubject()
        let domain = try await domain(call)
        let id = try call.id("undo_id", of: "dns change")
        let change = try await DNSChangeRow.take(id, of: domain.id, call.tenant, context.pool)
        do {
            let account = try await DNSAccountRow.find(change.providerID, of: subject, context.pool)
            let provider = try accounts.open(
                try account.credential(context.masterSeal), as: account.id.text)
            let undone = try await DNSUndo(provider: provider, change: change).run()
            try await DNSChangeRow.end(
                id, domain, state: "undone", actor: call.actor, action: "domain.dns_undone",
                detail: ["domain": domain.name, "zone": change.zoneName, "undo_id": id.text], context.pool)
            return try .data(
                DNSUndoAnswer(undoID: id.text, records: undone.map { .init($0) }), message: "Undone")
        } catch {
            let doubt = (error as? DNSProviderError)?.leavesDoubt == true
            try await DNSChangeRow.end(
                id, domain, state: doubt ? "unknown" : change.state, actor: call.actor,
                action: doubt ? "domain.dns_undone" : nil,
                detail: ["domain": domain.name, "undo_id": id.text, "outcome": "unknown"], context.pool)
            throw (error as? DNSProviderError)?.answer ?? error
        }
    }
}
