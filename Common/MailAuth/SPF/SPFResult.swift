/// What a domain says of a host that sends in its name (RFC 7208 §2.6).
package enum SPFResult: String, Sendable, CaseIterable {
    /// There is no record, or no name that could have one.
    case none
    case neutral, pass, fail, softfail
    /// A look-up failed in a way that may pass.
    case temperror
    /// The record cannot be understood, or asks for too many look-ups.
    case permerror
}

/// The outcome of a check with what led to it.
package struct SPFOutcome: Sendable, Equatable {
    package var result: SPFResult
    /// The term that matched, as it stands in the record; nil when none did.
    package var term: String?
    /// The sentence that the domain gives with a `fail` (§6.2); nil when it gives none that can be used.
    package var explanation: String?
    /// Why the result is an error, for people.
    package var problem: String?

    init(_ result: SPFResult, term: String? = nil, explanation: String? = nil, problem: String? = nil) {
        self.result = result
        self.term = term
        self.explanation = explanation
        self.problem = problem
    }
}

/// What was asked of the DNS, and whether it said so.
package enum SPFAnswer<Value: Sendable>: Sendable {
    /// At least one record.
    case found(Value)
    /// The name does not exist, or has no record of the type: a "void look-up" (§4.6.4).
    case missing
    /// Nobody could say.
    case failed
}

/// The look-ups of a check. Names have no dot at the end; aliases are followed.
package protocol SPFResolver {
    /// Each record with its strings joined.
    func texts(_ name: String) async -> SPFAnswer<[[UInt8]]>
    func addresses(_ name: String, ipv6: Bool) async -> SPFAnswer<[SPFAddress]>
    /// The hosts in the order of their preference.
    func mailHosts(_ name: String) async -> SPFAnswer<[String]>
    /// The names that an address claims.
    func names(of address: SPFAddress) async -> SPFAnswer<[String]>
}
