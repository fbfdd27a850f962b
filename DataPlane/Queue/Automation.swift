import NodeProtocol

/// A reply that refused or deferred something, as automation rules look at it.
package struct ObservedReply: Sendable {
    package let lane: LaneKey
    /// The row of the table of limits that holds in the lane: the provider's id.
    package let provider: String
    package let tenant: TenantID
    package let code: Int
    package let enhancedCode: String?
    package let text: String
    package let category: String?

    package init(
        lane: LaneKey, provider: String, tenant: TenantID, code: Int, enhancedCode: String?, text: String,
        category: String?
    ) {
        self.lane = lane
        self.provider = provider
        self.tenant = tenant
        self.code = code
        self.enhancedCode = enhancedCode
        self.text = text
        self.category = category
    }
}

/// Turns replies into restrictions by the rules of a shaping. Only replies that refuse or defer are looked
/// at, so deliveries that succeed cost nothing.
///
/// - A rule counts for each lane (for a tenant: each tenant on each destination) and fires when its threshold
///   is reached within its window. The window moves in tenths of its length.
/// - While its restriction is in force a rule neither fires nor counts there: what was in flight says nothing
///   new. Afterwards it begins from nothing.
/// - An operator who cancels a restriction is believed: the rule stays silent there until it would have
///   ended.
/// - At most 10,000 counts are kept. When there are more, those that have run out go, then the oldest.
package struct Automation: Sendable {
    private static let maxCounts = 10_000

    private struct Rule: Sendable {
        let rule: AutomationRule
        let destination: DestinationPattern?
        let text: [UInt8]?
    }

    private var rules: [Rule] = []
    private var counts: [String: WindowCount] = [:]
    /// Restrictions that an operator has cancelled, by id, until when they would have been in force.
    private var cancelled: [String: Restriction] = [:]

    package init(_ shaping: Shaping) { update(shaping) }

    /// Uses other rules from now on; what was counted by a rule that is still there stays.
    package mutating func update(_ shaping: Shaping) {
        rules = shaping.rules.filter(\.enabled).map { rule in
            Rule(
                rule: rule, destination: rule.destination.map { DestinationPattern($0) },
                text: rule.contains.map { Self.folded($0) })
        }
    }

    /// The restrictions that a reply brings about.
    ///
    /// - Parameter isInForce: whether the restriction with this id is in force.
    package mutating func observe(
        _ reply: ObservedReply, now: Timestamp, isInForce: (String) -> Bool
    ) -> [Restriction] {
        guard !rules.isEmpty, reply.code >= 400 else { return [] }
        var text: [UInt8]?
        var imposed: [Restriction] = []
        for rule in rules where matches(rule, reply, &text) {
            let id = Self.id(rule.rule, reply)
            if isInForce(id) { continue }
            if let until = cancelled[id]?.until {
                if until > now { continue }
                cancelled[id] = nil
            }
            guard reached(rule.rule, id, now: now) else { continue }
            imposed.append(Self.restriction(id, rule.rule, reply, now: now))
        }
        return imposed
    }

    /// Notes that an operator has lifted a restriction of a rule before its time.
    package mutating func cancel(_ restriction: Restriction, now: Timestamp) {
        guard restriction.rule != nil, let until = restriction.until, until > now else { return }
        if cancelled.count >= Self.maxCounts {
            cancelled = cancelled.filter { ($0.value.until ?? now) > now }
        }
        guard cancelled.count < Self.maxCounts else { return }
        cancelled[restriction.id] = restriction
    }

    /// What an operator has cancelled and would still be in force, by id.
    package func cancelledRestrictions(now: Timestamp) -> [Restriction] {
        cancelled.values.filter { ($0.until ?? now) > now }.sorted { $0.id < $1.id }
    }

    // MARK: Matching

    private func matches(_ rule: Rule, _ reply: ObservedReply, _ text: inout [UInt8]?) -> Bool {
        if let provider = rule.rule.provider, provider != reply.provider { return false }
        if let code = rule.rule.code, !"\(reply.code)".hasPrefix(code) { return false }
        if let code = rule.rule.enhancedCode, !Self.fits(reply.enhancedCode, code) { return false }
        if let category = rule.rule.category, category != reply.category { return false }
        if let destination = rule.destination, !destination.matches(reply.lane.destination) { return false }
        guard let wanted = rule.text else { return true }
        let folded = text ?? Self.folded(reply.text)
        text = folded
        return Self.contains(folded, wanted)
    }

    /// A wanted code that ends in a dot is the beginning of others.
    private static func fits(_ code: String?, _ wanted: String) -> Bool {
        guard let code else { return false }
        return wanted.hasSuffix(".") ? code.hasPrefix(wanted) : code == wanted
    }

    private static func folded(_ text: String) -> [UInt8] {
        text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    private static func contains(_ text: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard let first = wanted.first, text.count >= wanted.count else { return false }
        for start in 0...(text.count - wanted.count) where text[start] == first {
            if text[start..<(start + wanted.count)].elementsEqual(wanted) { return true }
        }
        return false
    }

    // MARK: Counting

    private mutating func reached(_ rule: AutomationRule, _ id: String, now: Timestamp) -> Bool {
        if rule.threshold <= 1 { return true }
        let window = Int64(rule.windowSeconds) * 1_000
        if counts[id] == nil, counts.count >= Self.maxCounts { makeRoom(now: now) }
        let count = counts[id, default: WindowCount(windowMilliseconds: window)].add(now: now)
        guard count >= rule.threshold else { return false }
        counts[id] = nil
        return true
    }

    private mutating func makeRoom(now: Timestamp) {
        counts = counts.filter { !$0.value.hasRunOut(now: now) }
        guard counts.count >= Self.maxCounts else { return }
        let oldest = counts.sorted { ($0.value.last, $0.key) < ($1.value.last, $1.key) }
        for (id, _) in oldest.prefix(Self.maxCounts / 10) { counts[id] = nil }
    }

    // MARK: Restrictions

    private static func id(_ rule: AutomationRule, _ reply: ObservedReply) -> String {
        switch rule.action {
        case .suspendTenant: "rule:\(rule.id):\(reply.tenant):\(reply.lane.destination)"
        case .suspendLane, .slowLane: "rule:\(rule.id):\(reply.lane)"
        }
    }

    private static func restriction(
        _ id: String, _ rule: AutomationRule, _ reply: ObservedReply, now: Timestamp
    ) -> Restriction {
        let scope: Restriction.Scope
        let effect: Restriction.Effect
        switch rule.action {
        case .suspendLane: (scope, effect) = (.lane(reply.lane), .suspend)
        case .slowLane:
            (scope, effect) = (.lane(reply.lane), .slow(LimitCap(rule.limits ?? DestinationLimits())))
        case .suspendTenant:
            let destination = DestinationPattern(reply.lane.destination)
            (scope, effect) = (.tenantOnDestination(reply.tenant, destination), .suspend)
        }
        let said = [String(reply.code), reply.enhancedCode, reply.text].compactMap(\.self).joined(
            separator: " ")
        return Restriction(
            id: id, scope: scope, effect: effect, rule: rule.id, reason: rule.reason,
            evidence: SharedTexts.cut(said), since: now,
            until: now.advanced(byMilliseconds: Int64(rule.durationSeconds) * 1_000))
    }
}

/// Counts what happened within a window that moves in tenths of its length.
struct WindowCount: Sendable {
    private static let parts: Int64 = 10

    private let partMilliseconds: Int64
    private var counts: [UInt16] = Array(repeating: 0, count: Int(parts))
    /// The number of the newest part.
    private var newest: Int64 = 0
    private(set) var last = Timestamp.zero

    init(windowMilliseconds: Int64) { partMilliseconds = max(windowMilliseconds / Self.parts, 1) }

    /// Counts one more; answers how many there were in the window that ends now.
    mutating func add(now: Timestamp) -> Int {
        last = max(last, now)
        let part = last.milliseconds / partMilliseconds
        for gone in stride(from: max(newest + 1, part - Self.parts + 1), through: part, by: 1) {
            counts[Int(gone % Self.parts)] = 0
        }
        newest = max(newest, part)
        let place = Int(part % Self.parts)
        if counts[place] < UInt16.max { counts[place] += 1 }
        return counts.reduce(0) { $0 + Int($1) }
    }

    func hasRunOut(now: Timestamp) -> Bool {
        now.milliseconds(since: last) > partMilliseconds * Self.parts
    }
}
