import DNSProviders
import MailAuth
import MailFormat

/// Asks DNS what a plan needs to know beside the zone's records.
struct SetupLookups: Sendable {
    /// RFC 9989 §4.10 asks no more than eight names.
    private static let maxParents = 7

    let context: ControlContext

    func findings(_ setup: DomainSetup, sets: [RecordSet]) async -> SetupFindings {
        let resolver = SetupSPFResolver(context: context)
        var costs: [String: SPFCost] = [:]
        for (name, record) in SetupPlanner.candidates(setup, sets: sets) {
            costs[name] = SPFCost(await SPFBudget.of(Array(record.utf8), at: name, with: resolver))
        }
        return SetupFindings(
            spfCosts: costs,
            inheritedPolicy: setup.dmarcAction == .skip ? .none : await inheritedPolicy(of: setup.domain),
            reportsAreWelcome: await reportsAreWelcome(setup))
    }

    /// The policy of a domain above: a strict one if there is any, since receivers differ in which counts.
    private func inheritedPolicy(of domain: String) async -> SetupFindings.InheritedPolicy {
        var labels = domain.split(separator: ".").dropFirst().suffix(Self.maxParents)
        var lenient = SetupFindings.InheritedPolicy.none
        while labels.count > 1 {
            let parent = labels.joined(separator: ".")
            switch await context.dns("_dmarc.\(parent)") {
            case .found(let texts):
                let policies = texts.filter { DMARCText.isPolicy($0) }
                if policies.count == 1, let policy = policies.first {
                    if DMARCText.isStrict(policy) { return .found(at: parent, record: policy) }
                    if lenient == .none { lenient = .found(at: parent, record: policy) }
                }
            case .missing: break
            case .unreachable: return .unknown
            }
            labels = labels.dropFirst()
        }
        return lenient
    }

    /// Nil when the address lies in the domain itself, or nobody could be asked.
    private func reportsAreWelcome(_ setup: DomainSetup) async -> Bool? {
        guard setup.dmarcAction != .skip, let address = setup.reportAddress.flatMap({ try? MailAddress($0) })
        else { return nil }
        let host = RecordKey.normal(address.domain)
        let isOwn =
            host == setup.domain || host.hasSuffix(".\(setup.domain)") || setup.domain.hasSuffix(".\(host)")
        if isOwn { return nil }
        switch await context.dns("\(setup.domain)._report._dmarc.\(host)") {
        case .found(let texts): return texts.contains { DMARCText.isPolicy($0) }
        case .missing: return false
        case .unreachable: return nil
        }
    }
}
