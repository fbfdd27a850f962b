import EventLoop
import MailAuth

/// The policy under which sessions are counted, RFC 8460 §4.
package struct TLSReportSubject: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case tlsa
        case sts
        case none = "no-policy-found"
    }

    /// Whose report it belongs to.
    let recipientDomain: String
    let kind: Kind
    /// The recipient's domain; for DANE the host at which the TLSA records are.
    let policyDomain: String
    /// The policy in its own words, a line or record each.
    let lines: [String]
    /// The hosts that MTA-STS names.
    let hosts: [String]

    init(_ demand: TLSDemand) {
        recipientDomain = demand.domain
        policyDomain = demand.domain
        hosts = demand.announced?.hosts ?? []
        lines = demand.announced?.lines ?? []
        kind = demand.announced == nil ? .none : .sts
    }

    /// A policy that was announced and could not be had.
    init(unread domain: String) {
        recipientDomain = domain
        policyDomain = domain
        hosts = []
        lines = []
        kind = .sts
    }

    init(_ demand: TLSDemand, _ peer: DANEPeer) {
        recipientDomain = demand.domain
        policyDomain = peer.baseDomain
        hosts = []
        lines = peer.associations.map(\.description).sorted()
        kind = .tlsa
    }

    /// - Parameter daneHost: has TLSA records that cannot be had or used.
    init(_ demand: TLSDemand, daneHost: String) {
        recipientDomain = demand.domain
        policyDomain = daneHost
        hosts = []
        lines = []
        kind = .tlsa
    }
}

extension MTASTSPolicy {
    /// As its file says it.
    fileprivate var lines: [String] {
        ["version: STSv1", "mode: \(mode.rawValue)"] + hosts.map { "mx: \($0)" } + [
            "max_age: \(maxAgeSeconds)"
        ]
    }
}
