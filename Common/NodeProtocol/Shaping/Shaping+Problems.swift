extension Shaping {
    /// Rows of one kind at most.
    package static let maxRows = 1_000
    /// Patterns of a provider, members of a pool and groups of a plan at most.
    package static let maxRowParts = 200

    /// Everything that keeps this from coming into force, in the order of the rows; empty when it can.
    ///
    /// Meant for what is `effective`: an operator's rows alone may name built-in ones.
    package func problems() -> [ShapingProblem] {
        var check = ShapingCheck()
        check.ids(providers.map(\.id), "providers")
        check.ids(rules.map(\.id), "rules")
        check.ids(sources.map(\.id), "sources")
        check.ids(pools.map(\.id), "pools")
        check.ids(warmUps.map(\.id), "warmUps")
        for provider in providers { check.provider(provider) }
        check.reach(of: providers)
        let providerIDs = Set(providers.map(\.id))
        for rule in rules { check.rule(rule, providers: providerIDs) }
        let planIDs = Set(warmUps.map(\.id))
        for source in sources { check.source(source, plans: planIDs) }
        check.addressesUsedTwice(sources)
        let sourceIDs = Set(sources.map(\.id))
        for pool in pools { check.pool(pool, sources: sourceIDs) }
        for plan in warmUps { check.plan(plan, providers: providerIDs) }
        return check.problems
    }

    /// What is wrong with the pools that a tenant's limits name.
    package func problems(of limits: TenantRecord.Limits) -> [ShapingProblem] {
        let known = Set(pools.map(\.id))
        return [("transactionalPool", limits.transactionalPool), ("bulkPool", limits.bulkPool)].compactMap {
            path, pool in
            guard let pool, !known.contains(pool) else { return nil }
            return ShapingProblem(path, "there is no pool `\(pool)`")
        }
    }
}

/// Gathers the problems of a `Shaping`.
struct ShapingCheck {
    private(set) var problems: [ShapingProblem] = []

    mutating func add(_ path: String, _ text: String) { problems.append(ShapingProblem(path, text)) }

    mutating func require(_ isRight: Bool, _ path: String, _ text: @autoclosure () -> String) {
        if !isRight { add(path, text()) }
    }

    mutating func ids(_ ids: [String], _ kind: String) {
        require(ids.count <= Shaping.maxRows, kind, "at most \(Shaping.maxRows) rows")
        var seen: Set<String> = []
        for id in ids {
            let path = "\(kind)[\(id)].id"
            require(
                Self.isID(id), path,
                "an id is 1 to 64 letters, digits, `.`, `_` or `-`, and begins with a letter or digit")
            require(seen.insert(id).inserted, path, "the id `\(id)` is there twice")
        }
    }

    mutating func known(_ id: String, _ ids: Set<String>, _ path: String, _ kind: String) {
        require(ids.contains(id), path, "there is no \(kind) `\(id)`")
    }

    mutating func count(_ count: Int, in range: ClosedRange<Int>, _ path: String) {
        require(range.contains(count), path, "\(range.lowerBound) to \(range.upperBound), not \(count)")
    }

    mutating func text(_ text: String, maxBytes: Int, _ path: String) {
        require(
            !text.isEmpty && text.utf8.count <= maxBytes && !text.utf8.contains { $0 < 0x20 || $0 == 0x7F },
            path, "1 to \(maxBytes) bytes without control characters")
    }

    mutating func limits(_ limits: DestinationLimits, _ path: String) {
        if let most = limits.maxConnections { count(most, in: 1...10_000, "\(path).maxConnections") }
        if let most = limits.maxMessagesPerConnection {
            count(most, in: 1...100_000, "\(path).maxMessagesPerConnection")
        }
        if let rate = limits.messagesPerSecond {
            require(
                (0.001...100_000).contains(rate), "\(path).messagesPerSecond",
                "0.001 to 100000, not \(rate)")
        }
    }

    private static func isID(_ id: String) -> Bool {
        guard let first = id.utf8.first, id.utf8.count <= 64, isWord(first) else { return false }
        return id.utf8.allSatisfy {
            isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// RFC 1123 §2.1, with `_`, which names of mail hosts have all the same.
    static func isHostName(_ name: String, minLabels: Int) -> Bool {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return name.utf8.count <= 253 && labels.count >= minLabels
            && labels.allSatisfy { label in
                !label.isEmpty && label.count <= 63 && label.first != UInt8(ascii: "-")
                    && label.last != UInt8(ascii: "-")
                    && label.allSatisfy {
                        isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    }
            }
    }
}
