/// What a plan needs to know beside the records of the zone: answers of look-ups that were made before.
package struct SetupFindings: Sendable {
    /// A policy record that the domain inherits from a domain above it (RFC 9989 §4.10).
    package enum InheritedPolicy: Sendable, Equatable {
        case none
        case found(at: String, record: String)
        case unknown
    }

    /// Of each SPF record that the plan may write, by its name.
    package var spfCosts: [String: SPFCost]
    package var inheritedPolicy: InheritedPolicy
    /// Whether the domain of the report address says that it takes reports of others (RFC 9990 §4); nil when
    /// it needs not, or could not be asked.
    package var reportsAreWelcome: Bool?

    package init(
        spfCosts: [String: SPFCost] = [:], inheritedPolicy: InheritedPolicy = .none,
        reportsAreWelcome: Bool? = nil
    ) {
        self.spfCosts = spfCosts
        self.inheritedPolicy = inheritedPolicy
        self.reportsAreWelcome = reportsAreWelcome
    }
}
