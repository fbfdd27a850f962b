import MailAuth

/// What has to hold of the connections for one attempt, as far as it is known before a host is chosen.
package struct TLSDemand: Sendable {
    /// The recipient's domain: whose policy it is, and whose report.
    let domain: String
    /// What the caller wants at least.
    let asked: TLSPolicy
    /// The domain's policy in force; mode `none` is none.
    let announced: MTASTSPolicy?
    /// Of the search for it.
    let problem: TLSProblem?
    /// RFC 8689: only verified TLS, to a host that is proven to be the domain's.
    let isRequired: Bool
    /// The hosts of the route.
    let hosts: [MailRoute.Host]
    /// The route is the operator's word, not the DNS's.
    let isFixed: Bool
    /// Whether what the domain publishes counts.
    let heedsDomain: Bool

    /// What holds for every host, DANE apart. Sessions are pooled by it.
    var base: TLSPolicy {
        guard asked != .never else { return .never }
        if let announced {
            switch announced.mode {
            case .enforce: return .verified(hostPatterns: announced.hosts)
            case .testing where asked == .opportunistic: return .observed(hostPatterns: announced.hosts)
            case .testing, .none: break
            }
        }
        return isRequired && asked == .opportunistic ? .observed(hostPatterns: []) : asked
    }

    /// Whether the DNS proves that a host is the domain's, wherever it names it; nil for one that is not of
    /// the route.
    func isAuthentic(host: String) -> Bool? {
        var answer: Bool?
        for known in hosts where known.name == host { answer = known.isAuthentic && answer ?? true }
        return answer
    }

    /// Whether a host is proven to be the domain's one way or another, DANE included.
    func proves(host: String) -> Bool {
        isFixed || isAuthentic(host: host) == true
            || announced?.mode == .enforce && announced?.permits(host: host) == true
    }
}

/// The policy for one host of an attempt.
struct HostTLS: Sendable {
    let policy: TLSPolicy
    /// Under which policy a session is counted.
    let subject: TLSReportSubject
    /// What is wrong with the domain's policy though a session may be tried.
    var problem: TLSProblem?
}

/// Why a host is not to be connected to.
enum TLSRefusal: Error {
    /// For now.
    case failure(SMTPFailure, TLSReportSubject)
    /// REQUIRETLS cannot be kept there.
    case unproven(String)
}
