/// What a record costs of the look-ups that a check may make (RFC 7208 §4.6.4), before anybody sends by it.
///
/// It is the worst case: a sender that no mechanism matches, so that every term is gone through. The walk
/// asks for the records of includes and redirects, and for what `a`, `mx` and `exists` name, to find those
/// that have nothing. What depends on the mail (a macro) cannot be asked for: such terms are counted as one
/// look-up, what may lie below them is unknown, and `isExact` says so.
package struct SPFBudget: Sendable, Equatable {
    /// One term that costs something.
    package struct Cost: Sendable, Equatable {
        /// As it stands in its record; `redirect=…` for that one.
        package let term: String
        /// The domain that it leads to; nil when that depends on the mail.
        package let domain: String?
        /// It and everything below it.
        package internal(set) var lookups: Int
        /// Of it and everything below it; a name without records is one.
        package internal(set) var voidLookups: Int
        /// Of an include or a redirect.
        package internal(set) var below: [Cost]
    }

    /// Why a check would end in an error however many look-ups there are.
    package enum Problem: Sendable, Equatable {
        /// The record cannot be read.
        case malformed(domain: String, reason: String)
        case severalRecords(domain: String)
        /// An include or redirect leads to a domain without a record.
        case noRecord(domain: String)
        /// A domain includes itself, by way of others or not.
        case loop(domain: String)
        case tooManyMailHosts(domain: String, count: Int)
        /// It could not be looked up now.
        case unreachable(domain: String)
        /// `ptr` is slow and unreliable, and should not be published (§5.5).
        case usesPTR(domain: String)
        /// The tree is so large that the walk was given up.
        case givenUp
    }

    /// Terms that look something up, in the whole tree; at most 10 are allowed.
    package private(set) var lookups = 0
    /// Look-ups that find nothing; at most 2 are allowed.
    package private(set) var voidLookups = 0
    /// Whether the numbers hold for every mail: false where a macro hides what comes, or a look-up failed.
    package private(set) var isExact = true
    /// What each term of the record itself costs, in its order.
    package private(set) var costs: [Cost] = []
    package private(set) var problems: [Problem] = []

    package static let maxLookups = SPFCheck.maxLookupTerms
    package static let maxVoidLookups = SPFCheck.maxVoidLookups

    /// Whether a check may use it up without an error, as far as can be told.
    package var fits: Bool { lookups <= Self.maxLookups && voidLookups <= Self.maxVoidLookups }

    /// Records that one walk reads at most.
    private static let maxRecords = 100

    /// Of a record as it is, or as it is planned.
    /// - Parameters:
    ///   - record: with `v=spf1` in front.
    ///   - domain: where it stands or is to stand.
    package static func of(
        _ record: [UInt8], at domain: String, with resolver: any SPFResolver
    ) async -> SPFBudget {
        var walk = Walk(resolver: resolver)
        let costs = await walk.costs(of: record, at: domain, path: [])
        walk.budget.costs = costs
        walk.budget.lookups = costs.reduce(0) { $0 + $1.lookups }
        walk.budget.voidLookups = costs.reduce(0) { $0 + $1.voidLookups }
        return walk.budget
    }

    private struct Walk {
        let resolver: any SPFResolver
        var budget = SPFBudget()
        private var records = 0

        init(resolver: any SPFResolver) { self.resolver = resolver }

        mutating func costs(of text: [UInt8], at domain: String, path: [String]) async -> [Cost] {
            let record: SPFRecord
            do throws(SPFSyntaxError) { record = try SPFRecord(text) } catch {
                budget.problems.append(.malformed(domain: domain, reason: error.reason))
                return []
            }
            let path = path + [domain.lowercased()]
            var costs: [Cost] = []
            for directive in record.directives {
                if directive.mechanism == .all { break }
                if let cost = await cost(of: directive, at: domain, path) { costs.append(cost) }
            }
            if let redirect = record.redirect, !record.hasAll {
                let target = fixed(redirect, domain)
                costs.append(await tree("redirect=\(target ?? "%")", target, path))
            }
            return costs
        }

        private mutating func cost(
            of directive: SPFRecord.Directive, at domain: String, _ path: [String]
        ) async -> Cost? {
            switch directive.mechanism {
            case .all, .network: return nil
            case .include(let text): return await tree(directive.text, fixed(text, domain), path)
            case .a(let text, _):
                return await leaf(directive.text, text.map { fixed($0, domain) } ?? domain) { walk, name in
                    await walk.voidsOfAddress(name)
                }
            case .mx(let text, _):
                return await leaf(directive.text, text.map { fixed($0, domain) } ?? domain) { walk, name in
                    await walk.voidsOfMailHosts(name)
                }
            case .exists(let text):
                return await leaf(directive.text, fixed(text, domain)) { walk, name in
                    await walk.voids(walk.resolver.addresses(name, ipv6: false), name)
                }
            case .ptr:
                budget.problems.append(.usesPTR(domain: domain))
                budget.isExact = false
                return Cost(term: directive.text, domain: nil, lookups: 1, voidLookups: 0, below: [])
            }
        }

        /// The name, unless a macro other than that of the domain itself stands in it.
        private mutating func fixed(_ text: SPFMacroText, _ domain: String) -> String? {
            var name = ""
            for piece in text.pieces {
                switch piece {
                case .literal(let literal): name += literal
                case .macro(let macro) where macro.letter == UInt8(ascii: "d"):
                    name += macro.apply(to: domain)
                case .macro:
                    budget.isExact = false
                    return nil
                }
            }
            return SPFDomain.shortened(name)
        }

        private mutating func leaf(
            _ term: String, _ domain: String?, _ voids: (inout Walk, String) async -> Int
        ) async -> Cost {
            var count = 0
            if let domain, SPFDomain.isQueryable(domain) { count = await voids(&self, domain) }
            return Cost(term: term, domain: domain, lookups: 1, voidLookups: count, below: [])
        }

        private mutating func tree(_ term: String, _ domain: String?, _ path: [String]) async -> Cost {
            var cost = Cost(term: term, domain: domain, lookups: 1, voidLookups: 0, below: [])
            guard let domain else { return cost }
            guard !path.contains(domain.lowercased()) else {
                budget.problems.append(.loop(domain: domain))
                return cost
            }
            records += 1
            guard records <= SPFBudget.maxRecords else {
                if !budget.problems.contains(.givenUp) { budget.problems.append(.givenUp) }
                budget.isExact = false
                return cost
            }
            guard let text = await record(of: domain) else { return cost }
            cost.below = await costs(of: text, at: domain, path: path)
            cost.lookups += cost.below.reduce(0) { $0 + $1.lookups }
            cost.voidLookups += cost.below.reduce(0) { $0 + $1.voidLookups }
            return cost
        }

        private mutating func record(of domain: String) async -> [UInt8]? {
            switch SPFDomain.isValid(domain) ? await resolver.texts(domain) : .missing {
            case .failed:
                budget.problems.append(.unreachable(domain: domain))
                budget.isExact = false
            case .missing: budget.problems.append(.noRecord(domain: domain))
            case .found(let texts):
                let records = texts.filter(SPFRecord.isRecord)
                if records.count == 1 { return records.first }
                budget.problems.append(
                    records.isEmpty ? .noRecord(domain: domain) : .severalRecords(domain: domain))
            }
            return nil
        }

        /// A check asks for the client's family alone, so a name is void for some client when it lacks
        /// either; it is counted when it has neither.
        private mutating func voidsOfAddress(_ name: String) async -> Int {
            if case .found = await resolver.addresses(name, ipv6: false) { return 0 }
            return voids(await resolver.addresses(name, ipv6: true), name)
        }

        private mutating func voidsOfMailHosts(_ name: String) async -> Int {
            let answer = await resolver.mailHosts(name)
            guard case .found(let hosts) = answer else { return voids(answer, name) }
            if hosts.count > SPFCheck.maxMailHosts {
                budget.problems.append(.tooManyMailHosts(domain: name, count: hosts.count))
            }
            var count = 0
            for host in hosts.prefix(SPFCheck.maxMailHosts) where SPFDomain.isQueryable(host) {
                count += await voidsOfAddress(host)
            }
            return count
        }

        private mutating func voids<Value>(_ answer: SPFAnswer<Value>, _ name: String) -> Int {
            switch answer {
            case .found: return 0
            case .missing: return 1
            case .failed:
                budget.problems.append(.unreachable(domain: name))
                budget.isExact = false
                return 0
            }
        }
    }
}
