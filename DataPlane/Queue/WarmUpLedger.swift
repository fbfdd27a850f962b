import NodeProtocol

/// Counts what new sources send each day (UTC) to each group of destinations, and says when that is enough.
///
/// A copy counts when its attempt begins, one for each recipient, whatever becomes of it: that is what the
/// other side sees. There is one count for each source in warm-up and each group of its plan, so the size is
/// bounded by the shaping. Counts of another day count as none.
package struct WarmUpLedger: Sendable {
    /// What a source may send to a group today.
    package struct Allowance: Hashable, Sendable {
        package let source: String
        /// A provider's id; nil: all others together.
        package let group: String?
        package let plan: String
        /// 0 is the first day of the plan.
        package let day: Int
        package let copies: Int
        package let used: Int
        /// The end of the day.
        package let until: Timestamp

        package var isUsedUp: Bool { used >= copies }

        package var sentence: String {
            "the source \(source) has sent its \(copies) copies of day \(day + 1) of its warm-up to "
                + (group.map { "the provider \($0)" } ?? "other destinations")
        }
    }

    /// What survives a restart.
    package struct State: Codable, Hashable, Sendable {
        /// Days since 1970.
        package var day: Int64
        /// By source, then by group; `*` for all others.
        package var copies: [String: [String: Int]]

        package init(day: Int64 = 0, copies: [String: [String: Int]] = [:]) {
            self.day = day
            self.copies = copies
        }
    }

    private struct WarmingSource: Sendable {
        let plan: WarmUpPlan
        /// Days since 1970.
        let firstDay: Int64
    }

    private static let dayMilliseconds: Int64 = 86_400_000

    private var sources: [String: WarmingSource] = [:]
    package private(set) var state: State

    package init(_ shaping: Shaping, node: UInt16, state: State = State()) {
        self.state = state
        update(shaping, node: node)
    }

    /// Uses other plans from now on; what was counted today stays.
    package mutating func update(_ shaping: Shaping, node: UInt16) {
        let plans = Dictionary(shaping.warmUps.map { ($0.id, $0) }) { first, _ in first }
        sources = [:]
        for source in shaping.sources where source.node == node {
            guard let plan = source.warmUp.flatMap({ plans[$0] }), let since = source.warmUpSince else {
                continue
            }
            sources[source.id] = WarmingSource(plan: plan, firstDay: since / (Self.dayMilliseconds / 1_000))
        }
    }

    /// Whether any source of the node is in a warm-up.
    package var isIdle: Bool { sources.isEmpty }

    /// Nil: the source is warm for this provider, as far as anybody has said.
    package func allowance(_ source: String, provider: String, now: Timestamp) -> Allowance? {
        guard let warming = sources[source],
            let group = warming.plan.groups.first(where: { $0.provider == provider })
                ?? warming.plan.groups.first(where: { $0.provider == nil })
        else { return nil }
        let today = now.milliseconds / Self.dayMilliseconds
        let day = Int(max(today - warming.firstDay, 0))
        guard let copies = group.messages(onDay: day) else { return nil }
        let used = state.day == today ? state.copies[source]?[group.provider ?? "*"] ?? 0 : 0
        return Allowance(
            source: source, group: group.provider, plan: warming.plan.id, day: day, copies: copies,
            used: used,
            until: Timestamp(milliseconds: (today + 1) * Self.dayMilliseconds))
    }

    package func isOpen(_ source: String, provider: String, now: Timestamp) -> Bool {
        allowance(source, provider: provider, now: now).map { !$0.isUsedUp } ?? true
    }

    /// Counts the copies of an attempt that begins; answers the allowance when it was used up before, and
    /// then counts nothing. The last attempt of a day may go beyond by its other recipients.
    package mutating func take(
        _ source: String, provider: String, copies: Int, now: Timestamp
    ) -> Allowance? {
        guard let allowance = allowance(source, provider: provider, now: now) else { return nil }
        if allowance.isUsedUp { return allowance }
        let today = now.milliseconds / Self.dayMilliseconds
        if state.day != today { state = State(day: today) }
        state.copies[source, default: [:]][allowance.group ?? "*", default: 0] += max(copies, 1)
        return nil
    }

    /// Those that are used up, in order of source and group.
    package func usedUp(now: Timestamp) -> [Allowance] {
        let all = sources.keys.sorted().flatMap { source in
            (sources[source]?.plan.groups ?? []).compactMap { group -> Allowance? in
                // An id that no provider has stands for all others.
                allowance(source, provider: group.provider ?? "", now: now)
            }
        }
        return all.filter(\.isUsedUp)
    }
}
