import NodeProtocol

/// Who is calling: one tenant, and what the caller may do in it. A class, because it goes along with every
/// message and never changes.
package final class Principal: Sendable {
    package let tenant: TenantRecord
    package let origin: Event.Origin.Kind
    /// Of the key or credential, or the user's subject.
    package let originID: String
    package let scopes: Set<String>
    package let isTest: Bool
    /// The only domain, with those below it, that this caller may send from, and whose mail it sees and
    /// changes, when there is one.
    package let onlyDomain: String?
    /// The caller's own rate, when there is one besides the tenant's.
    package let requestsPerMinute: Int?

    package init(
        tenant: TenantRecord, origin: Event.Origin.Kind, originID: String, scopes: Set<String>,
        isTest: Bool = false, onlyDomain: String? = nil, requestsPerMinute: Int? = nil
    ) {
        self.tenant = tenant
        self.origin = origin
        self.originID = originID
        self.scopes = scopes
        self.isTest = isTest
        self.onlyDomain = onlyDomain
        self.requestsPerMinute = requestsPerMinute
    }

    /// Whether mail of this sender is the caller's to see and to change.
    package func reaches(mailFrom address: String) -> Bool {
        SenderDomain.isWithin(onlyDomain, SenderDomain.of(address))
    }

    /// Whether the caller has the scope, or all.
    package func may(_ scope: String) -> Bool { scopes.contains(scope) || scopes.contains("*") }

    package func require(_ scope: String) throws(Refusal) {
        guard may(scope) else { throw Refusal(.scopeMissing, "this key does not have the scope \(scope)") }
    }
}

/// What a caller presents of itself.
package enum PresentedCredential: Sendable {
    /// An API key `dsp_…`, or a user's JSON web token.
    case bearer(String)
    case basic(username: String, password: String)
    /// A network that the operator trusts to submit for one tenant.
    case trustedNetwork(TenantID)
}
