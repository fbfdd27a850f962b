import DNS
import EventLoop
import MailAuth
import MailFormat

/// Decides what is asked of the TLS of a connection: DANE first, then MTA-STS, else what the caller wants.
/// Loop bound.
///
/// Policies belong to the recipient's domain, and DANE to each of its hosts besides. Where a host has TLSA
/// records, named by authentic MX records, those alone decide (RFC 8461 §2: MTA-STS must not override a DANE
/// that fails). A fixed route is the operator's word, and nothing that the DNS says of the domain applies to
/// it. Who cannot be asked about DANE is not connected to; who cannot be asked about MTA-STS counts as
/// before.
package final class TLSPolicyResolver {
    private let dane: DANELookup?
    private let mtaSTS: MTASTSPolicies?

    /// - Parameters:
    ///   - dane: asked for TLSA records; nil to leave DANE out.
    ///   - mtaSTS: nil to leave MTA-STS out.
    package init(dane: (any TLSPolicyLookup)? = nil, mtaSTS: MTASTSPolicies? = nil) {
        self.dane = dane.map { DANELookup(lookup: $0) }
        self.mtaSTS = mtaSTS
    }

    /// What an attempt asks of every host of its route.
    func demand(of attempt: DeliveryAttempt, _ route: MailRoute) async -> TLSDemand {
        let domain = (try? MailFormat.DomainName.ascii(attempt.domain)) ?? attempt.domain.lowercased()
        var (hosts, isFixed): ([MailRoute.Host], Bool) = ([], false)
        if case .hosts(let all, let fixed) = route { (hosts, isFixed) = (all, fixed) }
        // RFC 8689 §4.1: with `TLS-Required: No` the message matters more than the domain's policies.
        let isIndifferent = attempt.envelope.ignoresTLSPolicy && !attempt.requiresTLS
        let heedsDomain = !hosts.isEmpty && !isFixed && !isIndifferent && attempt.policy != .never
        let found = heedsDomain ? await mtaSTS?.find(domain) : nil
        return TLSDemand(
            domain: domain, asked: attempt.policy,
            announced: found?.policy.flatMap { $0.mode == .none ? nil : $0 }, problem: found?.problem,
            isRequired: attempt.requiresTLS,
            hosts: hosts, isFixed: isFixed,
            heedsDomain: heedsDomain)
    }

    /// What a demand means for a host, or why the host is not to be connected to.
    func policy(for candidate: MailCandidate, _ demand: TLSDemand) async throws(TLSRefusal) -> HostTLS {
        let found = try await daneDecision(candidate, demand)
        if let found, case .dane = found.policy { return found }
        guard !demand.isRequired || demand.proves(host: candidate.name) else {
            throw .unproven(
                "neither DNSSEC nor MTA-STS proves that \(candidate.name) takes mail for \(demand.domain), "
                    + "as REQUIRETLS asks")
        }
        if let found { return found }
        let subject = TLSReportSubject(demand)
        guard !demand.base.isMandatory || demand.base.names(host: candidate.name) else {
            let problem = TLSProblem(
                result: .validationFailure,
                text: "\(candidate.name) is not in the MTA-STS policy of \(demand.domain)")
            throw .failure(SMTPFailure(stage: .startTLS, problem), subject)
        }
        return HostTLS(policy: demand.base, subject: subject)
    }

    /// Nil where DANE has nothing to say.
    private func daneDecision(
        _ candidate: MailCandidate, _ demand: TLSDemand
    ) async throws(TLSRefusal) -> HostTLS? {
        guard let dane, demand.heedsDomain, demand.isAuthentic(host: candidate.name) == true else {
            return nil
        }
        let (host, port) = (candidate.name, candidate.address.port)
        switch await dane.find(host: host, port: port, domain: demand.domain) {
        case .none: return nil
        case .peer(let peer):
            return HostTLS(policy: .dane(peer), subject: TLSReportSubject(demand, peer))
        case .unusable:
            let base = demand.base
            let isEnough = base.isMandatory || demand.isRequired
            let problem = TLSProblem(result: .tlsaInvalid, text: "no TLSA record of \(host) can be used")
            return HostTLS(
                policy: isEnough ? base : .encrypted, subject: TLSReportSubject(demand, daneHost: host),
                problem: problem)
        case .failed(let text):
            let problem = TLSProblem(result: .dnssecInvalid, text: text)
            throw .failure(
                SMTPFailure(stage: .route, problem), TLSReportSubject(demand, daneHost: host))
        }
    }
}
