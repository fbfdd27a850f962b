extension Shaping {
    /// What is in force with these rows of an operator, nil being none: the built-in rows, those with an id
    /// of the operator's replaced, and the operator's others before them.
    ///
    /// Applied to what is effective already it changes nothing.
    package static func effective(_ rows: Shaping?) -> Shaping {
        rows.map { builtIn.merged(with: $0) } ?? builtIn
    }

    /// This table with the rows of `other` over it. An id that `other` has twice stays twice: a problem.
    package func merged(with other: Shaping) -> Shaping {
        Shaping(
            providers: Self.merge(providers, other.providers, \.id),
            rules: Self.merge(rules, other.rules, \.id),
            sources: Self.merge(sources, other.sources, \.id),
            pools: Self.merge(pools, other.pools, \.id),
            warmUps: Self.merge(warmUps, other.warmUps, \.id))
    }

    private static func merge<Row>(_ below: [Row], _ above: [Row], _ id: (Row) -> String) -> [Row] {
        var replacing = Dictionary(grouping: above, by: id)
        let known = Set(below.map(id))
        let replaced = below.flatMap { row in replacing.removeValue(forKey: id(row)) ?? [row] }
        return above.filter { !known.contains(id($0)) } + replaced
    }

    /// The provider of a destination: the first one with a pattern that matches; nil: none but the default.
    package func provider(of destination: String) -> Provider? {
        providers.first { provider in
            provider.hosts.contains { DestinationPattern($0).matches(destination) }
        }
    }
}
