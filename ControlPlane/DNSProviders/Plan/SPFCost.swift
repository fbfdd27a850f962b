/// What evaluating an SPF record may cost: RFC 7208 §4.6.4 allows ten terms that look something up, in the
/// whole tree of includes.
package struct SPFCost: Sendable, Equatable {
    package static let maxLookups = 10

    /// Terms that look something up.
    package var lookups = 0
    /// Domains with macros, which depend on the message: what lies behind them is not counted.
    package var hasMacros = false
    /// Included domains that have no SPF record: an evaluation that reaches one ends in an error.
    package var missing: [String] = []
    /// Domains that could not be asked for: the sum may be higher.
    package var unreachable: [String] = []

    package init(
        lookups: Int = 0, hasMacros: Bool = false, missing: [String] = [], unreachable: [String] = []
    ) {
        self.lookups = lookups
        self.hasMacros = hasMacros
        self.missing = missing
        self.unreachable = unreachable
    }
}

/// Counts the cost of an SPF record before it is published.
package protocol SPFCostCounter: Sendable {
    func cost(of record: String, at domain: String) async -> SPFCost
}

/// Counts by walking the includes, always assuming that no term matches before the last.
package struct SPFTreeCounter: SPFCostCounter {
    /// The texts of a name's TXT records.
    package enum Lookup: Sendable {
        case found([String])
        case missing
        case unreachable
    }

    /// It stops there: what costs more is too much anyway.
    private static let maxCounted = 40

    private let lookup: @Sendable (_ name: String) async -> Lookup

    package init(lookup: @escaping @Sendable (_ name: String) async -> Lookup) { self.lookup = lookup }

    package func cost(of record: String, at domain: String) async -> SPFCost {
        var cost = SPFCost()
        if let text = SPFText(record) { await add(text, path: [RecordKey.normal(domain)], to: &cost) }
        return cost
    }

    private func add(_ record: SPFText, path: [String], to cost: inout SPFCost) async {
        let hasAll = record.terms.contains { $0.name == "all" && $0.qualifier != nil }
        for term in record.terms {
            switch (term.name, term.qualifier) {
            case ("all", .some): return
            case ("include", .some): await follow(term, path, to: &cost)
            case ("a", .some), ("mx", .some), ("ptr", .some), ("exists", .some):
                cost.lookups += 1
            case ("redirect", nil) where !hasAll: await follow(term, path, to: &cost)
            default: continue
            }
        }
    }

    private func follow(_ term: SPFText.Term, _ path: [String], to cost: inout SPFCost) async {
        cost.lookups += 1
        guard cost.lookups <= Self.maxCounted else { return }
        guard !term.value.contains("%") else {
            cost.hasMacros = true
            return
        }
        let name = RecordKey.normal(term.value)
        guard !path.contains(name) else {
            // A circle costs whatever there is.
            cost.lookups = Self.maxCounted
            return
        }
        switch await lookup(name) {
        case .found(let texts):
            let records = texts.compactMap { SPFText($0) }
            guard let record = records.first, records.count == 1 else {
                cost.missing.append(name)
                return
            }
            await add(record, path: path + [name], to: &cost)
        case .missing: cost.missing.append(name)
        case .unreachable: cost.unreachable.append(name)
        }
    }
}
