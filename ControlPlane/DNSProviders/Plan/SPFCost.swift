import MailAuth

/// What evaluating an SPF record may cost, as far as a plan has to know (RFC 7208 §4.6.4).
package struct SPFCost: Sendable, Equatable {
    package static let maxLookups = SPFBudget.maxLookups

    /// Terms that look something up, in the whole tree of includes.
    package var lookups = 0
    /// Of these, those that find nothing; a third one makes the record void.
    package var voidLookups = 0
    /// Domains with macros, which depend on the message: what lies behind them is not counted.
    package var hasMacros = false
    /// Included domains that have no SPF record: an evaluation that reaches one ends in an error.
    package var missing: [String] = []
    /// Domains that could not be asked for: the sum may be higher.
    package var unreachable: [String] = []
    /// What makes the record void whatever it costs, such as a domain that includes itself.
    package var faults: [String] = []

    package init(
        lookups: Int = 0, voidLookups: Int = 0, hasMacros: Bool = false, missing: [String] = [],
        unreachable: [String] = [], faults: [String] = []
    ) {
        self.lookups = lookups
        self.voidLookups = voidLookups
        self.hasMacros = hasMacros
        self.missing = missing
        self.unreachable = unreachable
        self.faults = faults
    }

    package init(_ budget: SPFBudget) {
        self.init(lookups: budget.lookups, voidLookups: budget.voidLookups)
        for problem in budget.problems {
            switch problem {
            case .noRecord(let domain): missing.append(domain)
            case .unreachable(let domain): unreachable.append(domain)
            case .severalRecords(let domain): faults.append("\(domain) has several SPF records")
            case .malformed(let domain, let reason): faults.append("\(domain): \(reason)")
            case .loop(let domain): faults.append("\(domain) includes itself")
            case .tooManyMailHosts(let domain, let count): faults.append("\(domain) has \(count) MX hosts")
            case .givenUp: faults.append("its tree of includes has no end")
            case .usesPTR: break
            }
        }
        hasMacros = !budget.isExact && unreachable.isEmpty
    }
}
